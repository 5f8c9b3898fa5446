/** The threshold whose clipped, coarse histogram is nearest to the full one by KL divergence (quantization.md 4.4). */

import { BINS, type Histogram } from './histogram.js';

/** Bins between two thresholds tried: finer changes nothing that can be measured. */
const STRIDE = 8;
/** What an empty bin is given, so that the logarithm exists. */
const SMOOTHING = 1e-4;

/** The magnitude to clip at, for `levels` quantization levels on one side. */
export function entropyThreshold(histogram: Histogram, levels: 128 | 256): number {
  const counts = magnitudes(histogram);
  let best = Infinity;
  let bestBins = BINS;
  for (let bins: number = levels; bins <= BINS; bins += STRIDE) {
    const divergence = divergenceOf(counts, bins, levels);
    // The last minimum: among equals the widest range loses least.
    if (divergence <= best) {
      best = divergence;
      bestBins = bins;
    }
  }
  return (bestBins * histogram.limit) / BINS;
}

/** Counts by magnitude. The first bin is a copy of the second: values near zero would outweigh all others. */
function magnitudes({ positive, negative }: Histogram): Float64Array {
  const counts = new Float64Array(BINS);
  for (let i = 0; i < BINS; i++) counts[i] = (positive[i] ?? 0) + (negative[i] ?? 0);
  counts[0] = counts[1] ?? 0;
  return counts;
}

/** KL(P || Q): P has everything above the threshold in its last bin, Q has `levels` levels and no tail. */
function divergenceOf(counts: Float64Array, bins: number, levels: number): number {
  const p = counts.slice(0, bins);
  let tail = 0;
  for (let i = bins; i < BINS; i++) tail += counts[i] ?? 0;
  p[bins - 1] = (p[bins - 1] ?? 0) + tail;
  const q = coarsened(counts, bins, levels);
  if (!smooth(p) || !smooth(q)) return Infinity;
  const pTotal = total(p);
  const qTotal = total(q);
  let divergence = 0;
  for (let i = 0; i < bins; i++) {
    const pShare = (p[i] as number) / pTotal;
    divergence += pShare * Math.log(pShare / ((q[i] as number) / qTotal));
  }
  return divergence;
}

/** The counts below the threshold, merged into levels and spread evenly over the bins that are not empty. */
function coarsened(counts: Float64Array, bins: number, levels: number): Float64Array {
  const sums = new Float64Array(levels);
  const filled = new Float64Array(levels);
  for (let i = 0; i < bins; i++) {
    const level = Math.floor((i * levels) / bins);
    const count = counts[i] as number;
    (sums[level] as number) += count;
    if (count > 0) (filled[level] as number)++;
  }
  const q = new Float64Array(bins);
  for (let i = 0; i < bins; i++) {
    const level = Math.floor((i * levels) / bins);
    if ((counts[i] as number) > 0) q[i] = (sums[level] as number) / (filled[level] as number);
  }
  return q;
}

/** Gives empty bins a little, taken from the others in equal parts. False: there is nothing to take from. */
function smooth(counts: Float64Array): boolean {
  let empty = 0;
  for (const count of counts) if (count === 0) empty++;
  const filled = counts.length - empty;
  if (filled === 0) return false;
  const taken = (SMOOTHING * empty) / filled;
  for (let i = 0; i < counts.length; i++) {
    counts[i] = counts[i] === 0 ? SMOOTHING : (counts[i] as number) - taken;
  }
  return true;
}

function total(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
