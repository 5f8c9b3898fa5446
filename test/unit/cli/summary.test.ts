/** Tests of what is said of outputs: figures, first and largest values, JSON. */

import { describe, expect, it } from 'vitest';
import {
  contentFromTensor,
  firstValues,
  jsonFromContent,
  MAX_JSON_VALUES,
  summarize,
  topValues,
} from '../../../lib/cli/summary.js';
import { latencyOf } from '../../../lib/cli/time-runs.js';
import { Tensor, type TensorContent } from '../../../lib/tensor/index.js';

function floats(values: readonly number[], dims = [values.length]): TensorContent {
  return { type: 'float32', dims, data: Float32Array.from(values) };
}

describe('summarize', () => {
  it('leaves NaN out and counts it', () => {
    expect(summarize(floats([1, NaN, 3, -2]))).toEqual({
      min: -2,
      max: 3,
      mean: 2 / 3,
      nanCount: 1,
    });
    expect(summarize(floats([NaN]))).toEqual({ min: NaN, max: NaN, mean: NaN, nanCount: 1 });
  });

  it('has nothing to say of strings and empty tensors', () => {
    expect(summarize({ type: 'string', dims: [1], data: ['a'] })).toBeUndefined();
    expect(summarize(floats([]))).toBeUndefined();
  });

  it('keeps 64-bit integers exact', () => {
    const data = BigInt64Array.of(2n ** 60n + 1n, -5n);
    expect(summarize({ type: 'int64', dims: [2], data })).toMatchObject({
      min: -5n,
      max: 2n ** 60n + 1n,
    });
  });
});

describe('topValues', () => {
  it('orders each row, ties by index, NaN left out', () => {
    const rows = topValues(floats([1, 3, 3, NaN, 0, -1], [2, 3]), 2, 10);
    expect(rows).toEqual([
      [
        { index: 1, value: 3 },
        { index: 2, value: 3 },
      ],
      [
        { index: 1, value: 0 },
        { index: 2, value: -1 },
      ],
    ]);
  });

  it('takes a scalar as one row and limits the rows', () => {
    expect(topValues(floats([7], []), 3, 10)).toEqual([[{ index: 0, value: 7 }]]);
    expect(topValues(floats([1, 2, 3], [3, 1]), 1, 2)).toHaveLength(2);
    expect(topValues(floats([], [2, 0]), 1, 2)).toEqual([]);
  });
});

describe('contentFromTensor', () => {
  it('gives float16 as bits', () => {
    const tensor = new Tensor('float16', Uint16Array.of(0x3c00, 0xc000), [2]);
    expect(firstValues(contentFromTensor(tensor), 5)).toEqual([1, -2]);
  });
});

describe('jsonFromContent', () => {
  it('holds values that read back as input, and none beyond the limit', () => {
    expect(jsonFromContent(floats([1, Infinity]))).toMatchObject({
      dims: [2],
      data: [1, 'Infinity'],
    });
    const large = floats(new Array<number>(MAX_JSON_VALUES + 1).fill(0));
    expect(jsonFromContent(large)['data']).toBeNull();
  });
});

describe('latencyOf', () => {
  it('keeps the first run apart', () => {
    expect(latencyOf([9, 1, 3, 2])).toEqual({
      runs: 4,
      firstMs: 9,
      minMs: 1,
      p50Ms: 2,
      p99Ms: 3,
      maxMs: 3,
    });
    expect(latencyOf([9])).toMatchObject({ runs: 1, firstMs: 9, p50Ms: 9 });
  });
});
