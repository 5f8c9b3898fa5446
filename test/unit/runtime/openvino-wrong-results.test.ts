/** The rules against what OpenVINO computes wrongly leave alone what it computes rightly; the integration tests run them. */

import { describe, expect, it } from 'vitest';

import * as onnx from '../../../lib/onnx/index.js';
import type { NodeParts, TensorProto, ValueInfoProto } from '../../../lib/onnx/index.js';
import { findWrongResult } from '../../../lib/runtime/openvino-wrong-results.js';
import { modelPath } from '../../fixtures/models.js';
import { localFunction } from '../../fixtures/onnx-models.js';
import { WRONG_CASES, wrongModel } from '../../fixtures/wrong-results.js';

const { buildGraph, buildModel, buildTensor, buildValue, encodeModel, readModelOutline } = onnx;

interface Parts {
  readonly opset?: number;
  readonly inputs?: readonly ValueInfoProto[];
  readonly initializers?: readonly TensorProto[];
}

async function ruleFor(
  nodes: readonly NodeParts[],
  parts: Parts = {},
): Promise<string | undefined> {
  const model = buildModel({
    irVersion: 8,
    opsets: { '': parts.opset ?? 17 },
    inputs: parts.inputs ?? [],
    initializers: parts.initializers ?? [],
    outputs: [],
    nodes,
  });
  const { operations } = await readModelOutline(encodeModel(model));
  return findWrongResult(operations)?.rule.name;
}

const reduceL1: NodeParts = {
  type: 'ReduceL1',
  inputs: ['x'],
  outputs: ['y'],
  attributes: { axes: { ints: [1] } },
};
const x = buildValue('x', 'float32', [2, 3]);

describe('findWrongResult', () => {
  it.each(Object.keys(WRONG_CASES))('finds %s', async (name) => {
    const { bytes } = wrongModel(
      onnx,
      WRONG_CASES[name] ?? { opset: 0, type: '', inputs: [], outputs: [] },
    );
    const found = findWrongResult((await readModelOutline(bytes)).operations);
    expect(found?.rule.name).toBe(name);
  });

  it.each([
    ['before the operator set', 12],
    ['after it', 18],
  ])('leaves an operator alone %s that it is computed wrongly in', async (_, opset) => {
    expect(await ruleFor([reduceL1], { opset, inputs: [x] })).toBeUndefined();
  });

  it('leaves an operator of another domain alone', async () => {
    const nodes = [{ ...reduceL1, domain: 'com.example' }];
    const model = buildModel({
      irVersion: 8,
      opsets: { '': 17, 'com.example': 13 },
      inputs: [x],
      outputs: [],
      nodes,
    });
    const { operations } = await readModelOutline(encodeModel(model));
    expect(findWrongResult(operations)).toBeUndefined();
  });

  it('looks into subgraphs', async () => {
    const branch = buildGraph({ outputs: [buildValue('y', 'float32')], nodes: [reduceL1] });
    const nodes = [
      {
        type: 'If',
        inputs: ['c'],
        outputs: ['z'],
        attributes: { then_branch: { graph: branch }, else_branch: { graph: branch } },
      },
    ];
    expect(await ruleFor(nodes, { inputs: [x, buildValue('c', 'bool', [])] })).toBe('reduce-axes');
  });

  it('looks into local functions', async () => {
    const model = buildModel({
      irVersion: 8,
      opsets: { '': 17, mine: 1 },
      inputs: [x],
      outputs: [],
      nodes: [{ type: 'Norm', domain: 'mine', inputs: ['x'], outputs: ['y'] }],
    });
    model.functions.push(localFunction('Norm', [{ ...reduceL1, inputs: ['a'], outputs: ['b'] }]));
    const { operations } = await readModelOutline(encodeModel(model));
    expect(findWrongResult(operations)?.rule.name).toBe('reduce-axes');
  });

  it('leaves the shape arithmetic of transformers on OpenVINO', async () => {
    const one = buildTensor('one', 'int64', [1], new BigInt64Array([1n]));
    const nodes = [
      { type: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { type: 'Gather', inputs: ['shape', 'one'], outputs: ['n'] },
      ...['Add', 'Sub', 'Mul', 'Div', 'Mod', 'Max'].map((type) => ({
        type,
        inputs: ['n', 'one'],
        outputs: [type],
      })),
      {
        type: 'Concat',
        inputs: ['Add', 'Mul'],
        outputs: ['sizes'],
        attributes: { axis: { int: 0 } },
      },
      { type: 'Expand', inputs: ['x', 'sizes'], outputs: ['y'] },
    ];
    expect(await ruleFor(nodes, { inputs: [x], initializers: [one] })).toBeUndefined();
  });

  it('leaves a network with constant scales and zero points on OpenVINO, odd ones too', async () => {
    const initializers = [
      buildTensor('scale', 'float32', [], new Float32Array([0.1])),
      buildTensor('zero', 'uint8', [], new Uint8Array([127])),
    ];
    const nodes = [
      { type: 'QuantizeLinear', inputs: ['x', 'scale', 'zero'], outputs: ['q'] },
      { type: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['d'] },
      { type: 'Add', inputs: ['d', 'd'], outputs: ['y'] },
    ];
    expect(await ruleFor(nodes, { inputs: [x], initializers })).toBeUndefined();
  });

  it.each([
    ['a stride that fits the window', [3, 3], [2, 2], [0, 0, 0, 0]],
    ['padding that fits the window too', [3, 3], [2, 2], [1, 1, 1, 1]],
  ])('leaves MaxPool with ceil_mode and %s on OpenVINO', async (_, kernel, strides, pads) => {
    const attributes = {
      ceil_mode: { int: 1 },
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
      pads: { ints: pads },
    };
    const image = buildValue('x', 'float32', [1, 1, 9, 9]);
    const node = { type: 'MaxPool', inputs: ['x'], outputs: ['y'], attributes };
    expect(await ruleFor([node], { inputs: [image] })).toBeUndefined();
  });

  it.each([
    ['constant repeats', { initializers: [buildTensor('n', 'int64', [4], new BigInt64Array(4))] }],
    [
      'three axes',
      { inputs: [buildValue('x', 'float32', [1, 2, 3]), buildValue('n', 'int64', [3])] },
    ],
    [
      'as many repeats as three axes have',
      { inputs: [buildValue('x', 'float32'), buildValue('n', 'int64', [3])] },
    ],
  ])('leaves Tile with %s on OpenVINO', async (_, parts: Parts) => {
    const node = { type: 'Tile', inputs: ['x', 'n'], outputs: ['y'] };
    const inputs = parts.inputs ?? [buildValue('x', 'float32', [1, 1, 1, 1])];
    expect(await ruleFor([node], { ...parts, inputs })).toBeUndefined();
  });

  it.each([
    ['TopK of floats', { type: 'TopK', inputs: ['x', 'k'], outputs: ['values', 'indices'] }],
    [
      'TopK whose indices nobody asks for',
      { type: 'TopK', inputs: ['k', 'k'], outputs: ['values'] },
    ],
  ])('leaves %s on OpenVINO', async (_, node) => {
    expect(await ruleFor([node], { inputs: [x, buildValue('k', 'int64', [1])] })).toBeUndefined();
  });

  it.each(['digits/digits_cnn.onnx', 'small/slow.onnx', 'small/dynamic.onnx'])(
    'leaves %s on OpenVINO',
    async (name) => {
      const { operations } = await readModelOutline(modelPath(name));
      expect(findWrongResult(operations)).toBeUndefined();
    },
  );
});
