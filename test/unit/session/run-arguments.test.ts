/** The overloads of `run`; same-surface.test.ts compares them with onnxruntime-node's. */

import { describe, expect, it } from 'vitest';

import { readRunArguments, type RunArguments } from '../../../lib/session/run-arguments.js';
import { Tensor } from '../../../lib/tensor/index.js';

const OUTPUTS = ['sum', 'difference'];
const ALL = Object.freeze({ sum: null, difference: null });
const feeds = { x: new Tensor('float32', [1], [1]) };
const options = { tag: 't' };
const tensor = new Tensor('float32', [1], [1]);

/** Reads the arguments of a run of a model with two outputs. */
function read(...args: readonly unknown[]): RunArguments {
  return readRunArguments(args[0], args[1], args[2], OUTPUTS, ALL);
}

describe('readRunArguments', () => {
  it('wants every output when none is named', () => {
    const read1 = read(feeds);
    expect(read1).toEqual({ feeds, fetches: ALL, options: {} });
    // By identity the session knows that there is nothing to check.
    expect(read1.fetches).toBe(ALL);
    expect(read1.feeds).toBe(feeds);
  });

  it('takes an object without outputs for options', () => {
    expect(read(feeds, options)).toEqual({ feeds, fetches: ALL, options });
    expect(read(feeds, {})).toEqual({ feeds, fetches: ALL, options: {} });
  });

  it('reads names, with and without options', () => {
    expect(read(feeds, ['sum'])).toEqual({ feeds, fetches: { sum: null }, options: {} });
    expect(read(feeds, ['difference', 'sum'], options)).toEqual({ feeds, fetches: ALL, options });
    expect(read(feeds, ['sum', 'sum']).fetches).toEqual({ sum: null });
  });

  it('reads an object of null and tensors, with and without options', () => {
    expect(read(feeds, { sum: null }, options)).toEqual({ feeds, fetches: { sum: null }, options });
    const { fetches } = read(feeds, { sum: tensor, difference: null });
    expect(Object.keys(fetches)).toEqual(['sum', 'difference']);
    expect(fetches['sum']).toBe(tensor);
  });

  it('takes a tensor of another copy of the package by its structure', () => {
    const plain = { type: 'float32', dims: [1], data: new Float32Array(1) };
    expect(read(feeds, { sum: plain }).fetches).toEqual({ sum: plain });
  });

  it('leaves out of an object of fetches what is no tensor of an output', () => {
    const given = { sum: null, difference: 'x', other: null };
    expect(read(feeds, given).fetches).toEqual({ sum: null });
  });

  it('takes an object whose outputs hold no tensors for options', () => {
    const given = { sum: 'x', difference: undefined };
    expect(read(feeds, given)).toEqual({ feeds, fetches: ALL, options: given });
  });

  it('does not look for outputs in the prototype', () => {
    const given = Object.create({ sum: null }) as object;
    expect(read(feeds, given).fetches).toBe(ALL);
  });

  it.each([undefined, null, 5, 'x', [tensor], tensor])('refuses %o as feeds', (value) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message:
          "'feeds' must be an object that use input names as keys and OnnxValue as corresponding values.",
      }),
    );
  });

  it.each([
    ['a number', [5], "Unexpected argument[1]: must be 'fetches' or 'options'."],
    ['text', ['sum'], "Unexpected argument[1]: must be 'fetches' or 'options'."],
    ['null', [null], 'Unexpected argument[1]: cannot be null.'],
    ['a tensor', [tensor], "'fetches' cannot be a Tensor"],
    ['no names', [[]], "'fetches' cannot be an empty array."],
    ['names that are no text', [[5]], "'fetches' must be a string array or an object."],
    ['options that are null', [['sum'], null], "'options' must be an object."],
    ['options that are a number', [{ sum: null }, 5], "'options' must be an object."],
  ])('refuses %s as a wrong type', (_, args, message) => {
    expect(() => read(feeds, ...args)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT', message }),
    );
  });

  it('refuses the name of an output that the model has not got', () => {
    expect(() => read(feeds, ['sum', 'product'])).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
        message: "'fetches' contains invalid output name: product.",
      }),
    );
  });
});
