/** Statistics of a tensor against figures counted another way. */

import { describe, expect, test } from 'vitest';

import { BINS } from '../../../lib/quantize/histogram.js';
import { TensorObserver } from '../../../lib/quantize/observer.js';
import { seededRandom } from '../../fixtures/random.js';

/** Laplace-like values of both signs with some exact zeros. */
function values(count: number, seed: number, scale = 1): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => {
    const uniform = (random.integer(1_000_000) + 1) / 1_000_001;
    if (random.integer(10) === 0) return 0;
    return Math.fround((random.integer(2) === 0 ? 1 : -1) * scale * -Math.log(uniform));
  });
}

function observed(...parts: readonly Float32Array[]): TensorObserver {
  const observer = new TensorObserver();
  for (const part of parts) observer.observe(part, [part.length]);
  return observer;
}

/** The histogram of all values at once, by sorting out each value alone. */
function countedBy(all: readonly number[], limit: number, sign: 1 | -1): number[] {
  const bins = new Array<number>(BINS).fill(0);
  for (const value of all) {
    if (value * sign <= 0) continue;
    const exact = Math.abs(value) * (BINS / limit);
    const bin = sign > 0 ? Math.min(BINS - 1, Math.floor(exact)) : Math.ceil(exact) - 1;
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

function cumulative(counts: ArrayLike<number>): number[] {
  let sum = 0;
  return Array.from(counts, (count) => (sum += count));
}

const total = (counts: ArrayLike<number> | undefined): number =>
  Array.from(counts ?? []).reduce((sum, count) => sum + count, 0);

describe('TensorObserver', () => {
  test('counts extrema, zeros and sums', () => {
    const observer = observed(Float32Array.of(-2, 0, 1), Float32Array.of(4, -0, 0.5));
    expect(observer).toMatchObject({
      count: 6,
      zeros: 2,
      min: -2,
      max: 4,
      sum: 3.5,
      sumOfSquares: 21.25,
      sampleMin: [-2, 0],
      sampleMax: [1, 4],
    });
  });

  test('puts every value into the bin of its magnitude', () => {
    const all = values(20_000, 1);
    const { histogram } = observed(all);
    const limit = Math.max(...all.map(Math.abs));
    expect(histogram?.limit).toBe(limit);
    expect(Array.from(histogram?.positive ?? [])).toEqual(countedBy(Array.from(all), limit, 1));
    expect(Array.from(histogram?.negative ?? [])).toEqual(countedBy(Array.from(all), limit, -1));
  });

  test('doubles its range when larger values come, as if it had known them', () => {
    const [small, large] = [values(5000, 2), values(5000, 3, 9)];
    const observer = observed(small, large);
    const first = Math.max(...small.map(Math.abs));
    const most = Math.max(...large.map(Math.abs));
    const limit = first * 2 ** Math.ceil(Math.log2(most / first));
    expect(observer.histogram?.limit).toBe(limit);
    // The limit itself is in the last bin, so it stays below the edge that it becomes.
    const within = Array.from(small, (value) => Math.min(value, first * (1 - 1e-9)));
    expect(Array.from(observer.histogram?.positive ?? [])).toEqual(
      countedBy([...within, ...large], limit, 1),
    );
  });

  test('keeps zeros out of the histogram', () => {
    const { histogram, zeros } = observed(Float32Array.of(0, 0, -0, 3));
    expect(zeros).toBe(3);
    expect(total(histogram?.positive) + total(histogram?.negative)).toBe(1);
  });

  test('counts NaN and infinities and ignores them otherwise', () => {
    const finite = observed(Float32Array.of(1, -3, 0));
    const dirty = observed(Float32Array.of(NaN, 1, Infinity, -3, 0, -Infinity));
    expect([dirty.nan, dirty.infinite]).toEqual([1, 2]);
    [dirty.nan, dirty.infinite] = [0, 0];
    expect(dirty).toEqual(finite);
  });

  test('holds no sample for values that are all NaN', () => {
    expect(observed(Float32Array.of(NaN, NaN))).toMatchObject({ count: 0, nan: 2, sampleMin: [] });
  });

  test('keeps extrema by sample of a batch', () => {
    const observer = new TensorObserver();
    observer.observe(Float32Array.of(1, 2, -3, 4, 5, 6), [3, 2], 3);
    expect([observer.sampleMin, observer.sampleMax]).toEqual([
      [1, -3, 5],
      [2, 4, 6],
    ]);
  });

  test('keeps the largest finite magnitude of each channel of the last axis', () => {
    const observer = new TensorObserver({ channels: true });
    observer.observe(Float32Array.of(1, -5, 2, -3, 4, NaN), [2, 3]);
    observer.observe(Float32Array.of(0, 0, -9), [1, 3]);
    expect(Array.from(observer.channelAbsMax ?? [])).toEqual([3, 5, 9]);
  });
});

describe('merging', () => {
  const shards = [values(4000, 4), values(4000, 5, 3), values(4000, 6, 0.2)];

  test('of shards gives the sums and extrema of one pass', () => {
    const merged = observed(shards[0] ?? new Float32Array());
    for (const shard of shards.slice(1)) merged.merge(observed(shard));
    const all = shards.flatMap((shard) => Array.from(shard));
    expect(merged).toMatchObject({
      count: all.length,
      zeros: all.filter((value) => value === 0).length,
      min: Math.min(...all),
      max: Math.max(...all),
    });
    expect(merged.sum).toBeCloseTo(
      all.reduce((sum, value) => sum + value, 0),
      8,
    );
  });

  test('moves no value further than one bin of the shards', () => {
    const merged = observed(shards[0] ?? new Float32Array());
    for (const shard of shards.slice(1)) merged.merge(observed(shard));
    const { limit = 0, positive = [] } = merged.histogram ?? {};
    const all = shards.flatMap((shard) => Array.from(shard));
    const exact = cumulative(countedBy(all, limit, 1));
    const found = cumulative(positive);
    // One bin off means: no more than the neighbour's cumulative count, on both sides.
    for (let i = 1; i < BINS - 1; i++) {
      expect(found[i]).toBeGreaterThanOrEqual(exact[i - 1] ?? NaN);
      expect(found[i]).toBeLessThanOrEqual(exact[i + 1] ?? NaN);
    }
    expect(found.at(-1)).toBe(exact.at(-1));
  });

  test('is exact when the limits are a power of two apart', () => {
    const small = Float32Array.of(0.25, 0.5, -1);
    const large = Float32Array.of(8, -3, 5.5);
    const merged = observed(small);
    merged.merge(observed(large));
    const swapped = observed(large);
    swapped.merge(observed(small));
    expect(Array.from(merged.histogram?.positive ?? [])).toEqual(
      countedBy([...small, ...large], 8, 1),
    );
    expect(swapped.histogram).toEqual(merged.histogram);
  });

  test('leaves the other observer as it is', () => {
    const other = observed(Float32Array.of(1));
    const before = structuredClone(other.histogram?.positive);
    observed(Float32Array.of(3)).merge(other);
    expect(other.histogram?.limit).toBe(1);
    expect(other.histogram?.positive).toEqual(before);
  });

  test('refuses statistics of another kind', () => {
    const extrema = new TensorObserver({ histogram: false });
    expect(() => {
      extrema.merge(observed(Float32Array.of(1)));
    }).toThrow(expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }) as Error);
  });
});
