/** Round half to even: what QuantizeLinear does, and what Math.round (half up) does not. */

/** 1.5 * 2^52: a double this large has no fraction bits left, so adding it makes the hardware round, ties to even. */
const ROUNDER = 6755399441055744;

/** The nearest integer, ties to even, for magnitudes below 2^51. */
export function roundHalfEven(value: number): number {
  return value + ROUNDER - ROUNDER;
}
