/** The values of tensors held in memory: packed bytes whatever field they are stored in, and typed arrays over them. */

import { isFieldSet } from '@bufbuild/protobuf';
import {
  arrayOver,
  invalidArgument,
  isDtype,
  numberFromFloat16,
  type TensorArray,
} from '../common/index.js';
import { dataTypeFromCode, packedBytes, TENSOR_FIELD, type OnnxDataType } from './data-type.js';
import { TensorProto_DataLocation, TensorProtoSchema, type TensorProto } from './gen/onnx_pb.js';
import { EXPORT_AGAIN, invalidModel, quoted, unsupportedModel } from './model-error.js';

/** Are the values in a file beside the model? */
export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === TensorProto_DataLocation.EXTERNAL;
}

/** The tensor's element type. Throws MODEL_UNSUPPORTED when it is none that ONNX 1.23 knows. */
export function elementTypeOf(tensor: TensorProto): OnnxDataType {
  const type = dataTypeFromCode(tensor.dataType);
  if (type !== undefined) return type;
  throw unsupportedModel(
    `an ONNX element type (1 to 28) for tensor ${quoted(tensor.name)}`,
    String(tensor.dataType),
    EXPORT_AGAIN,
  );
}

/** Bytes that the tensor's values take, packed; strings have no such size. */
export function tensorByteLength(tensor: TensorProto): bigint {
  return packedBytes(
    elementTypeOf(tensor),
    tensor.dims.reduce((product, dim) => product * dim, 1n),
  );
}

/**
 * The values of a tensor of numbers, little-endian and packed (4-bit types two per byte, the first in the low bits).
 * A view of `rawData` where they are there, else a conversion of the typed field. Throws INVALID_ARGUMENT for external
 * data and strings, MODEL_INVALID when values are missing.
 */
export function tensorBytes(tensor: TensorProto): Uint8Array {
  const type = elementTypeOf(tensor);
  if (isExternal(tensor) || type.bits === 0) {
    const found = type.bits === 0 ? 'strings' : 'external data: read it with OpenModel.bytesOf';
    throw invalidArgument(
      `expected numbers in the model itself for tensor ${quoted(tensor.name)}, got ${found}`,
    );
  }
  const bytes = isFieldSet(tensor, TensorProtoSchema.field.rawData)
    ? tensor.rawData
    : bytesFromTypedField(tensor, type);
  const needed = tensorByteLength(tensor);
  if (BigInt(bytes.byteLength) === needed) return bytes;
  throw invalidModel(
    `${needed} bytes for ${type.name} dims [${tensor.dims.join(', ')}] of tensor ${quoted(tensor.name)}`,
    `${bytes.byteLength} bytes`,
    EXPORT_AGAIN,
  );
}

/**
 * Packed bytes as the typed array of their element type: int64 as BigInt64Array; what JavaScript has no array for
 * (float16, bfloat16, 8-bit floats, types below a byte) as the bits. A view where the bytes are aligned, else a copy.
 */
export function arrayFromBytes(elementType: string, bytes: Uint8Array): TensorArray {
  const itemBytes = ITEM_BYTES[elementType] ?? 1;
  const aligned = bytes.byteOffset % itemBytes === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset, byteLength } = aligned;
  if (elementType === 'bfloat16') return new Uint16Array(buffer, byteOffset, byteLength / 2);
  if (elementType.startsWith('complex')) {
    return elementType === 'complex64'
      ? new Float32Array(buffer, byteOffset, byteLength / 4)
      : new Float64Array(buffer, byteOffset, byteLength / 8);
  }
  if (!isDtype(elementType) || elementType === 'string') return aligned;
  return arrayOver(elementType, buffer, byteOffset, byteLength / itemBytes);
}

/** Bytes of one entry of the typed array, where it is more than one. */
const ITEM_BYTES: Readonly<Record<string, number | undefined>> = Object.freeze({
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  complex64: 4,
  complex128: 8,
});

/** The values of a floating-point type as float32, or `undefined` for other types. A view of float32 bytes. */
export function float32FromBytes(elementType: string, bytes: Uint8Array): Float32Array | undefined {
  const values = arrayFromBytes(elementType, bytes);
  switch (elementType) {
    case 'float32':
      return values as Float32Array; // What arrayFromBytes gives for this type.
    case 'float64':
      return Float32Array.from(values as Float64Array); // As above.
    case 'float16':
      return Float32Array.from(values as Uint16Array, numberFromFloat16); // As above.
    case 'bfloat16': {
      const bits = Uint32Array.from(values as Uint16Array, (half) => half << 16); // As above.
      return new Float32Array(bits.buffer);
    }
    default:
      return undefined;
  }
}

/** The values of a tensor of integers that lie in the model itself, such as axes. Throws MODEL_INVALID above 2^53. */
export function integersOf(tensor: TensorProto): number[] {
  const values: (number | bigint)[] = [
    ...arrayFromBytes(elementTypeOf(tensor).name, tensorBytes(tensor)),
  ];
  return values.map((value) => {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw invalidModel(`integers in tensor ${quoted(tensor.name)}`, String(value), EXPORT_AGAIN);
  });
}

function bytesFromTypedField(tensor: TensorProto, type: OnnxDataType): Uint8Array {
  switch (type.field) {
    case TENSOR_FIELD.float:
      return bytesOver(Float32Array.from(tensor.floatData));
    case TENSOR_FIELD.double:
      return bytesOver(Float64Array.from(tensor.doubleData));
    case TENSOR_FIELD.int64:
      return bytesOver(BigInt64Array.from(tensor.int64Data));
    case TENSOR_FIELD.uint64:
      return type.bits === 64
        ? bytesOver(BigUint64Array.from(tensor.uint64Data))
        : bytesOver(Uint32Array.from(tensor.uint64Data, Number));
    default:
      return bytesFromInt32(tensor.int32Data, type.bits);
  }
}

/** Typed arrays take the low bits of each entry, which is where ONNX puts the narrow types. */
function bytesFromInt32(entries: readonly number[], bits: number): Uint8Array {
  if (bits === 32) return bytesOver(Int32Array.from(entries));
  if (bits === 16) return bytesOver(Uint16Array.from(entries));
  if (bits !== 6) return Uint8Array.from(entries);
  // Six-bit types are the only ones whose entries hold one value each though several share a byte: four in three bytes.
  const packed = new Uint8Array(Math.ceil((entries.length * 6) / 8));
  for (const [i, entry] of entries.entries()) {
    const at = Math.floor((i * 6) / 8);
    const shifted = (entry & 0x3f) << ((i * 6) % 8);
    packed[at] = (packed[at] ?? 0) | (shifted & 0xff);
    if (shifted > 0xff) packed[at + 1] = shifted >> 8;
  }
  return packed;
}

function bytesOver(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
