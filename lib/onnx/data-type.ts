/** ONNX's tensor element types: names, sizes and the typed field that may hold their values. */

/** Field numbers of TensorProto that hold values. */
export const TENSOR_FIELD = Object.freeze({
  float: 4,
  int32: 5,
  string: 6,
  int64: 7,
  raw: 9,
  double: 10,
  uint64: 11,
} as const);

export interface OnnxDataType {
  /** onnxruntime-common's name where it has one, else ONNX's in lower case. */
  readonly name: string;
  /** Bits of one element, packed; 0 for strings, whose size varies. */
  readonly bits: number;
  /** TensorProto's typed field for this type. */
  readonly field: number;
  /** Entries of the typed field for `elements` elements. */
  readonly entries: (elements: bigint) => bigint;
}

const one = (elements: bigint): bigint => elements;
const two = (elements: bigint): bigint => 2n * elements;
const half = (elements: bigint): bigint => (elements + 1n) / 2n;
const quarter = (elements: bigint): bigint => (elements + 3n) / 4n;

function dataType(name: string, bits: number, field: number, entries = one): OnnxDataType {
  return Object.freeze({ name, bits, field, entries });
}

const { float, int32, string, int64, double, uint64 } = TENSOR_FIELD;

/** By TensorProto.DataType; 0 is UNDEFINED. */
const DATA_TYPES: readonly (OnnxDataType | undefined)[] = Object.freeze([
  undefined,
  dataType('float32', 32, float),
  dataType('uint8', 8, int32),
  dataType('int8', 8, int32),
  dataType('uint16', 16, int32),
  dataType('int16', 16, int32),
  dataType('int32', 32, int32),
  dataType('int64', 64, int64),
  dataType('string', 0, string),
  dataType('bool', 8, int32),
  dataType('float16', 16, int32),
  dataType('float64', 64, double),
  dataType('uint32', 32, uint64),
  dataType('uint64', 64, uint64),
  dataType('complex64', 64, float, two),
  dataType('complex128', 128, double, two),
  dataType('bfloat16', 16, int32),
  dataType('float8e4m3fn', 8, int32),
  dataType('float8e4m3fnuz', 8, int32),
  dataType('float8e5m2', 8, int32),
  dataType('float8e5m2fnuz', 8, int32),
  dataType('uint4', 4, int32, half),
  dataType('int4', 4, int32, half),
  dataType('float4e2m1', 4, int32, half),
  dataType('float8e8m0', 8, int32),
  dataType('uint2', 2, int32, quarter),
  dataType('int2', 2, int32, quarter),
  dataType('float6e2m3', 6, int32),
  dataType('float6e3m2', 6, int32),
]);

/** The type with this TensorProto.DataType number, or `undefined` when it is none that ONNX 1.23 knows. */
export function dataTypeFromCode(code: number): OnnxDataType | undefined {
  return DATA_TYPES[code];
}

/** TensorProto.DataType of a type's name, or `undefined`. */
export function dataTypeCode(name: string): number | undefined {
  const code = DATA_TYPES.findIndex((type) => type?.name === name);
  return code < 0 ? undefined : code;
}

/** Bytes that `elements` elements take, packed. */
export function packedBytes(type: OnnxDataType, elements: bigint): bigint {
  return (elements * BigInt(type.bits) + 7n) / 8n;
}
