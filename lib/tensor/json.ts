/** Tensors in JSON: nested arrays, `{dims, type, data}`, or an object of either by name; and values for JSON output. */

import {
  arrayOver,
  byteLengthOf,
  elementCount,
  EngineryError,
  float16FromNumber,
  isDtype,
  isRecord,
  NUMERIC_DTYPES,
  numberFromFloat16,
  type Dtype,
  type NumericDtype,
  type TensorArray,
} from '../common/index.js';
import type { TensorContent } from './content.js';

const MAX_RANK = 64;

function jsonError(name: string, problem: string): EngineryError {
  return new EngineryError('INVALID_ARGUMENT', `cannot read ${name} as a tensor: ${problem}`);
}

/** A JSON value of a tensor: nested arrays, a lone value, or `{dims, type, data}`. */
export function isTensorJson(value: unknown): boolean {
  return !isRecord(value) || 'data' in value;
}

/**
 * Makes a tensor of a parsed JSON value. `wanted` is the type for values that name none. Every value must fit its
 * type exactly, float types excepted, which round; 64-bit integers may be decimal strings.
 */
export function tensorFromJson(value: unknown, name: string, wanted: Dtype): TensorContent {
  if (!isRecord(value)) {
    const flat: unknown[] = [];
    const dims = dimsOfNested(value, name);
    flatten(value, dims, 0, flat, name);
    return build(flat, dims, wanted, name);
  }
  const type = value['type'] ?? wanted;
  if (!isDtype(type)) {
    throw jsonError(
      name,
      `expected one of ${NUMERIC_DTYPES.join(', ')}, string for its type, got ${JSON.stringify(type)}`,
    );
  }
  const data = value['data'];
  const dims = value['dims'] ?? dimsOfNested(data, name);
  if (!Array.isArray(dims) || !Array.isArray(data))
    throw jsonError(name, 'expected arrays for dims and data');
  // elementCount checks each size; the cast only names what it is handed.
  const count = elementCount(dims as number[], name);
  const flat: unknown[] = data.some(Array.isArray) ? [] : (data as unknown[]);
  if (flat !== data) flatten(data, dimsOfNested(data, name), 0, flat, name);
  if (flat.length !== count)
    throw jsonError(name, `expected ${count} values for its dims, got ${flat.length}`);
  return build(flat, dims as number[], type, name);
}

function dimsOfNested(value: unknown, name: string): number[] {
  const dims: number[] = [];
  let level: unknown = value;
  while (Array.isArray(level)) {
    dims.push(level.length);
    if (dims.length > MAX_RANK) throw jsonError(name, `more than ${MAX_RANK} dimensions`);
    level = level[0];
  }
  return dims;
}

function flatten(
  value: unknown,
  dims: readonly number[],
  axis: number,
  into: unknown[],
  name: string,
): void {
  if (axis === dims.length) {
    if (Array.isArray(value)) throw jsonError(name, 'its arrays are nested unevenly');
    into.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== dims[axis]) {
    throw jsonError(
      name,
      `its arrays are ragged: expected ${dims[axis] ?? 0} values at depth ${axis + 1}`,
    );
  }
  for (const item of value) flatten(item, dims, axis + 1, into, name);
}

function build(
  flat: readonly unknown[],
  dims: readonly number[],
  type: Dtype,
  name: string,
): TensorContent {
  if (type === 'string') {
    const data = flat.map((item, i) => {
      if (typeof item !== 'string')
        throw jsonError(name, `expected a string for value ${i}, got ${JSON.stringify(item)}`);
      return item;
    });
    return { type, dims, data };
  }
  if (type === 'int4' || type === 'uint4') return { type, dims, data: packed4(flat, type, name) };
  const data = arrayOver(type, new ArrayBuffer(byteLengthOf(type, flat.length)), 0, flat.length);
  // Writing through the union: numberOrBigint gives what the type's array holds.
  const target = data as { [index: number]: number | bigint };
  for (let i = 0; i < flat.length; i++) target[i] = storedFromJson(flat[i], type, i, name);
  return { type, dims, data };
}

const WORDS: Readonly<Record<string, number>> = Object.freeze({
  NaN: NaN,
  Infinity,
  '-Infinity': -Infinity,
});

function storedFromJson(
  item: unknown,
  type: NumericDtype,
  i: number,
  name: string,
): number | bigint {
  const refuse = (): EngineryError =>
    jsonError(name, `expected a ${type} for value ${i}, got ${JSON.stringify(item)}`);
  if (type === 'int64' || type === 'uint64') {
    const isInteger =
      typeof item === 'string' ? /^-?\d{1,20}$/u.test(item) : Number.isSafeInteger(item);
    if (!isInteger) throw refuse();
    const big = BigInt(item as string | number);
    const isInside =
      type === 'int64' ? BigInt.asIntN(64, big) === big : BigInt.asUintN(64, big) === big;
    if (!isInside) throw refuse();
    return big;
  }
  if (typeof item === 'boolean' && type === 'bool') return item ? 1 : 0;
  const value = typeof item === 'string' ? WORDS[item] : item;
  if (typeof value !== 'number') throw refuse();
  if (type === 'float16') return float16FromNumber(value);
  if (type === 'float32' || type === 'float64') return value;
  if (!isInRange(value, type)) throw refuse();
  return value;
}

/** Smallest and largest value of each integer type that a number holds exactly. */
export const INTEGER_RANGES: Readonly<Partial<Record<Dtype, readonly [number, number]>>> =
  Object.freeze({
    uint8: [0, 255],
    int8: [-128, 127],
    uint16: [0, 65535],
    int16: [-32768, 32767],
    uint32: [0, 4294967295],
    int32: [-2147483648, 2147483647],
    bool: [0, 1],
    uint4: [0, 15],
    int4: [-8, 7],
  } as const);

function isInRange(value: number, type: Dtype): boolean {
  const [min, max] = INTEGER_RANGES[type] ?? [-Infinity, Infinity];
  return Number.isInteger(value) && value >= min && value <= max;
}

/** Two values per byte, the first in the low half, as ONNX packs them. */
function packed4(flat: readonly unknown[], type: 'int4' | 'uint4', name: string): Uint8Array {
  const bytes = new Uint8Array(byteLengthOf(type, flat.length));
  flat.forEach((item, i) => {
    const nibble = Number(storedFromJson(item, type, i, name)) & 0xf;
    bytes[i >> 1] = (bytes[i >> 1] ?? 0) | (i % 2 === 0 ? nibble : nibble << 4);
  });
  return bytes;
}

/** The value at `i` of a tensor that holds numbers: halves as numbers, 4-bit values unpacked, booleans as 0 and 1. */
export function valueAt(content: TensorContent, i: number): number | bigint {
  // The data of a tensor of numbers is a typed array.
  const data = content.data as TensorArray;
  if (content.type === 'float16') return numberFromFloat16(Number(data[i]));
  if (content.type === 'uint4' || content.type === 'int4') {
    const byte = Number(data[i >> 1]);
    const nibble = i % 2 === 0 ? byte & 0xf : byte >> 4;
    return content.type === 'int4' && nibble > 7 ? nibble - 16 : nibble;
  }
  return data[i] ?? 0;
}

/** What JSON holds for a value: numbers as they are, NaN and infinities as words, integers beyond 2^53 as digits. */
export function jsonFromValue(value: number | bigint | string): number | string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  return Number.isFinite(value) ? value : String(value);
}
