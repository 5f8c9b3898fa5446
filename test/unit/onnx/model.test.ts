/** Tests of models in memory: decoding, encoding, building. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  buildAttribute,
  buildGraph,
  buildTensor,
  buildValue,
  createModel,
  decodeModel,
  encodeModel,
} from '../../../lib/onnx/index.js';
import { modelPath } from '../../fixtures/models.js';
import { reluBytes } from '../../fixtures/onnx-models.js';

describe('decodeModel and encodeModel', () => {
  it('give back the bytes of a model written by ONNX itself', () => {
    const bytes = readFileSync(modelPath('digits/digits_cnn.onnx'));
    expect(Buffer.compare(encodeModel(decodeModel(bytes)), bytes)).toBe(0);
  });

  it('view the weights instead of copying them', () => {
    const bytes = readFileSync(modelPath('digits/digits_cnn.onnx'));
    const tensor = decodeModel(bytes).graph?.initializer[0];
    expect(tensor?.rawData.buffer).toBe(bytes.buffer);
  });

  it('keep fields that the schema does not know', () => {
    // Field 1000, a text.
    const unknown = Buffer.from([0xc2, 0x3e, 0x02, 0x68, 0x69]);
    const bytes = Buffer.concat([reluBytes(), unknown]);
    expect(Buffer.from(encodeModel(decodeModel(bytes))).subarray(-unknown.length)).toEqual(unknown);
  });

  it('start from an empty model', () => {
    expect(encodeModel(createModel())).toHaveLength(0);
  });
});

describe('buildAttribute', () => {
  it('writes each kind with its type', () => {
    const tensor = buildTensor('t', 'uint8', [1], new Uint8Array([7]));
    const graph = buildGraph({ outputs: [], nodes: [] });
    expect(buildAttribute('a', { int: 3 })).toMatchObject({ name: 'a', type: 2, i: 3n });
    expect(buildAttribute('a', { ints: [1, 2n] })).toMatchObject({ type: 7, ints: [1n, 2n] });
    expect(buildAttribute('a', { float: 0.5 })).toMatchObject({ type: 1, f: 0.5 });
    expect(buildAttribute('a', { floats: [0.5] })).toMatchObject({ type: 6, floats: [0.5] });
    expect(buildAttribute('a', { string: 'é' })).toMatchObject({ type: 3, s: Buffer.from('é') });
    expect(buildAttribute('a', { strings: ['b'] })).toMatchObject({
      type: 8,
      strings: [Buffer.from('b')],
    });
    expect(buildAttribute('a', { tensor })).toMatchObject({ type: 4, t: tensor });
    expect(buildAttribute('a', { graph })).toMatchObject({ type: 5, g: graph });
  });
});

describe('buildValue', () => {
  it('refuses an element type that ONNX does not have', () => {
    expect(() => buildValue('x', 'float', [1])).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }) as Error,
    );
  });
});
