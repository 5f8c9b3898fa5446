/** Tests of half precision: every bit pattern there and back, rounding and overflow. */

import { describe, expect, it } from 'vitest';
import { float16FromNumber, numberFromFloat16 } from '../../../lib/common/index.js';

describe('float16', () => {
  it('brings every bit pattern back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = numberFromFloat16(bits);
      if (Number.isNaN(value)) expect(float16FromNumber(value)).toBe(0x7e00);
      else if (float16FromNumber(value) !== bits) expect(float16FromNumber(value)).toBe(bits);
    }
  });

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [-Infinity, 0xfc00],
    [-0, 0x8000],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [1.5 * 2 ** -24, 0x0002],
    [1 + 1 / 2048, 0x3c00],
    [1 + 3 / 2048, 0x3c02],
    [2 - 2 ** -12, 0x4000],
    [2 ** -14 - 2 ** -26, 0x0400],
  ])('rounds %d to nearest, ties to even', (value, bits) => {
    expect(float16FromNumber(value)).toBe(bits);
  });
});
