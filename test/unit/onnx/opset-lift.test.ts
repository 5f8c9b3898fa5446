/** Tests of the opset lift that need no runtime: what it leaves, what it refuses, and how little it adds. */

import { describe, expect, it } from 'vitest';
import {
  buildTensor,
  encodeModel,
  liftOpset,
  opsetVersion,
  type ModelParts,
  type ModelProto,
} from '../../../lib/onnx/index.js';
import { localFunction, reluModel } from '../../fixtures/onnx-models.js';

function modelOf(opset: number, parts: Partial<ModelParts> = {}): ModelProto {
  return reluModel({ irVersion: 5, opsets: { '': opset }, ...parts });
}

function refusal(code: string, text: string): Error {
  return expect.objectContaining({
    code: `ERR_ENGINERY_${code}`,
    message: expect.stringContaining(text) as string,
  }) as Error;
}

const softmax = { type: 'Softmax', inputs: ['x'], outputs: ['y'] };

describe('liftOpset', () => {
  it('leaves a model alone that is new enough', () => {
    const model = modelOf(17);
    const before = encodeModel(model);
    expect(liftOpset(model, 13)).toBe(false);
    expect(encodeModel(model)).toEqual(before);
  });

  it('states the new version and the IR version that belongs to it', () => {
    const model = modelOf(11);
    expect(liftOpset(model, 21)).toBe(true);
    expect(opsetVersion(model)).toBe(21);
    expect(model.irVersion).toBe(10n);
  });

  it('refuses versions below 10', () => {
    expect(() => liftOpset(modelOf(9), 13)).toThrow(refusal('MODEL_UNSUPPORTED', 'got 9'));
  });

  it('refuses a version that it has no rules for', () => {
    expect(() => liftOpset(modelOf(11), 22)).toThrow(refusal('INVALID_ARGUMENT', 'up to 21'));
  });

  it('refuses local functions, which have operator sets of their own', () => {
    const model = modelOf(11);
    model.functions.push(localFunction('f', [{ type: 'Relu', inputs: ['a'], outputs: ['b'] }]));
    expect(() => liftOpset(model, 13)).toThrow(refusal('MODEL_UNSUPPORTED', 'local functions'));
  });

  it.each<[string, number, number, Partial<ModelParts>]>([
    [
      'scales that nobody knows',
      10,
      13,
      { nodes: [{ type: 'Resize', inputs: ['x', 'x'], outputs: ['y'] }] },
    ],
    [
      'a way to place pixels that was given up',
      11,
      13,
      {
        nodes: [
          {
            ...{ type: 'Resize', inputs: ['x', '', 's'], outputs: ['y'] },
            attributes: { coordinate_transformation_mode: { string: 'tf_half_pixel_for_nn' } },
          },
        ],
        initializers: [buildTensor('s', 'float32', [1], Float32Array.of(2))],
      },
    ],
    [
      'BatchNormalization in training',
      13,
      14,
      { nodes: [{ type: 'BatchNormalization', inputs: ['x'], outputs: ['y', 'mean'] }] },
    ],
    [
      'GroupNormalization of the old kind',
      18,
      21,
      { nodes: [{ type: 'GroupNormalization', inputs: ['x'], outputs: ['y'] }] },
    ],
  ])('refuses %s', (_, from, target, parts) => {
    expect(() => liftOpset(modelOf(from, parts), target)).toThrow(
      refusal('MODEL_UNSUPPORTED', 'to raise its operator set version'),
    );
  });

  it('needs no Reshape around Softmax where the rank is known', () => {
    const model = modelOf(12, { nodes: [softmax] });
    liftOpset(model, 13, { rankOf: (name) => (name === 'x' ? 2 : undefined) });
    expect(model.graph?.node.map(({ opType }) => opType)).toEqual(['Softmax']);
  });

  it('gives Softmax its rows and its shape back where the rank is not known', () => {
    const model = modelOf(12, { nodes: [softmax] });
    liftOpset(model, 13);
    expect(model.graph?.node.map(({ opType }) => opType)).toEqual([
      'Shape',
      'Flatten',
      'Softmax',
      'Reshape',
    ]);
  });

  it('leaves operators of other sets alone', () => {
    const model = modelOf(11, { nodes: [{ ...softmax, domain: 'com.example' }] });
    liftOpset(model, 13);
    expect(model.graph?.node.map(({ opType }) => opType)).toEqual(['Softmax']);
  });
});
