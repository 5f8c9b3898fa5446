/** The user's samples: checked, counted, digested, and gone through again where that is possible. */

import { createHash, type Hash } from 'node:crypto';
import { EngineryError, expected, invalidArgument, isRecord } from '../../common/index.js';
import type { TensorContent } from '../../tensor/index.js';
import type { Feeds } from './model-runner.js';

/** Samples as the user gives them. One that can be iterated again lets large models be calibrated in parts. */
export type SampleSource = AsyncIterable<Feeds> | Iterable<Feeds>;

/** Checks samples against the model's inputs on the way through. */
export class SampleReader {
  readonly #source: SampleSource;
  readonly #inputs: readonly string[];

  constructor(source: SampleSource, inputs: readonly string[]) {
    if (
      typeof source !== 'object' ||
      !(Symbol.asyncIterator in source || Symbol.iterator in source)
    )
      throw expected('an iterable of feeds', 'calibration data', source);
    this.#source = source;
    this.#inputs = inputs;
  }

  /** Can it be gone through more than once? A generator hands itself out as its own iterator, and then it is used up. */
  get isReplayable(): boolean {
    const source = this.#source;
    const iterator: unknown =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    return iterator !== source;
  }

  /** One pass over all samples. Throws INVALID_ARGUMENT on a wrong one and on none at all. */
  async *read(): AsyncGenerator<Feeds> {
    let index = 0;
    for await (const feeds of this.#source) {
      this.#check(feeds, index++);
      yield feeds;
    }
    if (index === 0) {
      throw invalidArgument(
        'expected at least one sample in calibration data, got none; give 32 or more',
      );
    }
  }

  #check(feeds: unknown, index: number): void {
    const name = `calibration sample ${index}`;
    if (!isRecord(feeds)) throw expected('an object of tensors by input name', name, feeds);
    for (const input of this.#inputs) {
      const tensor = feeds[input];
      if (!isTensor(tensor)) {
        throw invalidArgument(
          `expected a tensor for input "${input}" in ${name}, got ${tensor === undefined ? `inputs ${Object.keys(feeds).join(', ') || 'none'}` : typeof tensor}`,
        );
      }
      const elements = tensor.dims.reduce((product, dim) => product * dim, 1);
      if (tensor.data.length !== elements && tensor.type !== 'int4' && tensor.type !== 'uint4') {
        throw invalidArgument(
          `expected ${elements} values for dims [${tensor.dims.join(', ')}] of input "${input}" in ${name}, got ${tensor.data.length}`,
        );
      }
    }
    for (const key of Object.keys(feeds)) {
      if (this.#inputs.includes(key)) continue;
      throw invalidArgument(
        `expected the inputs ${this.#inputs.join(', ')} in ${name}, got "${key}" too`,
      );
    }
  }
}

function isTensor(value: unknown): value is TensorContent {
  return (
    isRecord(value) &&
    typeof value['type'] === 'string' &&
    Array.isArray(value['dims']) &&
    typeof value['data'] === 'object' &&
    value['data'] !== null &&
    'length' in value['data']
  );
}

/** How many samples a feed holds: the first dimension that all its inputs share, else one. */
export function batchSizeOf(feeds: Feeds): number {
  const sizes = Object.values(feeds).map(({ dims }) => dims[0]);
  const [first] = sizes;
  return first !== undefined && first > 0 && sizes.every((size) => size === first) ? first : 1;
}

/** The samples of a batch as feeds of batch 1, which view the same values. */
export function* splitBatch(feeds: Feeds): Generator<Feeds> {
  const batch = batchSizeOf(feeds);
  if (batch === 1) {
    yield feeds;
    return;
  }
  for (let i = 0; i < batch; i++) {
    yield Object.fromEntries(
      Object.entries(feeds).map(([name, { type, dims, data }]) => {
        const length = data.length / batch;
        const part = Array.isArray(data)
          ? (data as string[]).slice(i * length, (i + 1) * length)
          : (data as Float32Array).subarray(i * length, (i + 1) * length);
        return [name, { type, dims: [1, ...dims.slice(1)], data: part }];
      }),
    );
  }
}

/** SHA-256 over samples: names, types, dims and values, in the order they come. */
export class SampleDigest {
  readonly #hash: Hash = createHash('sha256');

  add(feeds: Feeds): void {
    for (const name of Object.keys(feeds).sort()) {
      const tensor = feeds[name];
      if (tensor === undefined) throw new EngineryError('INTERNAL', `no tensor "${name}"`);
      const { type, dims, data } = tensor;
      this.#hash.update(JSON.stringify([name, type, dims]));
      this.#hash.update(
        Array.isArray(data)
          ? JSON.stringify(data)
          : new Uint8Array(
              (data as Float32Array).buffer,
              (data as Float32Array).byteOffset,
              (data as Float32Array).byteLength,
            ),
      );
    }
  }

  hex(): string {
    return this.#hash.digest('hex');
  }
}
