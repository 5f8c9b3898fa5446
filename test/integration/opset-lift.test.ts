/** Models of older operator sets give the same outputs on ONNX Runtime when they are lifted, and pass ONNX's checker. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildGraph,
  buildModel,
  buildTensor,
  buildValue,
  decodeModel,
  encodeModel,
  liftOpset,
  openModel,
  writeModel,
  type ModelParts,
  type ModelProto,
  type NodeParts,
} from '../../lib/onnx/index.js';
import { temporaryFolder } from '../fixtures/models.js';
import { onnxVerdicts } from '../fixtures/onnx-checker.js';
import { outputsOf, writeTrapModels } from '../fixtures/trap-models.js';
import { lackOfOnnxChecker } from '../requirements.js';

const ints = (...values: number[]) => ({ ints: values });
const text = (value: string) => ({ string: value });
const scales = (...values: number[]) =>
  buildTensor('scales', 'float32', [4], Float32Array.from(values));

interface Case {
  readonly opset: number;
  readonly nodes: readonly NodeParts[];
  readonly inputs?: readonly number[];
  readonly outputs?: readonly string[];
  /** Of each output; ONNX's checker wants it stated. Default: 4. */
  readonly ranks?: readonly number[];
  readonly parts?: Partial<ModelParts>;
}

/** One node from `x` to `y`. */
function single(
  opset: number,
  type: string,
  attributes: NodeParts['attributes'] = {},
  others: readonly string[] = [],
): Case {
  return { opset, nodes: [{ type, inputs: ['x', ...others], outputs: ['y'], attributes }] };
}

const CASES: Readonly<Record<string, Case>> = {
  'Clip with both bounds': single(10, 'Clip', { min: { float: -0.5 }, max: { float: 0.25 } }),
  'Clip without a lower bound': single(10, 'Clip', { max: { float: 0.25 } }),
  'Pad with a value': single(10, 'Pad', {
    pads: ints(0, 0, 1, 1, 0, 0, 2, 0),
    value: { float: 1.5 },
  }),
  'Resize that enlarges': {
    ...single(10, 'Resize', { mode: text('nearest') }, ['scales']),
    parts: { initializers: [scales(1, 1, 2.5, 2)] },
  },
  'Resize that reduces': {
    ...single(10, 'Resize', { mode: text('nearest') }, ['scales']),
    parts: { initializers: [scales(1, 1, 0.7, 0.5)] },
  },
  'Resize by lines': {
    ...single(10, 'Resize', { mode: text('linear') }, ['scales']),
    parts: { initializers: [scales(1, 1, 2, 1.5)] },
  },
  Scatter: {
    ...single(10, 'Scatter', { axis: { int: 1 } }, ['indices', 'updates']),
    parts: {
      initializers: [
        buildTensor('indices', 'int64', [1, 1, 1, 1], BigInt64Array.of(2n)),
        buildTensor('updates', 'float32', [1, 1, 1, 1], Float32Array.of(9)),
      ],
    },
  },
  Dropout: single(10, 'Dropout', { ratio: { float: 0.9 } }),
  Squeeze: { ...single(11, 'Squeeze', { axes: ints(0) }), ranks: [3] },
  'Squeeze of all': { ...single(11, 'Squeeze'), ranks: [3] },
  Unsqueeze: { ...single(11, 'Unsqueeze', { axes: ints(0, -1) }), ranks: [6] },
  'ReduceSum over axes': {
    ...single(11, 'ReduceSum', { axes: ints(1, -1), keepdims: { int: 0 } }),
    ranks: [2],
  },
  'ReduceSum over all': single(12, 'ReduceSum'),
  'ReduceMean over axes': single(12, 'ReduceMean', { axes: ints(2, 3) }),
  'ReduceL2 over axes': {
    ...single(17, 'ReduceL2', { axes: ints(2), keepdims: { int: 0 } }),
    ranks: [3],
  },
  'ReduceMax over all': { ...single(17, 'ReduceMax', { keepdims: { int: 0 } }), ranks: [0] },
  'Softmax by default': single(12, 'Softmax'),
  'Softmax over the last axis': single(12, 'Softmax', { axis: { int: 3 } }),
  'Softmax over the last axis, from the end': single(11, 'Softmax', { axis: { int: -1 } }),
  'Softmax over an inner axis': single(12, 'Softmax', { axis: { int: 2 } }),
  'LogSoftmax over all': single(11, 'LogSoftmax', { axis: { int: 0 } }),
  Hardmax: single(11, 'Hardmax', { axis: { int: 2 } }),
  'Softmax behind Flatten': {
    opset: 11,
    ranks: [2],
    nodes: [
      { type: 'Flatten', inputs: ['x'], outputs: ['flat'] },
      { type: 'Softmax', inputs: ['flat'], outputs: ['y'] },
    ],
  },
  'Split by sizes': {
    opset: 12,
    nodes: [
      {
        ...{ type: 'Split', inputs: ['x'], outputs: ['y', 'z'] },
        attributes: { axis: { int: 1 }, split: ints(1, 2) },
      },
    ],
    outputs: ['y', 'z'],
  },
  'Split into equal parts': {
    opset: 12,
    nodes: [
      {
        ...{ type: 'Split', inputs: ['x'], outputs: ['y', 'z'] },
        attributes: { axis: { int: 2 } },
      },
    ],
    outputs: ['y', 'z'],
  },
  BatchNormalization: {
    ...single(11, 'BatchNormalization', {}, ['s', 'b', 'm', 'v']),
    parts: {
      initializers: ['s', 'b', 'm', 'v'].map((name, i) =>
        buildTensor(name, 'float32', [3], Float32Array.of(1 + i, 2, 0.5)),
      ),
    },
  },
  RoiAlign: {
    ...single(12, 'RoiAlign', { output_height: { int: 2 }, output_width: { int: 2 } }, ['r', 'n']),
    parts: {
      initializers: [
        buildTensor('r', 'float32', [1, 4], Float32Array.of(0, 0, 3, 2)),
        buildTensor('n', 'int64', [1], BigInt64Array.of(0n)),
      ],
    },
  },
  GridSample: {
    ...single(16, 'GridSample', { mode: text('bicubic') }, ['grid']),
    parts: {
      initializers: [
        buildTensor('grid', 'float32', [1, 1, 2, 2], Float32Array.of(-0.5, 0.1, 0.7, 0.3)),
      ],
    },
  },
  DFT: { ...single(17, 'DFT', { axis: { int: 1 }, onesided: { int: 0 } }), inputs: [1, 4, 6, 1] },
  'Unsqueeze and Softmax in branches': {
    opset: 11,
    ranks: [5, 5],
    nodes: [
      { type: 'Unsqueeze', inputs: ['x'], outputs: ['y'], attributes: { axes: ints(0) } },
      {
        ...{ type: 'If', inputs: ['yes'], outputs: ['z'] },
        attributes: {
          then_branch: { graph: branch('then', 'Softmax') },
          else_branch: { graph: branch('else', 'Hardmax') },
        },
      },
    ],
    outputs: ['y', 'z'],
    parts: { initializers: [buildTensor('yes', 'bool', [], Uint8Array.of(1))] },
  },
};

function branch(name: string, type: string) {
  return buildGraph({
    name,
    outputs: [valueOfRank(`${name}_z`, 5)],
    nodes: [
      {
        ...{ type: 'Unsqueeze', inputs: ['x'], outputs: [`${name}_u`] },
        attributes: { axes: ints(1) },
      },
      {
        ...{ type, inputs: [`${name}_u`], outputs: [`${name}_z`] },
        attributes: { axis: { int: 2 } },
      },
    ],
  });
}

function valueOfRank(name: string, rank: number) {
  const shape = Array.from({ length: rank }, (_, axis) => `${name}_${axis}`);
  return buildValue(name, 'float32', shape);
}

function modelOf({
  opset,
  nodes,
  inputs = [1, 3, 4, 6],
  outputs = ['y'],
  ranks = [],
  parts,
}: Case): ModelProto {
  const model = buildModel({
    irVersion: 6,
    opsets: { '': opset },
    inputs: [buildValue('x', 'float32', inputs)],
    outputs: outputs.map((name, i) => valueOfRank(name, ranks[i] ?? 4)),
    nodes,
    ...parts,
  });
  // A copy: cases share the graphs of their branches, which a lift changes.
  return decodeModel(encodeModel(model));
}

/** Lifts the model of a case and writes both. */
function written(item: Case, target: number, folder: string): { before: string; after: string } {
  const [before, after] = ['before', 'after'].map((name) => join(folder, `${name}.onnx`)) as [
    string,
    string,
  ];
  const model = modelOf(item);
  writeFileSync(before, encodeModel(model));
  expect(liftOpset(model, target)).toBe(true);
  writeFileSync(after, encodeModel(model));
  return { before, after };
}

const below = (target: number): [string, Case][] =>
  Object.entries(CASES).filter(([, { opset }]) => opset < target);

describe.each([13, 19, 21])('liftOpset to %i', (target) => {
  it.each(below(target))('keeps the outputs of %s', async (_, item) => {
    const { before, after } = written(item, target, temporaryFolder());
    const expected = await outputsOf(before);
    const got = await outputsOf(after);
    for (const [name, values] of Object.entries(expected)) {
      expect(got[name]).toHaveLength(values.length);
      // One operator in two kernels: a few roundings of float32.
      for (const [i, value] of values.entries()) expect(got[name]?.[i]).toBeCloseTo(value, 5);
    }
  });

  it("passes ONNX's checker", (context) => {
    const lack = lackOfOnnxChecker();
    context.skip(lack !== undefined, lack);
    const names = below(target).map(([name]) => name);
    const paths = below(target).map(([, item]) => written(item, target, temporaryFolder()).after);
    expect(onnxVerdicts(paths).map((verdict, i) => `${names[i]}: ${verdict}`)).toEqual(
      names.map((name) => `${name}: ok`),
    );
  });
});

it('lifts a whole net of opset 11', async () => {
  const folder = temporaryFolder();
  writeTrapModels(folder);
  const source = join(folder, 'opset11.onnx');
  const { model } = await openModel(source);
  expect(liftOpset(model, 13)).toBe(true);
  const path = join(folder, 'lifted.onnx');
  await writeModel(path, model);
  expect(await outputsOf(path)).toEqual(await outputsOf(source));
});
