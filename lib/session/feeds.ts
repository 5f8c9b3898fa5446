/** Checks feeds and fetches against the metadata, in onnxruntime-node's words, before any runtime sees them. */

import {
  ARRAY_NAMES,
  EngineryError,
  arrayLengthOf,
  didYouMean,
  invalidArgument,
  isDtype,
  isRecord,
  outOfRange,
  type Dtype,
  type SymbolicDim,
} from '../common/index.js';
import type { TensorValue, ValueInfo } from '../runtime/index.js';

/** ONNX Runtime's word for a tensor's type. */
function ortType(type: string): string {
  if (type === 'float32') return 'tensor(float)';
  if (type === 'float64') return 'tensor(double)';
  return `tensor(${type})`;
}

function checkedDims(value: unknown, name: string): readonly number[] {
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
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw outOfRange(
        `Tensor.dims[${i}] is invalid: ${dim}. Expected a non-negative integer for '${name}'`,
      );
    }
    dims.push(dim);
    count *= dim;
  }
  if (!Number.isSafeInteger(count)) {
    throw outOfRange(
      `Tensor.dims is invalid: [${dims.join(', ')}]. Expected at most 2^53-1 elements for '${name}'`,
    );
  }
  return dims;
}

function checkedData(
  data: unknown,
  type: Dtype,
  dims: readonly number[],
  name: string,
): TensorValue['data'] {
  let count = 1;
  for (const dim of dims) count *= dim;
  if (type === 'string') {
    if (!Array.isArray(data))
      throw invalidArgument(
        `Tensor.data must be an array for string tensors. Expected an array of strings as data of '${name}', got ${typeof data}`,
      );
    requireLength(data.length, count, name);
    // Strings are checked one by one where they are encoded.
    return data as readonly string[];
  }
  if (!ArrayBuffer.isView(data)) {
    throw invalidArgument(
      `Tensor.data must be a typed array for numeric tensor. Expected a typed array as data of '${name}' (${type}), got ${typeof data}`,
    );
  }
  const tag = Object.prototype.toString.call(data).slice(8, -1);
  if (!ARRAY_NAMES[type].includes(tag)) {
    throw invalidArgument(
      `expected ${ARRAY_NAMES[type].join(' or ')} as data of '${name}' (${type}), got ${tag}`,
    );
  }
  // The tag names one of the typed arrays that TensorValue allows.
  const array = data as Exclude<TensorValue['data'], readonly string[]>;
  requireLength(array.length, arrayLengthOf(type, count), name);
  return array;
}

function requireLength(length: number, expected: number, name: string): void {
  if (length === expected) return;
  throw invalidArgument(
    `expected ${expected} entries as data of '${name}' by its dims, got ${length} (a detached or resized buffer has none)`,
  );
}

/** A tensor that is disposed ('none') or in a GPU's memory throws when its data is asked for; plain objects say nothing. */
function requireCpu(location: unknown, name: string): void {
  if (location === undefined || location === 'cpu' || location === 'cpu-pinned') return;
  const shown = typeof location === 'string' ? `'${location}'` : typeof location;
  throw outOfRange(
    `Tensor.location is not supported. Expected a tensor in CPU memory for '${name}', got ${shown}`,
  );
}

/** Reads a tensor by structure, each property once: getters may answer differently the next time. */
function readTensor(value: unknown, name: string): TensorValue {
  if (!isRecord(value)) {
    throw invalidArgument(
      `Tensor must be an object. Expected a tensor for '${name}', got ${value === null ? 'null' : typeof value}`,
    );
  }
  const { type } = value;
  if (typeof type !== 'string')
    throw invalidArgument(`Tensor.type must be a string. Got ${typeof type} for '${name}'`);
  if (!isDtype(type))
    throw invalidArgument(
      `Tensor.type is not supported: ${type}. Expected an element type for '${name}'`,
    );
  const dims = checkedDims(value['dims'], name);
  requireCpu(value['location'], name);
  return { type, dims, data: checkedData(value['data'], type, dims, name) };
}

function requireType(tensor: TensorValue, info: ValueInfo, role: 'input' | 'output'): void {
  if (tensor.type === info.type) return;
  throw new EngineryError(
    'INVALID_ARGUMENT',
    `Unexpected ${role} data type. Actual: (${ortType(tensor.type)}) , expected: (${ortType(info.type)}) for '${info.name}'`,
  );
}

function requireShape(tensor: TensorValue, info: ValueInfo, role: 'input' | 'output'): void {
  const shape: readonly SymbolicDim[] = info.shape;
  const { dims } = tensor;
  if (dims.length !== shape.length) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `Invalid rank for ${role}: ${info.name} Got: ${dims.length} Expected: ${shape.length} ` +
        'Please fix either the inputs/outputs or the model.',
    );
  }
  let differences = '';
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i];
    if (typeof size === 'number' && size !== dims[i]) {
      differences += `\n index: ${i} Got: ${dims[i] ?? ''} Expected: ${size}`;
    }
  }
  if (differences === '') return;
  throw new EngineryError(
    'INVALID_ARGUMENT',
    `Got invalid dimensions for ${role}: ${info.name} for the following indices${differences}\n ` +
      'Please fix either the inputs/outputs or the model.',
  );
}

/** The checked feeds, one per input. Names that the model does not have are ignored, as onnxruntime-node does. */
export function checkFeeds(
  feeds: Readonly<Record<string, unknown>>,
  inputs: readonly ValueInfo[],
): Record<string, TensorValue> {
  const checked = Object.create(null) as Record<string, TensorValue>;
  for (const info of inputs) {
    const value = feeds[info.name];
    if (value === undefined) {
      const unused = Object.keys(feeds).filter((name) =>
        inputs.every((input) => input.name !== name),
      );
      const near = didYouMean(info.name, unused).replace('; d', ' D');
      throw new EngineryError(
        'INVALID_ARGUMENT',
        `input '${info.name}' is missing in 'feeds'.${near}`,
      );
    }
    const tensor = readTensor(value, info.name);
    requireType(tensor, info, 'input');
    requireShape(tensor, info, 'input');
    checked[info.name] = tensor;
  }
  return checked;
}

/** The checked fetches: null asks for a new tensor. */
export function checkFetches(
  fetches: Readonly<Record<string, unknown>>,
  outputs: readonly ValueInfo[],
): Record<string, TensorValue | null> {
  const checked = Object.create(null) as Record<string, TensorValue | null>;
  for (const info of outputs) {
    const value = fetches[info.name];
    if (value === undefined) continue;
    if (value === null) {
      checked[info.name] = null;
      continue;
    }
    const tensor = readTensor(value, info.name);
    requireType(tensor, info, 'output');
    requireShape(tensor, info, 'output');
    checked[info.name] = tensor;
  }
  return checked;
}
