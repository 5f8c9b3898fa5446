/** Numbers as a C++ stream writes them. */

import { describe, expect, it } from 'vitest';

import { isUint32, streamedNumber } from '../../../lib/session/upstream-number.js';

describe('streamedNumber', () => {
  // What std::ostream << double gives for each.
  it.each([
    [0, '0'],
    [-0, '0'],
    [-1, '-1'],
    [1.5, '1.5'],
    [123456, '123456'],
    [1234567, '1.23457e+06'],
    [999999.7, '1e+06'],
    [5e9, '5e+09'],
    [-5e9, '-5e+09'],
    [4294967296, '4.29497e+09'],
    [1e100, '1e+100'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1 / 3, '0.333333'],
    [NaN, 'nan'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
  ])('writes %d as %s', (value, text) => {
    expect(streamedNumber(value)).toBe(text);
  });
});

describe('isUint32', () => {
  it.each([0, 1, 4294967295])('takes %d', (value) => {
    expect(isUint32(value)).toBe(true);
  });

  it.each([-1, 0.5, 4294967296, NaN, Infinity])('does not take %d', (value) => {
    expect(isUint32(value)).toBe(false);
  });
});
