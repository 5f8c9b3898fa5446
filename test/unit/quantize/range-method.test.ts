/** Range methods against the same figures from the raw values, and the entropy search against another writing of it. */

import { describe, expect, test } from 'vitest';

import { entropyThreshold } from '../../../lib/quantize/entropy.js';
import { BINS, Histogram } from '../../../lib/quantize/histogram.js';
import { TensorObserver } from '../../../lib/quantize/observer.js';
import { rangeOf } from '../../../lib/quantize/range-method.js';
import { seededRandom } from '../../fixtures/random.js';

function laplace(count: number, seed: number, isSigned: boolean): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => {
    const size = -Math.log((random.integer(1_000_000) + 1) / 1_000_001);
    return isSigned && random.integer(2) === 0 ? -size : size;
  });
}

function observed(...samples: readonly ArrayLike<number>[]): TensorObserver {
  const observer = new TensorObserver();
  for (const sample of samples) observer.observe(Float32Array.from(sample), [sample.length]);
  return observer;
}

describe('extrema', () => {
  const statistics = observed([-1, 4], [-3, 2], [-2, 6]);

  test('of all samples', () => {
    expect(rangeOf(statistics, { name: 'minmax' }, 'uint8')).toEqual({ lo: -3, hi: 6 });
  });

  test('averaged over samples', () => {
    expect(rangeOf(statistics, { name: 'mean-minmax' }, 'uint8')).toEqual({ lo: -2, hi: 4 });
  });

  test('that move by a constant from the first sample on', () => {
    const range = rangeOf(statistics, { name: 'moving-average', constant: 0.5 }, 'uint8');
    expect(range).toEqual({ lo: -2, hi: 4.5 });
  });

  test('are refused where nothing finite was seen', () => {
    expect(() => rangeOf(observed([NaN]), { name: 'minmax' }, 'uint8')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_CALIBRATION_FAILED' }) as Error,
    );
  });

  test('are all there is without a histogram', () => {
    const extrema = new TensorObserver({ histogram: false });
    extrema.observeExtrema(-1, 2);
    expect(rangeOf(extrema, { name: 'minmax' }, 'uint8')).toEqual({ lo: -1, hi: 2 });
    expect(() => rangeOf(extrema, { name: 'entropy' }, 'uint8')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_CALIBRATION_FAILED' }) as Error,
    );
  });
});

describe('percentile', () => {
  /** The value that `cut` of the values lie beyond, by sorting. */
  function sortedCut(values: readonly number[], cut: number): number {
    const descending = [...values].sort((a, b) => b - a);
    return descending[Math.floor(cut)] ?? NaN;
  }

  test('cuts half on each side of signed values, to within a bin', () => {
    const values = laplace(50_000, 21, true);
    const statistics = observed(values);
    const { lo, hi } = rangeOf(statistics, { name: 'percentile', percentile: 99.875 }, 'uint8');
    const bin = (statistics.histogram?.limit ?? 0) / BINS;
    expect(Math.abs(hi - sortedCut(Array.from(values), 31))).toBeLessThanOrEqual(bin);
    expect(
      Math.abs(
        -lo -
          sortedCut(
            Array.from(values, (v) => -v),
            31,
          ),
      ),
    ).toBeLessThanOrEqual(bin);
  });

  test('cuts all at the top of values that are not negative, zeros counted', () => {
    const values = Float32Array.of(...laplace(10_000, 22, false), ...new Float32Array(40_000));
    const statistics = observed(values);
    const { lo, hi } = rangeOf(statistics, { name: 'percentile', percentile: 99 }, 'uint8');
    const bin = (statistics.histogram?.limit ?? 0) / BINS;
    expect(lo).toBe(0);
    expect(Math.abs(hi - sortedCut(Array.from(values), 500))).toBeLessThanOrEqual(bin);
  });

  test('never goes beyond the extrema', () => {
    const statistics = observed([-1, 1, 3]);
    const range = rangeOf(statistics, { name: 'percentile', percentile: 100 }, 'uint8');
    expect(range).toEqual({ lo: -1, hi: 3 });
  });

  test('refuses what is no percentile', () => {
    expect(() => rangeOf(observed([1]), { name: 'percentile', percentile: 0 }, 'uint8')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_OUT_OF_RANGE' }) as Error,
    );
  });
});

describe('least squares', () => {
  /** The squared error over the values themselves, for a range by textbook rounding. */
  function errorOf(values: Float32Array, lo: number, hi: number): number {
    const scale = (hi - lo) / 255;
    const zeroPoint = Math.round(-lo / scale);
    let error = 0;
    for (const value of values) {
      const q = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint));
      error += (value - (q - zeroPoint) * scale) ** 2;
    }
    return error;
  }

  test('finds a range as good as the best of the raw values', () => {
    const values = Float32Array.of(...laplace(40_000, 23, true), 60);
    const { lo, hi } = rangeOf(observed(values), { name: 'mse' }, 'uint8');
    const [min, max] = [Math.min(...values), 60];
    let best = Infinity;
    for (let step = 0; step <= 160; step++) {
      const share = 1 - step * 0.005;
      best = Math.min(best, errorOf(values, min * share, max * share));
    }
    expect(errorOf(values, lo, hi)).toBeLessThan(best * 1.02);
  });

  test('keeps everything where clipping cannot pay', () => {
    const range = rangeOf(observed([-1, -0.5, 0.5, 1]), { name: 'mse' }, 'int8');
    expect(range).toEqual({ lo: -1, hi: 1 });
  });
});

describe('entropy', () => {
  /** The search as ONNX Runtime's Python tool writes it, over plain arrays, with the first bin mended. */
  function referenceThreshold(counts: readonly number[], limit: number, levels: number): number {
    const h = [...counts];
    h[0] = h[1] ?? 0;
    const sum = (list: readonly number[]): number => list.reduce((all, item) => all + item, 0);
    const smoothed = (list: readonly number[]): number[] => {
      const zeros = list.filter((item) => item === 0).length;
      const taken = (1e-4 * zeros) / (list.length - zeros);
      return list.map((item) => (item === 0 ? 1e-4 : item - taken));
    };
    const scores: { bins: number; divergence: number }[] = [];
    for (let bins = levels; bins <= h.length; bins += 8) {
      const slice = h.slice(0, bins);
      const p = [...slice];
      p[bins - 1] = (p[bins - 1] ?? 0) + sum(h.slice(bins));
      const q = new Array<number>(bins).fill(0);
      for (let level = 0; level < levels; level++) {
        const members = slice
          .map((_, k) => k)
          .filter((k) => Math.floor((k * levels) / bins) === level);
        const filled = members.filter((k) => (slice[k] ?? 0) > 0);
        const share = sum(members.map((k) => slice[k] ?? 0)) / filled.length;
        for (const k of filled) q[k] = share;
      }
      const [ps, qs] = [smoothed(p), smoothed(q)];
      const [pSum, qSum] = [sum(ps), sum(qs)];
      const terms = ps.map(
        (item, k) => (item / pSum) * Math.log(item / pSum / ((qs[k] ?? 0) / qSum)),
      );
      scores.push({ bins, divergence: sum(terms) });
    }
    const least = Math.min(...scores.map(({ divergence }) => divergence));
    const last = scores.findLast(({ divergence }) => divergence <= least + 1e-15);
    return ((last?.bins ?? NaN) * limit) / h.length;
  }

  test('agrees with another writing of the search', () => {
    const values = Float32Array.of(...laplace(3000, 24, true), 14.5);
    const statistics = observed(values);
    const { positive, negative, limit } = statistics.histogram ?? { limit: NaN };
    const counts = Array.from(positive ?? [], (count, i) => count + (negative?.[i] ?? 0));
    const threshold = referenceThreshold(counts, limit, 128);
    const { hi } = rangeOf(statistics, { name: 'entropy' }, 'int8');
    expect(threshold).toBeLessThan(14);
    expect(hi).toBeCloseTo(threshold, 9);
  }, 60_000);

  test('takes the widest of equally good thresholds', () => {
    // Few values far apart: each has a level of its own, so nothing is lost wherever no tail is cut off.
    const histogram = new Histogram();
    histogram.reserve(1);
    histogram.reserve(1.5);
    histogram.add(Float32Array.of(0.25, 1, 1.5), 0, 3, 0);
    expect(entropyThreshold(histogram, 128)).toBe(2);
  });

  test('does not collapse onto values near zero', () => {
    // Half of all values in the first bin: without the mended bin the search clips nearly everything.
    const near = new Float32Array(20_000).fill(1e-4);
    const statistics = observed(Float32Array.of(...near, ...laplace(20_000, 25, false)));
    const { hi } = rangeOf(statistics, { name: 'entropy' }, 'uint8');
    expect(hi).toBeGreaterThan(4);
  });

  test('never goes beyond the extrema', () => {
    const statistics = observed([-0.5, 0.25, 4]);
    const { lo, hi } = rangeOf(statistics, { name: 'entropy' }, 'int8');
    expect(lo).toBe(-0.5);
    expect(hi).toBeLessThanOrEqual(4);
  });

  test('has nothing to cut in a tensor of zeros', () => {
    expect(rangeOf(observed([0, 0]), { name: 'entropy' }, 'uint8')).toEqual({ lo: 0, hi: 0 });
  });
});
