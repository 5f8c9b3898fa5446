/** freeDimensionOverrides as shapes, and what is ignored with a warning. */

import { beforeEach, describe, expect, it, vi } from 'vitest';

import * as logger from '../../../lib/common/logger.js';
import type { ModelSource } from '../../../lib/runtime/index.js';
import { withDimensionOverrides } from '../../../lib/session/dimension-overrides.js';

vi.mock('../../../lib/common/logger.js');
const warnOnce = vi.mocked(logger.warnOnce);
beforeEach(() => {
  warnOnce.mockReset();
});

const tensor = { kind: 'tensor', elementType: 'float32' } as const;
// Only the inputs are looked at.
const outline = {
  inputs: [
    { ...tensor, name: 'x', shape: ['batch', 3, 'width'] },
    { ...tensor, name: 'y', shape: [4] },
    { ...tensor, name: 'z', shape: ['width'] },
  ],
} as unknown as NonNullable<ModelSource['outline']>;

describe('withDimensionOverrides', () => {
  it('fixes the sizes that are named, wherever they are, and leaves the others open', () => {
    const shapes = withDimensionOverrides(new Map(), { width: 5 }, outline);
    expect([...shapes]).toEqual([
      [
        'x',
        [
          [0, Infinity],
          [3, 3],
          [5, 5],
        ],
      ],
      ['z', [[5, 5]]],
    ]);
    expect(warnOnce).not.toHaveBeenCalled();
  });

  it('lets shapes that are given for an input win', () => {
    const given = new Map([['z', [[1, 9]] as const]]);
    expect(withDimensionOverrides(given, { width: 5 }, outline).get('z')).toEqual([[1, 9]]);
  });

  it.each([
    ['no object', 5, 'no object of sizes'],
    ['a size that is text', { batch: '5' }, 'freeDimensionOverrides["batch"]'],
    ['a negative size', { batch: -1 }, 'freeDimensionOverrides["batch"]'],
    ['a broken size', { batch: 1.5 }, 'freeDimensionOverrides["batch"]'],
    ['a name that no dimension has', { height: 5 }, 'freeDimensionOverrides["height"]'],
  ])('ignores %s with a warning', (_, overrides, words) => {
    expect(withDimensionOverrides(new Map(), overrides, outline)).toEqual(new Map());
    expect(warnOnce).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(words));
  });

  it('says that a model without names of dimensions has none', () => {
    expect(withDimensionOverrides(new Map(), { batch: 5 }, undefined)).toEqual(new Map());
    expect(warnOnce).toHaveBeenCalledOnce();
  });
});
