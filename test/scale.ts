/** How many turns the long tests take: all in `npm run test:long`, a fiftieth elsewhere. */

const scale = Number(process.env['ENGINERY_TEST_SCALE'] ?? '0.02');

/** The share of `count` turns that this run takes, at least one. */
export function scaled(count: number): number {
  if (!(scale > 0))
    throw new RangeError(`expected a number above 0 for ENGINERY_TEST_SCALE, got ${scale}`);
  return Math.max(1, Math.round(count * scale));
}

/** How long one test may take before it counts as hanging: minutes at the usual scale, more where every turn is taken. */
export const TEST_LIMIT_MS = scale > 0.1 ? 1_800_000 : 120_000;

/** Is this a run that takes every turn and full sizes? */
export const isFullScale = scale >= 1;
