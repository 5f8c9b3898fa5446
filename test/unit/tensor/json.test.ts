/** Tests of tensors in JSON: shapes of arrays, types, exactness, and what is refused. */

import { describe, expect, it } from 'vitest';
import { jsonFromValue, tensorFromJson, valueAt } from '../../../lib/tensor/index.js';

describe('tensorFromJson', () => {
  it('takes nested arrays with the wanted type', () => {
    expect(
      tensorFromJson(
        [
          [1, 2],
          [3, 4],
        ],
        'x',
        'int32',
      ),
    ).toEqual({
      type: 'int32',
      dims: [2, 2],
      data: Int32Array.of(1, 2, 3, 4),
    });
    expect(tensorFromJson(5, 'x', 'float32')).toMatchObject({ dims: [], data: Float32Array.of(5) });
    expect(tensorFromJson([], 'x', 'float32')).toMatchObject({ dims: [0] });
  });

  it('takes {dims, type, data}, flat or nested', () => {
    expect(
      tensorFromJson({ dims: [1, 2], type: 'uint8', data: [1, 2] }, 'x', 'float32'),
    ).toMatchObject({
      type: 'uint8',
      dims: [1, 2],
    });
    expect(tensorFromJson({ data: [[1], [2]] }, 'x', 'float32')).toMatchObject({ dims: [2, 1] });
  });

  it('takes every type', () => {
    expect(tensorFromJson(['9007199254740993', -1], 'x', 'int64').data).toEqual(
      BigInt64Array.of(9007199254740993n, -1n),
    );
    expect(tensorFromJson([true, false, 1], 'x', 'bool').data).toEqual(Uint8Array.of(1, 0, 1));
    expect(tensorFromJson(['a'], 'x', 'string').data).toEqual(['a']);
    expect(tensorFromJson([1.5, 'NaN', '-Infinity'], 'x', 'float16').data).toEqual(
      Uint16Array.of(0x3e00, 0x7e00, 0xfc00),
    );
    const int4 = tensorFromJson([-8, 7, -1], 'x', 'int4');
    expect(int4.data).toEqual(Uint8Array.of(0x78, 0x0f));
    expect([0, 1, 2].map((i) => valueAt(int4, i))).toEqual([-8, 7, -1]);
  });

  it.each([
    ['a ragged array', [[1, 2], [3]], 'float32'],
    ['uneven nesting', [1, [2]], 'float32'],
    ['deeper nesting later', [[1], [[2]]], 'float32'],
    ['words', ['one'], 'float32'],
    ['null', [null], 'float32'],
    ['an object as a value', [{}], 'float32'],
    ['a fraction for an integer', [1.5], 'int32'],
    ['256 for uint8', [256], 'uint8'],
    ['an unsafe integer as a number', [2 ** 53], 'int64'],
    ['2^63 for int64', ['9223372036854775808'], 'int64'],
    ['a number for a string', [1], 'string'],
    ['an unknown type', { dims: [1], type: 'complex64', data: [1] }, 'float32'],
    ['too few values', { dims: [3], data: [1] }, 'float32'],
    ['dims that are no array', { dims: 3, data: [1, 2, 3] }, 'float32'],
    ['data that is no array', { dims: [1], data: 'abc' }, 'float32'],
  ] as const)('refuses %s', (_, value, type) => {
    expect(() => tensorFromJson(value, 'x', type)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }),
    );
  });

  it.each([[[-1]], [[1.5]], [[2 ** 53]]])('refuses dims %j', (dims) => {
    expect(() => tensorFromJson({ dims, data: [1] }, 'x', 'float32')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_OUT_OF_RANGE' }),
    );
  });

  it('refuses arrays nested a hundred deep', () => {
    let value: unknown = 1;
    for (let i = 0; i < 100; i++) value = [value];
    expect(() => tensorFromJson(value, 'x', 'float32')).toThrow(/dimensions/u);
  });
});

describe('jsonFromValue', () => {
  it('keeps what JSON numbers cannot hold', () => {
    expect([NaN, Infinity, 1.5, 3n, 2n ** 60n].map(jsonFromValue)).toEqual([
      'NaN',
      'Infinity',
      1.5,
      3,
      '1152921504606846976',
    ]);
  });
});
