/** Feeds and fetches against a model's metadata: what is taken, what is refused, and in which words. */

import { describe, expect, it, vi } from 'vitest';

import { checkFeeds, readFetches, requireFit } from '../../../lib/session/feeds.js';
import { Tensor } from '../../../lib/tensor/index.js';
import type { Dtype } from '../../../lib/common/index.js';
import type { ValueInfo } from '../../../lib/runtime/index.js';

const X: ValueInfo = { name: 'x', type: 'float32', shape: ['batch', 2] };

/** A plain object that is a tensor of x by its structure, changed as told. */
function like(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { type: 'float32', dims: [1, 2], data: new Float32Array(2), ...changes };
}

/** Checks `value` as the tensor of an input of this type, a vector of any length. */
function feed(type: Dtype, value: unknown): unknown {
  return checkFeeds({ x: value }, [{ name: 'x', type, shape: [''] }])['x'];
}

interface Refusal {
  readonly error: Error & { readonly code?: string };
}

/** The error of feeding `value` for x. */
function refusal(value: unknown): Refusal['error'] {
  try {
    checkFeeds({ x: value }, [X]);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected an error');
}

describe('checkFeeds', () => {
  it('reads tensors of onnxruntime-common and plain objects alike', () => {
    const data = new Float32Array([1, 2]);
    const read = { type: 'float32', dims: [1, 2], data };
    expect(checkFeeds({ x: new Tensor('float32', data, [1, 2]) }, [X])).toEqual({ x: read });
    const checked = checkFeeds({ x: like({ data }) }, [X]);
    expect(checked).toEqual({ x: read });
    // Not copied here.
    expect(checked['x']?.data).toBe(data);
  });

  it('ignores names that the model has not got', () => {
    expect(Object.keys(checkFeeds({ x: like(), y: 5 }, [X]))).toEqual(['x']);
  });

  it('reads each property once, since a getter may answer differently the next time', () => {
    const type = vi.fn(() => 'float32');
    const dims = vi.fn(() => [1, 2]);
    const data = vi.fn(() => new Float32Array(2));
    const tensor = Object.defineProperties(
      {},
      { type: { get: type }, dims: { get: dims }, data: { get: data } },
    );
    checkFeeds({ x: tensor }, [X]);
    for (const getter of [type, dims, data]) expect(getter).toHaveBeenCalledOnce();
  });

  it('takes any size where the shape is symbolic', () => {
    for (const batch of [0, 1, 1000]) {
      const tensor = like({ dims: [batch, 2], data: new Float32Array(2 * batch) });
      expect(checkFeeds({ x: tensor }, [X])['x']?.dims).toEqual([batch, 2]);
    }
  });

  it('takes a scalar', () => {
    const scalar = like({ dims: [], data: new Float32Array(1) });
    expect(checkFeeds({ x: scalar }, [{ ...X, shape: [] }])['x']?.dims).toEqual([]);
  });

  it.each<[Dtype, unknown, number]>([
    ['uint8', new Uint8ClampedArray(2), 2],
    ['float16', new Uint16Array(2), 2],
    ['bool', new Uint8Array(2), 2],
    ['int64', new BigInt64Array(2), 2],
    ['string', ['a', 'b'], 2],
    ['uint4', new Uint8Array(2), 3],
    ['int4', new Uint8Array(2), 4],
  ])('takes %s in its array', (type, data, count) => {
    expect(feed(type, { type, dims: [count], data })).toMatchObject({ type, dims: [count] });
  });

  it('takes a subclass of a typed array, such as Node’s Buffer', () => {
    const data = Buffer.from([1, 2]);
    expect(feed('uint8', { type: 'uint8', dims: [2], data })).toMatchObject({ data });
  });

  it.each(['cpu', undefined])('takes a tensor at location %s', (location) => {
    expect(() => checkFeeds({ x: like({ location }) }, [X])).not.toThrow();
  });

  it('names a missing input, and the unused feed that is near', () => {
    expect(() => checkFeeds({}, [X])).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: "input 'x' is missing in 'feeds'.",
      }),
    );
    expect(() => checkFeeds({ pixel: like() }, [{ ...X, name: 'pixels' }])).toThrow(
      `input 'pixels' is missing in 'feeds'. Did you mean "pixel"?`,
    );
  });

  it('suggests no name that is an input itself', () => {
    const inputs = [
      { ...X, name: 'a' },
      { ...X, name: 'b' },
    ];
    for (const feeds of [{ a: like() }, { a: like(), b: undefined }]) {
      expect(() => checkFeeds(feeds, inputs)).toThrow(/^input 'b' is missing in 'feeds'\.$/);
    }
  });

  it.each([
    ['null', null, 'Tensor must be an object.'],
    ['a number', 5, 'Tensor must be an object.'],
    ['an array', [1, 2], 'Tensor.dims must be an array.'],
    ['data without a tensor', new Float32Array(2), 'Tensor.dims must be an array.'],
    ['a type that is no text', like({ type: 1 }), 'Tensor.type must be a string.'],
    ['an unknown type', like({ type: 'float' }), 'Tensor.type is not supported: float'],
    ['dims that are no array', like({ dims: 2 }), 'Tensor.dims must be an array.'],
    ['dims in a typed array', like({ dims: new Int32Array(2) }), 'Tensor.dims must be an array.'],
    ['a size that is text', like({ dims: [1, '2'] }), 'Tensor.dims[1] is not a number.'],
    ['data in an array', like({ data: [1, 2] }), 'Tensor.data must be a typed array'],
    ['no data', like({ data: undefined }), 'Tensor.data must be a typed array'],
    [
      'data of another type',
      like({ data: new Int32Array(2) }),
      'Tensor.data must be a typed array (7) for float32 tensors, but got typed array (5).',
    ],
    ['a DataView', like({ data: new DataView(new ArrayBuffer(8)) }), 'must be a typed array for'],
    ['a location that is no text', like({ location: 1 }), 'Tensor.location must be a string.'],
    ['a tensor of a GPU', like({ location: 'gpu-buffer' }), 'Tensor.gpuBuffer must be an external'],
    ['pinned memory', like({ location: 'cpu-pinned' }), "Tensor.location must be 'gpu-buffer'"],
    [
      'strings elsewhere',
      like({ type: 'string', location: 'texture' }),
      "Tensor.location must be 'cpu' for string tensors.",
    ],
    [
      'texts that are numbers',
      like({ type: 'string', data: ['a', 1] }),
      'Tensor.data[1] must be a string.',
    ],
  ])('refuses %s as a TypeError that names the input', (_, value, message) => {
    const error = refusal(value);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_ENGINERY_INVALID_ARGUMENT');
    expect(error.message).toContain(message);
    expect(error.message).toContain("'x'");
  });

  it.each([
    ['a negative size', like({ dims: [1, -2] }), 'Tensor.dims[1] is invalid: -2'],
    ['a broken size', like({ dims: [1.5, 2] }), 'Tensor.dims[0] is invalid: 1.5'],
    ['NaN', like({ dims: [NaN, 2] }), 'Tensor.dims[0] is invalid: nan.'],
    ['2^32', like({ dims: [2 ** 32, 2] }), 'Tensor.dims[0] is invalid: 4.29497e+09.'],
    ['a disposed tensor', like({ location: 'none' }), 'Tensor.location is not supported.'],
  ])('refuses %s as a RangeError that names the input', (_, value, message) => {
    const error = refusal(value);
    expect(error).toBeInstanceOf(RangeError);
    expect(error.code).toBe('ERR_ENGINERY_OUT_OF_RANGE');
    expect(error.message).toContain(message);
    expect(error.message).toContain("'x'");
  });

  it('takes the first elements of data that are longer than the dims say', () => {
    const data = new Float32Array([1, 2, 3]);
    expect(checkFeeds({ x: like({ data }) }, [X])['x']?.data).toEqual(data.subarray(0, 2));
  });

  it.each([
    ['too little data', like({ data: new Float32Array(1) }), 'not enough space: expected 8, got 4'],
    [
      'more than 2^53-1 elements',
      like({ dims: [2 ** 31, 2 ** 31] }),
      'Calculation for Tensor storage size overflowed.',
    ],
    [
      'too few texts',
      like({ type: 'string', data: ['a'] }),
      "input array doesn't equal tensor size.",
    ],
  ])('refuses %s as a plain Error that names the input', (_, value, message) => {
    const error = refusal(value);
    expect(error.name).toBe('EngineryError');
    expect(error.code).toMatch(/^ERR_ENGINERY_(INVALID_ARGUMENT|OUT_OF_RANGE)$/);
    expect(error.message).toContain(message);
    expect(error.message).toContain("'x'");
  });

  it('refuses data whose buffer was detached', () => {
    const data = new Float32Array(2);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    expect(refusal(like({ data })).message).toContain('not enough space: expected 8, got 0 bytes');
  });

  it.each([
    [
      'another element type',
      like({ type: 'float64', data: new Float64Array(2) }),
      "Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float)) for 'x'",
    ],
    [
      'another rank',
      like({ dims: [2] }),
      'Invalid rank for input: x Got: 1 Expected: 2 Please fix either the inputs/outputs or the model.',
    ],
    [
      'another size',
      like({ dims: [2, 1] }),
      'Got invalid dimensions for input: x for the following indices\n index: 1 Got: 1 Expected: 2\n ' +
        'Please fix either the inputs/outputs or the model.',
    ],
  ])('refuses %s in ONNX Runtime’s words', (_, value, message) => {
    const error = refusal(value);
    expect(error).toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT', message });
    // A plain Error there.
    expect(error).not.toBeInstanceOf(TypeError);
  });
});

describe('readFetches', () => {
  it('keeps null, reads tensors, leaves out what is not wanted', () => {
    const outputs = [X, { ...X, name: 'y' }, { ...X, name: 'z' }];
    expect(readFetches({ x: null, y: like() }, outputs)).toEqual({ x: null, y: like() });
  });

  it.each([
    [
      like({ dims: [2, 1] }),
      'Got invalid dimensions for output: x for the following indices\n index: 1 Got: 1 Expected: 2',
    ],
    [
      like({ type: 'int32', data: new Int32Array(2) }),
      'Unexpected output data type. Actual: (tensor(int32)) , expected: (tensor(float))',
    ],
  ])('reads a tensor that does not fit the output, which is then refused', (value, message) => {
    const targets = readFetches({ x: value }, [X]);
    expect(() => {
      requireFit(targets, [X], 'output');
    }).toThrow(message);
  });
});
