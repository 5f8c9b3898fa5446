/** The overloads of `InferenceSession.create`; same-surface.test.ts compares them with onnxruntime-node's. */

import { describe, expect, it } from 'vitest';

import { readCreateArguments } from '../../../lib/session/create-arguments.js';

/** Reads arguments as `create` gets them. */
function read(...args: readonly unknown[]): ReturnType<typeof readCreateArguments> {
  return readCreateArguments(args[0], args[1], args[2], args[3]);
}

const BYTES = [1, 2, 3, 4, 5, 6, 7, 8];
const options = { logId: 'x' };

function buffer(): ArrayBuffer {
  return new Uint8Array(BYTES).buffer;
}

function shared(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(BYTES.length);
  new Uint8Array(memory).set(BYTES);
  return memory;
}

describe('readCreateArguments', () => {
  it('reads a path with and without options', () => {
    expect(read('model.onnx')).toEqual({ model: 'model.onnx', options: {} });
    expect(read('model.onnx', options)).toEqual({ model: 'model.onnx', options });
  });

  it.each([
    ['a Uint8Array', [Uint8Array.from(BYTES)], BYTES],
    ['a Node Buffer', [Buffer.from(BYTES)], BYTES],
    ['a view of a part', [new Uint8Array(buffer(), 2, 3)], [3, 4, 5]],
    ['an ArrayBuffer', [buffer()], BYTES],
    ['a SharedArrayBuffer', [shared()], BYTES],
    ['an offset', [buffer(), 2], [3, 4, 5, 6, 7, 8]],
    ['an offset and a length', [buffer(), 2, 3], [3, 4, 5]],
    ['an offset and a length of shared memory', [shared(), 2, 3], [3, 4, 5]],
    ['a length up to the end', [buffer(), 0, 8], BYTES],
    ['an empty buffer', [new ArrayBuffer(0)], []],
  ])('reads %s', (_, args, bytes) => {
    const { model } = read(...args);
    expect(model).toBeInstanceOf(Uint8Array);
    expect(Array.from(model as Uint8Array)).toEqual(bytes);
  });

  it.each([
    ['a Uint8Array', [Uint8Array.from(BYTES), options]],
    ['an ArrayBuffer', [buffer(), options]],
    ['an offset and a length', [buffer(), 0, 8, options]],
    ['an offset alone', [buffer(), 0, undefined, options]],
  ])('takes options behind %s', (_, args) => {
    expect(read(...args).options).toBe(options);
  });

  it('copies at the call what the caller may change later', () => {
    const memory = shared();
    const view = Uint8Array.from(BYTES);
    const models = [read(memory).model, read(view).model, read(memory, 0, 8).model];
    new Uint8Array(memory).fill(0);
    view.fill(0);
    for (const model of models) expect(Array.from(model as Uint8Array)).toEqual(BYTES);
  });

  it('copies no more than the view shows', () => {
    const { model } = read(new Uint8Array(buffer(), 2, 3));
    expect((model as Uint8Array).buffer.byteLength).toBe(3);
  });

  it.each([
    ['nothing', [], "Unexpected argument[0]: must be 'path' or 'buffer'."],
    ['a number', [5], "Unexpected argument[0]: must be 'path' or 'buffer'."],
    ['null', [null], "Unexpected argument[0]: must be 'path' or 'buffer'."],
    [
      'another view',
      [new DataView(buffer())],
      "Unexpected argument[0]: must be 'path' or 'buffer'.",
    ],
    ['options that are null', ['m', null], "'options' must be an object."],
    ['options that are text', [buffer(), 'cpu'], "'options' must be an object."],
    ['options that are a number', [buffer(), 0, 8, 5], "'options' must be an object."],
    ['a length that is text', [buffer(), 0, '8'], "'byteLength' must be a number."],
  ])('refuses %s as a wrong type', (_, args, message) => {
    expect(() => read(...args)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT', message }),
    );
  });

  it.each([
    ['an offset of 1.5', [buffer(), 1.5], "'byteOffset' must be an integer."],
    ['an offset of -1', [buffer(), -1], "'byteOffset' is out of range [0, 8)."],
    ['an offset at the end', [buffer(), 8], "'byteOffset' is out of range [0, 8)."],
    ['an offset into nothing', [new ArrayBuffer(0), 0], "'byteOffset' is out of range [0, 0)."],
    ['a length of 1.5', [buffer(), 0, 1.5], "'byteLength' must be an integer."],
    ['a length of 0', [buffer(), 0, 0], "'byteLength' is out of range (0, 8]."],
    ['a length beyond the end', [buffer(), 2, 7], "'byteLength' is out of range (0, 6]."],
  ])('refuses %s as out of range', (_, args, message) => {
    expect(() => read(...args)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_OUT_OF_RANGE', message }),
    );
  });
});
