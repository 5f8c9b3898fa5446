/** Inputs made here: random values and zeros, for a try-out or a profile without data. */

import {
  arrayOver,
  byteLengthOf,
  arrayLengthOf,
  elementCount,
  float16FromNumber,
  outOfRange,
  type Dtype,
} from '../common/index.js';
import type { TensorContent } from '../tensor/index.js';
import type { Random } from './random.js';

const MAX_BYTES = 2 ** 31;

/** An input as a model declares it. */
export interface ModelInput {
  readonly name: string;
  readonly type: Dtype;
  readonly shape: readonly (number | string)[];
}

/** The sizes for `input`: those given, else its own with 1 for every symbolic one. */
export function concreteDims(input: ModelInput, given: readonly number[] | undefined): number[] {
  // ONNX Runtime and OpenVINO write an unknown size as -1 or as a name.
  return given === undefined
    ? input.shape.map((dim) => (typeof dim === 'number' && dim >= 0 ? dim : 1))
    : [...given];
}

function emptyTensor(input: ModelInput, dims: readonly number[]): TensorContent {
  const count = elementCount(dims, `input "${input.name}"`);
  if (input.type === 'string')
    return { type: 'string', dims, data: new Array<string>(count).fill('') };
  const bytes = byteLengthOf(input.type, count);
  if (bytes > MAX_BYTES) {
    throw outOfRange(
      `expected at most 2 GiB for input "${input.name}", got dims [${dims.join(', ')}]`,
    );
  }
  const data = arrayOver(input.type, new ArrayBuffer(bytes), 0, arrayLengthOf(input.type, count));
  return { type: input.type, dims, data };
}

/** Zeros, false or empty strings. */
export function zeroTensor(input: ModelInput, dims: readonly number[]): TensorContent {
  return emptyTensor(input, dims);
}

/** Floats from 0 to 1, integers from 0 to 9 (7 for int4), booleans. */
export function randomTensor(
  input: ModelInput,
  dims: readonly number[],
  random: Random,
): TensorContent {
  const tensor = emptyTensor(input, dims);
  if (tensor.type === 'string') {
    return {
      ...tensor,
      data: Array.from({ length: tensor.data.length }, () => random().toString(36).slice(2)),
    };
  }
  // Writing through the union of typed arrays: valueOf gives what the array of this type holds.
  const data = tensor.data as { [index: number]: number | bigint; readonly length: number };
  const next = nextValue(tensor.type, random);
  for (let i = 0; i < data.length; i++) data[i] = next();
  return tensor;
}

function nextValue(type: Dtype, random: Random): () => number | bigint {
  switch (type) {
    case 'float32':
    case 'float64':
      return random;
    case 'float16':
      return () => float16FromNumber(random());
    case 'int64':
    case 'uint64':
      return () => BigInt(Math.floor(random() * 10));
    case 'bool':
      return () => (random() < 0.5 ? 0 : 1);
    case 'int4':
    case 'uint4':
      return () => Math.floor(random() * 8) | (Math.floor(random() * 8) << 4);
    case 'uint8':
    case 'int8':
    case 'uint16':
    case 'int16':
    case 'int32':
    case 'uint32':
    case 'string':
      return () => Math.floor(random() * 10);
  }
}
