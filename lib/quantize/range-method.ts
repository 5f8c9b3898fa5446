/** From statistics to the range that a tensor is quantized over (quantization.md section 4.4). */

import { EngineryError, outOfRange } from '../common/index.js';
import { entropyThreshold } from './entropy.js';
import { BINS, type Histogram } from './histogram.js';
import type { TensorObserver } from './observer.js';
import { activationParameters, quantizedValue, type ActivationType, type Range } from './scheme.js';

/** How a range is chosen. */
export type RangeMethod =
  | { readonly name: 'minmax' }
  /** The mean of the samples' extrema: a remedy for outliers. */
  | { readonly name: 'mean-minmax' }
  /** Extrema that follow the samples slowly: what other tools offer, weak. Default constant 0.01. */
  | { readonly name: 'moving-average'; readonly constant?: number }
  /** Cuts what is beyond the percentile. Default 99.99. */
  | { readonly name: 'percentile'; readonly percentile?: number }
  /** The least squared error. */
  | { readonly name: 'mse' }
  /** The least KL divergence. */
  | { readonly name: 'entropy' };

/** Fractions of the full range that the least-squares search tries: 1.00, 0.995 ... 0.20. */
const MSE_STEPS = 160;
const MSE_STEP = 0.005;

/** The range of a tensor. Throws CALIBRATION_FAILED when nothing finite, or no histogram where one is needed, was seen. */
export function rangeOf(
  statistics: TensorObserver,
  method: RangeMethod,
  type: ActivationType,
): Range {
  if (statistics.sampleMin.length === 0) {
    throw new EngineryError(
      'CALIBRATION_FAILED',
      'expected finite values in a tensor to quantize, got none; check the calibration samples',
    );
  }
  const full = { lo: statistics.min, hi: statistics.max };
  switch (method.name) {
    case 'minmax':
      return full;
    case 'mean-minmax':
      return { lo: mean(statistics.sampleMin), hi: mean(statistics.sampleMax) };
    case 'moving-average': {
      const { constant = 0.01 } = method;
      return {
        lo: movingAverage(statistics.sampleMin, constant),
        hi: movingAverage(statistics.sampleMax, constant),
      };
    }
    case 'percentile':
      return percentileRange(statistics, histogramOf(statistics), method.percentile ?? 99.99);
    case 'mse':
      return leastSquaresRange(full, histogramOf(statistics), type);
    case 'entropy': {
      const histogram = histogramOf(statistics);
      if (histogram.limit === 0) return full;
      const isOneSided = type === 'uint8' && full.lo >= 0;
      const threshold = entropyThreshold(histogram, isOneSided ? 256 : 128);
      return { lo: Math.max(full.lo, -threshold), hi: Math.min(full.hi, threshold) };
    }
  }
}

function histogramOf({ histogram }: TensorObserver): Histogram {
  if (histogram !== undefined) return histogram;
  throw new EngineryError(
    'CALIBRATION_FAILED',
    'expected a histogram for this range method, got extrema only; calibrate again with statistics: "histogram"',
  );
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function movingAverage(values: readonly number[], constant: number): number {
  let average = values[0] ?? 0;
  for (const value of values) average += constant * (value - average);
  return average;
}

/** Half of the cut on each side; all of it at the top where nothing is negative. */
function percentileRange(
  { min, max, count }: TensorObserver,
  histogram: Histogram,
  percentile: number,
): Range {
  if (!(percentile > 0 && percentile <= 100)) {
    throw outOfRange(`expected a percentile in (0, 100], got ${percentile}`);
  }
  const cut = (count * (100 - percentile)) / 100;
  if (min >= 0)
    return { lo: min, hi: Math.min(max, cutMagnitude(histogram.positive, histogram.limit, cut)) };
  return {
    lo: Math.max(min, -cutMagnitude(histogram.negative, histogram.limit, cut / 2)),
    hi: Math.min(max, cutMagnitude(histogram.positive, histogram.limit, cut / 2)),
  };
}

/** The outer edge of the bin in which `cut` values from the outside are used up: at most `cut` values lie beyond. */
function cutMagnitude(counts: Float64Array, limit: number, cut: number): number {
  let beyond = 0;
  for (let i = BINS - 1; i >= 0; i--) {
    beyond += counts[i] ?? 0;
    if (beyond > cut) return ((i + 1) * limit) / BINS;
  }
  // Zeros and values of the other sign are next: zero is always kept.
  return 0;
}

/** Shrinks both ends together and keeps the first range with the least squared error over the bin centres. */
function leastSquaresRange(full: Range, histogram: Histogram, type: ActivationType): Range {
  let best = Infinity;
  let bestRange = full;
  for (let step = 0; step <= MSE_STEPS; step++) {
    const share = 1 - step * MSE_STEP;
    const range = { lo: full.lo * share, hi: full.hi * share };
    const error = squaredError(range, histogram, type, best);
    if (error < best) {
      best = error;
      bestRange = range;
    }
  }
  return bestRange;
}

/** Zeros quantize exactly and add nothing. Stops once the error is beyond `limit`. */
function squaredError(
  range: Range,
  histogram: Histogram,
  type: ActivationType,
  limit: number,
): number {
  const parameters = activationParameters(range, type);
  const { positive, negative } = histogram;
  const width = histogram.limit / BINS;
  let error = 0;
  // From the outside, where a range that is too small shows at once.
  for (let i = BINS - 1; i >= 0 && error <= limit; i--) {
    const centre = (i + 0.5) * width;
    const above = positive[i] as number;
    const below = negative[i] as number;
    if (above > 0) error += above * (centre - quantizedValue(centre, parameters)) ** 2;
    if (below > 0) error += below * (-centre - quantizedValue(-centre, parameters)) ** 2;
  }
  return error;
}
