/** The middle, the tail and the product of samples: what a figure of a benchmark is made of. */

import { percentile } from '../report/index.js';

/** The median; of an even count the lower of the two in the middle, which was really measured. */
export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** The mean of ratios: a half and a double make one. NaN when there are none. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
