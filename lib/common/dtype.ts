/** Tensor element types: onnxruntime-common's names, their sizes and their JavaScript arrays. */

/** Element types of onnxruntime-common that travel as bytes (`string` travels as JavaScript strings). */
export const NUMERIC_DTYPES = Object.freeze([
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'uint4',
  'int4',
] as const);

export type NumericDtype = (typeof NUMERIC_DTYPES)[number];
export type Dtype = NumericDtype | 'string';

/** The typed arrays that hold tensor data. */
export type TensorArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

const BITS: Readonly<Record<NumericDtype, number>> = Object.freeze({
  float32: 32,
  uint8: 8,
  int8: 8,
  uint16: 16,
  int16: 16,
  int32: 32,
  int64: 64,
  bool: 8,
  float16: 16,
  float64: 64,
  uint32: 32,
  uint64: 64,
  uint4: 4,
  int4: 4,
});

/** Is `value` the name of an element type? */
export function isDtype(value: unknown): value is Dtype {
  return value === 'string' || (NUMERIC_DTYPES as readonly unknown[]).includes(value);
}

/** Bytes that `elements` elements of `dtype` take; 4-bit types are packed two per byte. */
export function byteLengthOf(dtype: NumericDtype, elements: number): number {
  return Math.ceil((elements * BITS[dtype]) / 8);
}

/** Entries of the typed array that holds `elements` elements: half of them, rounded up, for 4-bit types. */
export function arrayLengthOf(dtype: NumericDtype, elements: number): number {
  return BITS[dtype] === 4 ? Math.ceil(elements / 2) : elements;
}

/** Names of the typed arrays that may hold a type: the tag that subclasses and other realms share. */
export const ARRAY_NAMES: Readonly<Record<NumericDtype, readonly string[]>> = Object.freeze({
  float32: ['Float32Array'],
  uint8: ['Uint8Array', 'Uint8ClampedArray'],
  int8: ['Int8Array'],
  uint16: ['Uint16Array'],
  int16: ['Int16Array'],
  int32: ['Int32Array'],
  int64: ['BigInt64Array'],
  bool: ['Uint8Array'],
  float16: ['Uint16Array', 'Float16Array'],
  float64: ['Float64Array'],
  uint32: ['Uint32Array'],
  uint64: ['BigUint64Array'],
  uint4: ['Uint8Array'],
  int4: ['Uint8Array'],
});

type TensorArrayConstructor = new (
  buffer: ArrayBufferLike,
  byteOffset?: number,
  length?: number,
) => TensorArray;

const ARRAYS: Readonly<Record<NumericDtype, TensorArrayConstructor>> = Object.freeze({
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  uint4: Uint8Array,
  int4: Uint8Array,
});

/** A typed array over `buffer` for `dtype`. float16 is a Uint16Array of bits on every Node version. */
export function arrayOver(
  dtype: NumericDtype,
  buffer: ArrayBufferLike,
  byteOffset = 0,
  length?: number,
): TensorArray {
  return new ARRAYS[dtype](buffer, byteOffset, length);
}
