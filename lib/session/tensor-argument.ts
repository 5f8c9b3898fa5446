/** Reads what the caller gives for a tensor: the same checks as onnxruntime-node's, in its order and its words. */

import {
  ARRAY_NAMES,
  EngineryError,
  NUMERIC_DTYPES,
  arrayLengthOf,
  invalidArgument,
  outOfRange,
  type NumericDtype,
  type TensorArray,
} from '../common/index.js';
import type { TensorValue } from '../runtime/index.js';
import { isUint32, streamedNumber } from './upstream-number.js';

function requireDims(value: unknown, name: string): readonly number[] {
  if (!Array.isArray(value)) {
    throw invalidArgument(
      `Tensor.dims must be an array. Expected dims of '${name}', got ${typeof value}`,
    );
  }
  const given: readonly unknown[] = value;
  // Our own array: an element of the caller's may be a getter, which later could answer differently, or do anything.
  const dims: number[] = [];
  let count = 1;
  for (let i = 0; i < given.length; i++) {
    const dim = given[i];
    if (typeof dim !== 'number') {
      throw invalidArgument(
        `Tensor.dims[${i}] is not a number. Expected one for '${name}', got ${typeof dim}`,
      );
    }
    if (!isUint32(dim)) {
      throw outOfRange(
        `Tensor.dims[${i}] is invalid: ${streamedNumber(dim)}. Expected a non-negative integer for '${name}', got ${dim}`,
      );
    }
    dims.push(dim);
    count *= dim;
  }
  if (!Number.isSafeInteger(count)) {
    // A plain Error there.
    throw new EngineryError(
      'OUT_OF_RANGE',
      `Calculation for Tensor storage size overflowed. Expected at most 2^53-1 elements for '${name}', got dims [${dims.join(', ')}]`,
    );
  }
  return dims;
}

/** Where a tensor may be by onnxruntime-common, besides in plain memory, and how onnxruntime-node's CPU refuses it. */
const ELSEWHERE: Readonly<Record<string, string>> = Object.freeze({
  'gpu-buffer': 'Tensor.gpuBuffer must be an external object.',
  'cpu-pinned': "Tensor.location must be 'gpu-buffer' for IO binding.",
  texture: "Tensor.location must be 'gpu-buffer' for IO binding.",
  'ml-tensor': "Tensor.location must be 'gpu-buffer' for IO binding.",
});

function requireKnownLocation(location: unknown, name: string): string {
  // Plain objects say nothing: they are in memory.
  if (location === undefined || location === 'cpu') return 'cpu';
  if (typeof location !== 'string') {
    throw invalidArgument(
      `Tensor.location must be a string. Expected 'cpu' for '${name}', got ${typeof location}`,
    );
  }
  // A tensor that was disposed is at 'none'.
  if (!Object.hasOwn(ELSEWHERE, location)) {
    throw outOfRange(
      `Tensor.location is not supported. Expected a tensor in CPU memory for '${name}', got '${location}'`,
    );
  }
  return location;
}

function requireCpu(location: string, name: string): void {
  if (location === 'cpu') return;
  throw invalidArgument(
    `${ELSEWHERE[location] ?? ''} Expected a tensor in CPU memory for '${name}', got '${location}'`,
  );
}

/** Node's numbers of the typed arrays, which are all that onnxruntime-node's messages say of them. */
const ARRAY_NUMBERS: readonly string[] = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
];

/** The array of a numeric tensor, without what lies behind its elements. */
function requireArray(data: unknown, type: NumericDtype, count: number, name: string): TensorArray {
  const tag = Object.prototype.toString.call(data).slice(8, -1);
  const names = ARRAY_NAMES[type];
  if (!ArrayBuffer.isView(data) || tag === 'DataView') {
    throw invalidArgument(
      `Tensor.data must be a typed array for numeric tensor. Expected ${names.join(' or ')} as data of '${name}' (${type}), got ${tag}`,
    );
  }
  if (!names.includes(tag)) {
    const number = `${ARRAY_NUMBERS.indexOf(names[0] ?? '')}${type === 'float16' ? ' or Float16Array' : ''}`;
    throw invalidArgument(
      `Tensor.data must be a typed array (${number}) for ${type} tensors, but got typed array (${ARRAY_NUMBERS.indexOf(tag)}). ` +
        `Expected ${names.join(' or ')} as data of '${name}', got ${tag}`,
    );
  }
  // The tag names one of the typed arrays that TensorArray holds.
  const array = data as TensorArray;
  const length = arrayLengthOf(type, count);
  if (array.length > length) return array.subarray(0, length);
  if (array.length < length) {
    const bytes = array.BYTES_PER_ELEMENT;
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `not enough space: expected ${length * bytes}, got ${array.byteLength} bytes as data of '${name}' by its dims ` +
        '(a detached or resized buffer has none)',
    );
  }
  return array;
}

function isNumeric(type: string): type is NumericDtype {
  return (NUMERIC_DTYPES as readonly string[]).includes(type);
}

function requireStrings(data: unknown, count: number, name: string): readonly string[] {
  if (!Array.isArray(data)) {
    throw invalidArgument(
      `Tensor.data must be an array for string tensors. Expected an array of strings as data of '${name}', got ${typeof data}`,
    );
  }
  for (const [i, text] of (data as readonly unknown[]).entries()) {
    if (typeof text === 'string') continue;
    throw invalidArgument(
      `Tensor.data[${i}] must be a string. Expected strings as data of '${name}', got ${typeof text}`,
    );
  }
  if (data.length !== count) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `input array doesn't equal tensor size. Expected ${count} strings as data of '${name}' by its dims, got ${data.length}`,
    );
  }
  // Every element was just seen to be one.
  return data as readonly string[];
}

/**
 * Reads a tensor by structure, each property once: getters may answer differently the next time. Its data are without
 * what lies behind the elements that the dims count.
 */
export function readTensor(value: unknown, name: string): TensorValue {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    throw invalidArgument(
      `Tensor must be an object. Expected a tensor for '${name}', got ${value === null ? 'null' : typeof value}`,
    );
  }
  // Any object may be one; what it is made of is looked at now.
  const given = value as Readonly<Record<string, unknown>>;
  const dims = requireDims(given['dims'], name);
  let count = 1;
  for (const dim of dims) count *= dim;
  const location = requireKnownLocation(given['location'], name);
  const type = given['type'];
  if (typeof type !== 'string')
    throw invalidArgument(`Tensor.type must be a string. Got ${typeof type} for '${name}'`);
  if (type === 'string') {
    if (location !== 'cpu')
      throw invalidArgument(
        `Tensor.location must be 'cpu' for string tensors. Got '${location}' for '${name}'`,
      );
    return { type, dims, data: requireStrings(given['data'], count, name) };
  }
  if (!isNumeric(type)) {
    throw invalidArgument(
      `Tensor.type is not supported: ${type}. Expected an element type for '${name}'`,
    );
  }
  // A tensor elsewhere throws when its data is asked for.
  requireCpu(location, name);
  return { type, dims, data: requireArray(given['data'], type, count, name) };
}
