/** The float model as passes see it: what is refused, ordered, moved and folded. */

import { describe, expect, test, vi } from 'vitest';

import {
  buildModel,
  buildTensor,
  buildValue,
  encodeModel,
  type ModelParts,
  type NodeParts,
  type TensorProto,
} from '../../../lib/onnx/index.js';
import { float32Values } from '../../../lib/quantize/graph/constants.js';
import { prepareModel } from '../../../lib/quantize/prepare.js';

const convParts = (input: string, output: string): NodeParts => ({
  type: 'Conv',
  inputs: [input, 'w'],
  outputs: [output],
  attributes: { kernel_shape: { ints: [1, 1] } },
});
const relu = (input: string, output: string): NodeParts => ({
  type: 'Relu',
  inputs: [input],
  outputs: [output],
});
/** Two channels: the first doubles the only input channel, the second negates it. */
const weight = buildTensor('w', 'float32', [2, 1, 1, 1], Float32Array.of(2, -1));

function model(nodes: readonly NodeParts[], parts: Partial<ModelParts> = {}): Uint8Array {
  return encodeModel(
    buildModel({
      irVersion: 8,
      opsets: { '': 17 },
      inputs: [buildValue('x', 'float32')],
      outputs: [buildValue('y', 'float32')],
      initializers: [weight],
      nodes,
      ...parts,
    }),
  );
}

const graphOf = (bytes: Uint8Array): NonNullable<ReturnType<typeof prepareModel>['graph']> => {
  const { graph } = prepareModel(bytes);
  if (graph === undefined) throw new Error('no graph');
  return graph;
};
const operators = (bytes: Uint8Array): string[] => graphOf(bytes).node.map(({ opType }) => opType);
const values = (tensors: readonly TensorProto[], name: string | undefined): number[] =>
  tensors
    .filter((tensor) => tensor.name === name)
    .flatMap((item) => Array.from(float32Values(item)));

describe('prepareModel refuses', () => {
  const refusal = (code: string): Error =>
    expect.objectContaining({ code: `ERR_ENGINERY_${code}` }) as Error;

  test('a model without a graph', () => {
    expect(() => prepareModel(new Uint8Array())).toThrow(refusal('MODEL_INVALID'));
  });

  test('opset 12, whose DequantizeLinear has no axis', () => {
    const old = model([convParts('x', 'y')], { opsets: { '': 12 } });
    expect(() => prepareModel(old)).toThrow(refusal('MODEL_UNSUPPORTED'));
  });

  test('constants in half precision', () => {
    const half = buildTensor('w', 'float16', [2, 1, 1, 1], Uint16Array.of(0x4000, 0xbc00));
    const bytes = model([convParts('x', 'y')], { initializers: [half] });
    expect(() => prepareModel(bytes)).toThrow(refusal('MODEL_UNSUPPORTED'));
  });
});

describe('prepareModel', () => {
  test('puts nodes behind what they read', () => {
    expect(operators(model([relu('c', 'y'), convParts('x', 'c')]))).toEqual(['Conv', 'Relu']);
  });

  test('leaves nodes that are in order where they are', () => {
    const nodes = [convParts('x', 'a'), relu('x', 'b'), relu('a', 'c')];
    const sum = { type: 'Add', inputs: ['c', 'b'], outputs: ['y'] };
    expect(operators(model([...nodes, sum]))).toEqual(['Conv', 'Relu', 'Relu', 'Add']);
  });

  test('takes constants out of nodes', () => {
    const constant = {
      type: 'Constant',
      inputs: [],
      outputs: ['k'],
      attributes: { value_floats: { floats: [1, 2] } },
    };
    const { node, initializer } = graphOf(
      model([constant, { type: 'Mul', inputs: ['x', 'k'], outputs: ['y'] }]),
    );
    expect(node.map(({ opType }) => opType)).toEqual(['Mul']);
    expect(values(initializer, 'k')).toEqual([1, 2]);
  });

  test('fixes constants that could be fed, with a warning', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const inputs = [buildValue('x', 'float32'), buildValue('w', 'float32')];
    const { input } = graphOf(model([convParts('x', 'y')], { inputs }));
    expect(input.map(({ name }) => name)).toEqual(['x']);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('w'), 'EngineryWarning');
    warn.mockRestore();
  });
});

describe('the mean over height and width', () => {
  const mean = (axes: readonly number[], keepdims: number): NodeParts => ({
    type: 'ReduceMean',
    inputs: ['c'],
    outputs: ['y'],
    attributes: { axes: { ints: axes }, keepdims: { int: keepdims } },
  });

  test.each([
    [[2, 3], 1, ['Conv', 'GlobalAveragePool']],
    [[-1, -2], 0, ['Conv', 'GlobalAveragePool', 'Flatten']],
    [[1], 1, ['Conv', 'ReduceMean']],
  ])('over axes %o with keepdims %d becomes %o', (axes, keepdims, expected) => {
    expect(operators(model([convParts('x', 'c'), mean(axes, keepdims)]))).toEqual(expected);
  });

  test('of a tensor of unknown rank stays', () => {
    expect(operators(model([relu('x', 'c'), mean([2, 3], 1)]))).toEqual(['Relu', 'ReduceMean']);
  });
});

describe('folding', () => {
  const norm: NodeParts = {
    type: 'BatchNormalization',
    inputs: ['c', 'gamma', 'beta', 'mean', 'var'],
    outputs: ['y'],
    attributes: { epsilon: { float: 0 } },
  };
  const vector = (name: string, ...numbers: number[]): TensorProto =>
    buildTensor(name, 'float32', [numbers.length], Float32Array.from(numbers));
  const statistics = [
    vector('gamma', 3, 1),
    vector('beta', 10, 20),
    vector('mean', 4, 0),
    vector('var', 4, 0.25),
  ];
  const initializers = [weight, ...statistics];

  test('puts BatchNormalization into weights and bias', () => {
    const graph = graphOf(model([convParts('x', 'c'), norm], { initializers }));
    const [conv] = graph.node;
    expect(graph.node.length).toBe(1);
    expect(conv?.output).toEqual(['y']);
    // gamma / sqrt(var) is 1.5 and 2; beta - mean * that is 4 and 20.
    expect(values(graph.initializer, conv?.input[1])).toEqual([3, -2]);
    expect(values(graph.initializer, conv?.input[2])).toEqual([4, 20]);
  });

  test('puts a factor and an addend by channel in, one after the other', () => {
    const nodes: NodeParts[] = [
      convParts('x', 'c'),
      { type: 'Mul', inputs: ['k', 'c'], outputs: ['m'] },
      { type: 'Add', inputs: ['m', 'k'], outputs: ['y'] },
    ];
    const byChannel = buildTensor('k', 'float32', [2, 1, 1], Float32Array.of(5, 7));
    const graph = graphOf(model(nodes, { initializers: [weight, byChannel] }));
    expect(values(graph.initializer, graph.node[0]?.input[1])).toEqual([10, -7]);
    expect(values(graph.initializer, graph.node[0]?.input[2])).toEqual([5, 7]);
    expect(graph.node.length).toBe(1);
  });

  test('leaves a convolution alone whose output something else reads', () => {
    const nodes = [convParts('x', 'c'), norm, relu('c', 'other')];
    const outputs = [buildValue('y', 'float32'), buildValue('other', 'float32')];
    expect(operators(model(nodes, { initializers, outputs }))).toEqual([
      'Conv',
      'BatchNormalization',
      'Relu',
    ]);
  });

  test('leaves a convolution alone whose output the model hands out', () => {
    const outputs = [buildValue('y', 'float32'), buildValue('c', 'float32')];
    expect(operators(model([convParts('x', 'c'), norm], { initializers, outputs }))).toContain(
      'BatchNormalization',
    );
  });

  test('gives a shared weight a copy', () => {
    const nodes = [convParts('x', 'c'), norm, convParts('x', 'z')];
    const outputs = [buildValue('y', 'float32'), buildValue('z', 'float32')];
    const graph = graphOf(model(nodes, { initializers, outputs }));
    const [folded, plain] = graph.node;
    expect(values(graph.initializer, folded?.input[1])).toEqual([3, -2]);
    expect(values(graph.initializer, plain?.input[1])).toEqual([2, -1]);
  });
});
