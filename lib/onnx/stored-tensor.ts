/** Checks a tensor stored in a model: its type, its size, and that its values are all there. */

import { dataTypeFromCode, packedBytes, type OnnxDataType } from './data-type.js';
import {
  TensorProto_DataLocation,
  type SparseTensorProto,
  type TensorProto,
} from './gen/onnx_pb.js';
import { MAX_SPARSE_BYTES } from './limits.js';
import { EXPORT_AGAIN, invalidModel, quoted, unsupportedModel } from './model-error.js';
import type { ExternalDataRange, InitializerData, OnnxInitializer } from './outline.js';
import type { TensorPayload } from './wire-walk.js';

export interface StoredTensor extends OnnxInitializer {
  readonly bytes: bigint;
}

/** ONNX Runtime's mark for "the offset is an address in this process": never true in a file. */
const MEMORY_ADDRESS_MARK = '*/_ORT_';

/** Checks a tensor of the reduced model, whose `rawData` is its index in `payloads`. */
export function storedTensor(
  tensor: TensorProto,
  payloads: readonly TensorPayload[],
  label: string,
): StoredTensor {
  const where = (): string => `tensor ${quoted(tensor.name)} of ${label}`;
  const type = dataTypeFromCode(tensor.dataType);
  if (type === undefined) {
    const fail = tensor.dataType === 0 ? invalidModel : unsupportedModel;
    throw fail(
      `an ONNX element type (1 to 28) for ${where()}`,
      String(tensor.dataType),
      EXPORT_AGAIN,
    );
  }
  const elements = elementsOf(tensor.dims, where);
  const isExternal = tensor.dataLocation === TensorProto_DataLocation.EXTERNAL;
  const data = isExternal
    ? externalData(tensor, type, elements, where)
    : inlineData(tensor, payloadOf(tensor, payloads), type, elements, where);
  const bytes =
    type.bits > 0 ? packedBytes(type, elements) : BigInt(payloadOf(tensor, payloads).stringBytes);
  return { name: tensor.name, elementType: type.name, dims: tensor.dims.map(Number), data, bytes };
}

/** The byte range of a tensor whose values are external data, checked. Throws MODEL_INVALID or MODEL_UNSUPPORTED. */
export function externalRangeOf(tensor: TensorProto, label: string): ExternalDataRange {
  const { data } = storedTensor(tensor, [], label);
  if (data.kind === 'external') return data.range;
  throw invalidModel(
    `external data for tensor ${quoted(tensor.name)} of ${label}`,
    'values in the model itself',
    EXPORT_AGAIN,
  );
}

/** Checks a sparse tensor: both of its parts, and its dense size. Returns the bytes of the parts. */
export function sparseTensorBytes(
  sparse: SparseTensorProto,
  payloads: readonly TensorPayload[],
  label: string,
): bigint {
  const name = sparse.values?.name ?? '';
  if (sparse.values === undefined || sparse.indices === undefined) {
    throw invalidModel(
      `values and indices in sparse tensor ${quoted(name)} of ${label}`,
      'only one',
      EXPORT_AGAIN,
    );
  }
  const values = storedTensor(sparse.values, payloads, label);
  const indices = storedTensor(sparse.indices, payloads, label);
  const elements = elementsOf(sparse.dims, () => `sparse tensor ${quoted(name)} of ${label}`);
  const bits = BigInt(dataTypeFromCode(sparse.values.dataType)?.bits ?? 0);
  if ((elements * bits) / 8n > MAX_SPARSE_BYTES) {
    throw unsupportedModel(
      `at most ${MAX_SPARSE_BYTES} bytes for sparse tensor ${quoted(name)} of ${label}`,
      `dims ${shown(sparse.dims)}`,
      'store it in smaller parts',
    );
  }
  return values.bytes + indices.bytes;
}

function shown(dims: readonly bigint[]): string {
  return `[${dims.slice(0, 16).join(', ')}${dims.length > 16 ? ', ...' : ''}]`;
}

/** The product, in BigInt: hostile dims overflow every other number. */
function elementsOf(dims: readonly bigint[], where: () => string): bigint {
  let elements = 1n;
  for (const dim of dims) {
    if (dim < 0n || dim > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw invalidModel(`dims from 0 to 2^53-1 for ${where()}`, shown(dims), EXPORT_AGAIN);
    }
    elements *= dim;
    // Cut here: thousands of large dims would make a product of megabytes.
    if (elements > 2n ** 63n) {
      throw invalidModel(
        `at most 2^63 elements for ${where()}`,
        `dims ${shown(dims)}`,
        EXPORT_AGAIN,
      );
    }
  }
  return elements;
}

function payloadOf(tensor: TensorProto, payloads: readonly TensorPayload[]): TensorPayload {
  const { buffer, byteOffset, byteLength } = tensor.rawData;
  const payload =
    byteLength === 4 ? payloads[new DataView(buffer, byteOffset).getUint32(0, true)] : undefined;
  return payload ?? { raw: undefined, entries: undefined, stringBytes: 0 };
}

function inlineData(
  tensor: TensorProto,
  payload: TensorPayload,
  type: OnnxDataType,
  elements: bigint,
  where: () => string,
): InitializerData {
  const dims = (): string => `dims ${shown(tensor.dims)}`;
  if (payload.raw !== undefined) {
    const expected = type.bits === 0 ? undefined : packedBytes(type, elements);
    if (expected !== BigInt(payload.raw.length)) {
      throw invalidModel(
        `${expected === undefined ? 'no' : String(expected)} raw bytes for ${type.name} ${dims()} of ${where()}`,
        `${payload.raw.length} bytes`,
        EXPORT_AGAIN,
      );
    }
    return { kind: 'raw', ...payload.raw };
  }
  const entries = payload.entries?.get(type.field) ?? { least: 0, most: 0 };
  const expected = type.entries(elements);
  if (expected < BigInt(entries.least) || expected > BigInt(Math.floor(entries.most))) {
    const found =
      entries.least === entries.most ? `${entries.least}` : `${entries.least} to ${entries.most}`;
    throw invalidModel(
      `${expected} values for ${type.name} ${dims()} of ${where()}`,
      found,
      EXPORT_AGAIN,
    );
  }
  return { kind: 'typed' };
}

function externalData(
  tensor: TensorProto,
  type: OnnxDataType,
  elements: bigint,
  where: () => string,
): InitializerData {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  if (location === '' || location.startsWith(MEMORY_ADDRESS_MARK)) {
    throw invalidModel(
      `the name of a file as external data location of ${where()}`,
      quoted(location),
      EXPORT_AGAIN,
    );
  }
  if (type.bits === 0) {
    throw invalidModel(
      `numbers in the external data of ${where()}`,
      'strings',
      'store strings in the model itself',
    );
  }
  const bytes = packedBytes(type, elements);
  const offset = byteCount(entries.get('offset'), 'offset', where) ?? 0n;
  const length = byteCount(entries.get('length'), 'length', where);
  if (length !== undefined && length !== bytes) {
    throw invalidModel(
      `${bytes} bytes of external data for ${type.name} dims ${shown(tensor.dims)} of ${where()}`,
      `length ${length}`,
      EXPORT_AGAIN,
    );
  }
  const range: ExternalDataRange = { tensor: tensor.name, location, offset, length, bytes };
  return { kind: 'external', range };
}

function byteCount(
  text: string | undefined,
  what: string,
  where: () => string,
): bigint | undefined {
  if (text === undefined) return undefined;
  // Nineteen digits hold every 63-bit number; more would only cost time.
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw invalidModel(
    `a number of bytes as external data ${what} of ${where()}`,
    quoted(text),
    EXPORT_AGAIN,
  );
}
