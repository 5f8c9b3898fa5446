/** Two values to a byte, the first in the low half, and a byte to a value. */

import { describe, expect, it } from 'vitest';

import { packed, unpacked } from '../../../lib/runtime/onnxruntime-four-bit.js';

describe('4-bit tensors', () => {
  it('become a byte for each value, with its sign', () => {
    const int4 = { type: 'int4', dims: [3], data: new Uint8Array([0x78, 0xaf]) } as const;
    expect(unpacked(int4)).toEqual({ type: 'int8', dims: [3], data: new Int8Array([-8, 7, -1]) });
    const uint4 = { type: 'uint4', dims: [2, 2], data: new Uint8Array([0x0f, 0x81]) } as const;
    expect(unpacked(uint4)).toEqual({
      type: 'uint8',
      dims: [2, 2],
      data: new Uint8Array([15, 0, 1, 8]),
    });
  });

  it('are put back, an odd last half byte zero', () => {
    const int8 = { type: 'int8', dims: [3], data: new Int8Array([-8, 7, -1]) } as const;
    expect(packed(int8, 'int4')).toEqual({
      type: 'int4',
      dims: [3],
      data: new Uint8Array([0x78, 0x0f]),
    });
  });

  it.each(['int4', 'uint4'] as const)(
    '%s of every pair, of one and of no value come through',
    (type) => {
      const data = Uint8Array.from({ length: 256 }, (_, i) => i);
      for (const tensor of [
        { type, dims: [512], data },
        { type, dims: [], data: new Uint8Array([9]) },
        { type, dims: [0, 3], data: new Uint8Array(0) },
      ]) {
        expect(packed(unpacked(tensor), type)).toEqual(tensor);
      }
    },
  );

  it('other tensors pass as they are', () => {
    const tensor = { type: 'int8', dims: [1], data: new Int8Array(1) } as const;
    expect(unpacked(tensor)).toBe(tensor);
  });
});
