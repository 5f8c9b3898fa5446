/** Tests of .npy files: numpy's own files, ours read back, and headers that lie. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { float16FromNumber, NUMERIC_DTYPES } from '../../../lib/common/index.js';
import { npyPieces, parseNpy, valueAt, type TensorContent } from '../../../lib/tensor/index.js';

const golden = JSON.parse(
  readFileSync(new URL('golden/numpy.json', import.meta.url), 'utf8'),
) as Record<string, string>;

function numpyFile(name: string): Buffer {
  return Buffer.from(golden[name] ?? '', 'base64');
}

function valuesOf(content: TensorContent): number[] {
  return Array.from({ length: content.data.length }, (_, i) => Number(valueAt(content, i)));
}

/** A version 1 file with any header and values. */
function fileWith(header: string, values: Uint8Array = new Uint8Array(8)): Buffer {
  const start = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    1,
    0,
    header.length & 0xff,
    header.length >> 8,
  ]);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), values]);
}

describe('parseNpy', () => {
  const numbers = NUMERIC_DTYPES.filter((type) => !['bool', 'int4', 'uint4'].includes(type));

  it.each(numbers)('reads %s as numpy wrote it', (type) => {
    const content = parseNpy(numpyFile(type), type);
    expect(content).toMatchObject({ type, dims: [2, 3] });
    expect(valuesOf(content)).toEqual([1, 2, 3, 100, 5, 6]);
  });

  it('reads booleans, and any other byte as true', () => {
    const file = numpyFile('bool');
    expect(valuesOf(parseNpy(file, 'x'))).toEqual([1, 0, 1, 0, 1, 1]);
    file[file.length - 1] = 7;
    expect(valuesOf(parseNpy(file, 'x')).at(-1)).toBe(1);
  });

  it('reads big-endian values', () => {
    expect(valuesOf(parseNpy(numpyFile('bigendian'), 'x'))).toEqual([1, 2, 3, 100, 5, 6]);
    expect(valuesOf(parseNpy(numpyFile('bigendian64'), 'x'))).toEqual([1, -2, 3]);
  });

  it('puts Fortran order into C order', () => {
    const content = parseNpy(numpyFile('fortran'), 'x');
    expect(content.dims).toEqual([2, 3, 4]);
    expect(valuesOf(content)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it('reads a scalar, an empty tensor and strings', () => {
    expect(parseNpy(numpyFile('scalar'), 'x')).toMatchObject({
      dims: [],
      data: Float32Array.of(7.5),
    });
    expect(parseNpy(numpyFile('empty'), 'x')).toMatchObject({
      dims: [0, 3],
      data: new Float32Array(0),
    });
    expect(parseNpy(numpyFile('strings'), 'x')).toEqual({
      type: 'string',
      dims: [3],
      data: ['a', 'héllo', '日本'],
    });
  });

  it.each(['v2', 'v3'])('reads version %s of the format', (name) => {
    expect(valuesOf(parseNpy(numpyFile(name), 'x'))).toEqual([1, 2]);
  });

  it('copies the values', () => {
    const file = numpyFile('uint8');
    const content = parseNpy(file, 'x');
    file.fill(0);
    expect(valuesOf(content)).toEqual([1, 2, 3, 100, 5, 6]);
  });

  it.each([
    ['complex', /complex/u],
    ['object', /pickled/u],
    ['structured', /structured/u],
    ['date', /dates/u],
  ])('refuses %s by name', (name, message) => {
    expect(() => parseNpy(numpyFile(name), 'x')).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  const dictionary = (shape: string, descr = '<f4'): string =>
    `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another file', Buffer.from('PK\u0003\u0004aaaaaaaaaaaa')],
    [
      'a version of the future',
      Buffer.concat([Buffer.from('\x93NUMPY\x09\x00\x00\x00', 'latin1'), Buffer.alloc(64)]),
    ],
    ['a header beyond the end', fileWith(dictionary('(2,)')).subarray(0, 40)],
    [
      'a header of 4 GiB',
      Buffer.concat([Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\xff', 'latin1'), Buffer.alloc(64)]),
    ],
    ['too few values', fileWith(dictionary('(3,)'))],
    ['too many values', fileWith(dictionary('(1,)'))],
    ['a negative size', fileWith(dictionary('(-2,)'))],
    ['a size that is no integer', fileWith(dictionary('(2.0,)'))],
    ['a number as shape', fileWith(dictionary('(2)'))],
    ['no dictionary', fileWith('import os')],
    [
      'code in the dictionary',
      fileWith(`{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,), }`),
    ],
    ['a missing key', fileWith(`{'descr': '<f4', 'shape': (2,), }`)],
    [
      'a key twice',
      fileWith(`{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }`),
    ],
    [
      'an unknown key',
      fileWith(`{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': True, }`),
    ],
    ['a type without size', fileWith(dictionary('(2,)', '<f'))],
    ['100 dimensions', fileWith(dictionary(`(${'1, '.repeat(100)})`))],
  ])('refuses %s', (_, file) => {
    expect(() => parseNpy(file, 'x')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }),
    );
  });

  it('refuses 2^60 elements without allocating them', () => {
    expect(() => parseNpy(fileWith(dictionary('(1073741824, 1073741824)')), 'x')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_OUT_OF_RANGE' }),
    );
  });

  it('refuses every cut of a good file', () => {
    const file = numpyFile('float32');
    for (let length = 0; length < file.length; length++) {
      expect(() => parseNpy(file.subarray(0, length), 'x')).toThrow(/cannot read x/u);
    }
  });
});

describe('npyPieces', () => {
  it.each(NUMERIC_DTYPES.filter((type) => type !== 'int4' && type !== 'uint4'))(
    'writes %s to the byte as numpy does',
    (type) => {
      const file = numpyFile(type);
      expect(Buffer.concat(npyPieces(parseNpy(file, 'x'), 'x'))).toEqual(file);
    },
  );

  it.each(['scalar', 'empty', 'strings'])(
    'writes the %s file to the byte as numpy does',
    (name) => {
      const file = numpyFile(name);
      expect(Buffer.concat(npyPieces(parseNpy(file, 'x'), 'x'))).toEqual(file);
    },
  );

  it('writes a view of a larger buffer', () => {
    const data = new Uint16Array([9, float16FromNumber(1.5), 9]).subarray(1, 2);
    const content = parseNpy(
      Buffer.concat(npyPieces({ type: 'float16', dims: [1], data }, 'x')),
      'x',
    );
    expect(valueAt(content, 0)).toBe(1.5);
  });

  it('refuses 4-bit types, which numpy lacks', () => {
    expect(() => npyPieces({ type: 'int4', dims: [2], data: new Uint8Array(1) }, 'y')).toThrow(
      /no type int4/u,
    );
  });
});
