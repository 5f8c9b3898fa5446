/** Rounding as QuantizeLinear rounds. */

import { expect, test } from 'vitest';

import { roundHalfEven } from '../../../lib/quantize/rounding.js';

test('rounds ties to the even neighbour on both sides of zero', () => {
  const ties = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 254.5, 255.5, 2 ** 31 + 0.5];
  expect(ties.map((value) => roundHalfEven(value) + 0)).toEqual([
    -4,
    -2,
    -2,
    0,
    0,
    2,
    2,
    4,
    254,
    256,
    2 ** 31,
  ]);
});

test('goes to the nearest integer next to a tie', () => {
  expect(roundHalfEven(0.49999999999999994)).toBe(0);
  expect(roundHalfEven(0.5000000000000001)).toBe(1);
  expect(roundHalfEven(-1.5000000000000002)).toBe(-2);
});
