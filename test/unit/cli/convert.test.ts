/** Tests of type conversion: by itself only where nothing changes, with --cast otherwise, never out of range. */

import { describe, expect, it } from 'vitest';
import { convertTensor } from '../../../lib/cli/convert.js';
import type { TensorContent } from '../../../lib/tensor/index.js';

const NO_CAST = { isCast: false };
const CAST = { isCast: true };

function content(type: TensorContent['type'], data: TensorContent['data']): TensorContent {
  return { type, dims: [data.length], data };
}

describe('convertTensor', () => {
  it('leaves the right type alone', () => {
    const same = content('float32', Float32Array.of(1));
    expect(convertTensor(same, 'float32', 'x', NO_CAST)).toBe(same);
  });

  it('changes width by itself when every value stays', () => {
    expect(
      convertTensor(content('float64', Float64Array.of(0.5, NaN, -0)), 'float32', 'x', NO_CAST)
        .data,
    ).toEqual(Float32Array.of(0.5, NaN, -0));
    expect(
      convertTensor(content('int64', BigInt64Array.of(-3n)), 'int32', 'x', NO_CAST).data,
    ).toEqual(Int32Array.of(-3));
    expect(convertTensor(content('int32', Int32Array.of(7)), 'int64', 'x', NO_CAST).data).toEqual(
      BigInt64Array.of(7n),
    );
    expect(
      convertTensor(content('float16', Uint16Array.of(0x3c00)), 'float32', 'x', NO_CAST).data,
    ).toEqual(Float32Array.of(1));
  });

  it('refuses a value that would change, and rounds it when asked', () => {
    const fine = content('float64', Float64Array.of(0.1));
    expect(() => convertTensor(fine, 'float32', 'x', NO_CAST)).toThrow(/would change; add --cast/u);
    expect(convertTensor(fine, 'float32', 'x', CAST).data).toEqual(Float32Array.of(0.1));
  });

  it('refuses pixels for a float input with the hint to scale', () => {
    const pixels = content('uint8', Uint8Array.of(0, 16));
    expect(() => convertTensor(pixels, 'float32', 'x', NO_CAST)).toThrow(
      /--cast, and --scale 1\/255/u,
    );
    expect(convertTensor(pixels, 'float32', 'x', CAST).data).toEqual(Float32Array.of(0, 16));
    expect(convertTensor(pixels, 'float32', 'x', { isCast: false, scale: 1 / 16 }).data).toEqual(
      Float32Array.of(0, 1),
    );
  });

  it('scales values that have the right type already', () => {
    expect(
      convertTensor(content('float32', Float32Array.of(2)), 'float32', 'x', {
        isCast: false,
        scale: 3,
      }).data,
    ).toEqual(Float32Array.of(6));
  });

  it('cuts fractions off as numpy does', () => {
    expect(
      convertTensor(content('float32', Float32Array.of(1.9, -1.9)), 'int8', 'x', CAST).data,
    ).toEqual(Int8Array.of(1, -1));
  });

  it.each([
    ['300 for uint8', content('int32', Int32Array.of(300)), 'uint8'],
    ['NaN for int64', content('float32', Float32Array.of(NaN)), 'int64'],
    ['2 for bool', content('uint8', Uint8Array.of(2)), 'bool'],
    ['-1 for uint64', content('int64', BigInt64Array.of(-1n)), 'uint64'],
    ['2^63 for int64', content('uint64', BigUint64Array.of(2n ** 63n)), 'int64'],
  ] as const)('refuses %s', (_, from, type) => {
    expect(() => convertTensor(from, type, 'x', CAST)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_OUT_OF_RANGE' }),
    );
  });

  it('never turns strings into numbers', () => {
    expect(() => convertTensor(content('string', ['1']), 'float32', 'x', CAST)).toThrow(
      /does not convert/u,
    );
    expect(() => convertTensor(content('int8', Int8Array.of(1)), 'string', 'x', CAST)).toThrow(
      /does not convert/u,
    );
  });
});
