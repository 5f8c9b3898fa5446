/** Counting elements and showing shapes. */

import { describe, expect, it } from 'vitest';

import { elementCount, formatShape } from '../../../lib/common/shape.js';

describe('elementCount', () => {
  it.each([
    ['a scalar', [], 1],
    ['a vector', [7], 7],
    ['a matrix', [3, 5], 15],
    ['an empty tensor', [3, 0, 5], 0],
    ['the most that a number holds', [Number.MAX_SAFE_INTEGER], Number.MAX_SAFE_INTEGER],
  ])('counts %s', (_, dims, count) => {
    expect(elementCount(dims, 'x')).toBe(count);
  });

  it.each([
    ['negative', -1],
    ['fractional', 1.5],
    ['NaN', NaN],
    ['infinite', Infinity],
    ['above 2^53-1', 2 ** 53],
  ])('refuses a %s size and names it', (_, size) => {
    expect(() => elementCount([2, size], 'x')).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
        message: `expected a non-negative integer for dims[1] of x, got ${String(size)} (number)`,
      }),
    );
  });

  it.each(['2', 2n, null, undefined])('refuses %o, which is no number', (size) => {
    // A caller without types.
    expect(() => elementCount([size as unknown as number], 'x')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }),
    );
  });

  it.each([
    [[2 ** 30, 2 ** 30]],
    // The sizes behind the overflow do not hide it.
    [[2 ** 27, 2 ** 27, 0]],
  ])('refuses more elements than a number counts: %o', (dims) => {
    expect(() => elementCount(dims, 'x')).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
        message: `expected at most 2^53-1 elements for x, got dims [${dims.join(', ')}]`,
      }),
    );
  });
});

describe('formatShape', () => {
  it('shows sizes, names, and ? for a size without a name', () => {
    expect(formatShape(['batch', 1, ''])).toBe('[batch, 1, ?]');
    expect(formatShape([])).toBe('[]');
  });
});
