/** Tests of the figures that samples become. */

import { expect, it } from 'vitest';
import { applyLoad, geometricMean, median } from '../../../lib/bench/index.js';

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2],
  [[5], 5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

it('a half and a double have the geometric mean 1', () => {
  expect(geometricMean([0.5, 2])).toBeCloseTo(1, 12);
});

it('no values have no geometric mean', () => {
  expect(geometricMean([])).toBeNaN();
});

it('keeps so many runs in flight and counts every one', async () => {
  let current = 0;
  let most = 0;
  let started = 0;
  const figures = await applyLoad(
    async () => {
      started++;
      most = Math.max(most, ++current);
      await new Promise((resolve) => setTimeout(resolve, 1));
      current--;
    },
    { inFlight: 3, seconds: 0.02 },
  );
  expect([most, figures.runs]).toEqual([3, started]);
});

it('makes a run for each in flight, however short the time', async () => {
  const { runs } = await applyLoad(() => Promise.resolve(), { inFlight: 2, seconds: 0 });
  expect(runs).toBe(2);
});

it('fails with the first run that fails', async () => {
  const failing = applyLoad(() => Promise.reject(new Error('no')), { inFlight: 2, seconds: 1 });
  await expect(failing).rejects.toThrow('no');
});
