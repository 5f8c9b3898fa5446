/** Tests of numbers as text. */

import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatMs,
  formatPercent,
  formatValue,
  percentile,
} from '../../../lib/report/index.js';

describe('formatting', () => {
  it.each([
    [0.0123, '0.012 ms'],
    [1.234, '1.23 ms'],
    [12.34, '12.3 ms'],
    [1234.5, '1235 ms'],
    [12345, '12.3 s'],
    [NaN, '-'],
  ])('writes %d milliseconds as %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.50 KiB'],
    [63691929, '60.7 MiB'],
    [2n ** 40n, '1.00 TiB'],
  ])('writes %s bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('groups thousands', () => {
    expect([1, 1000, 1234567].map(formatCount)).toEqual(['1', '1 000', '1 234 567']);
  });

  it('writes ratios as percentages', () => {
    expect([formatPercent(0.996), formatPercent(NaN), formatPercent(1, 0)]).toEqual([
      '99.6 %',
      '-',
      '100 %',
    ]);
  });

  it.each([
    [3, '3'],
    [-0.123456, '-0.1235'],
    [1e-7, '1.00e-7'],
    [123456789.5, '1.23e+8'],
    [NaN, 'NaN'],
    [-Infinity, '-Infinity'],
    [9223372036854775807n, '9.223e+18'],
    ['a\nb', '"a\\nb"'],
    ['x'.repeat(40), `"${'x'.repeat(24)}..."`],
  ])('writes the value %s as %s', (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  it('takes percentiles by nearest rank', () => {
    const sorted = Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0, 0.5, 0.99, 1].map((fraction) => percentile(sorted, fraction))).toEqual([
      1, 50, 99, 100,
    ]);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
