/** Element types: names, sizes, arrays. */

import { describe, expect, it } from 'vitest';

import {
  NUMERIC_DTYPES,
  arrayLengthOf,
  arrayOver,
  byteLengthOf,
  isDtype,
  type NumericDtype,
} from '../../../lib/common/dtype.js';
import { Tensor } from '../../../lib/tensor/index.js';

const FOUR_BIT: readonly NumericDtype[] = ['uint4', 'int4'];
const WHOLE = NUMERIC_DTYPES.filter((type) => !FOUR_BIT.includes(type));

describe('isDtype', () => {
  it('knows every type of onnxruntime-common', () => {
    expect([...NUMERIC_DTYPES, 'string'].every(isDtype)).toBe(true);
  });

  it.each(['float', 'double', 'bfloat16', 'Float32', '', 'toString', 5, undefined, null])(
    'does not know %o',
    (value) => {
      expect(isDtype(value)).toBe(false);
    },
  );
});

describe('arrayOver', () => {
  it.each(WHOLE)('makes the array that onnxruntime-common takes for %s', (type) => {
    const array = arrayOver(type, new ArrayBuffer(16));
    // The overloads name one type each.
    const tensor = new Tensor(type as 'float32', array as Float32Array, [array.length]);
    expect(tensor.type).toBe(type);
    expect(tensor.data).toBe(array);
    expect(array.BYTES_PER_ELEMENT * array.length).toBe(16);
  });

  it.each(FOUR_BIT)('makes bytes for %s', (type) => {
    expect(arrayOver(type, new ArrayBuffer(2))).toBeInstanceOf(Uint8Array);
  });

  it('makes bits, not numbers, for float16', () => {
    expect(arrayOver('float16', new ArrayBuffer(2))).toBeInstanceOf(Uint16Array);
  });

  it('covers a part of a buffer without copying it', () => {
    const buffer = new ArrayBuffer(16);
    const array = arrayOver('float32', buffer, 4, 2);
    expect(array.buffer).toBe(buffer);
    expect([array.byteOffset, array.length]).toEqual([4, 2]);
  });
});

describe('byteLengthOf and arrayLengthOf', () => {
  it.each(WHOLE)('agree with the array of %s', (type) => {
    const bytes = byteLengthOf(type, 3);
    expect(arrayOver(type, new ArrayBuffer(bytes))).toHaveLength(3);
    expect(arrayLengthOf(type, 3)).toBe(3);
    expect(byteLengthOf(type, 0)).toBe(0);
  });

  it.each(FOUR_BIT)('pack two elements of %s in a byte and round up', (type) => {
    const counts = [0, 1, 2, 3, 4];
    expect(counts.map((count) => byteLengthOf(type, count))).toEqual([0, 1, 1, 2, 2]);
    expect(counts.map((count) => arrayLengthOf(type, count))).toEqual([0, 1, 1, 2, 2]);
  });
});
