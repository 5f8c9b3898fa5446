/** Tests of names for what a pass adds: nothing in the model, at any depth, has them. */

import { expect, it } from 'vitest';
import { buildGraph, buildTensor, NameAllocator } from '../../../lib/onnx/index.js';
import { reluModel, vector } from '../../fixtures/onnx-models.js';

it('gives names that no value, node or subgraph has, and each only once', () => {
  const graph = buildGraph({
    inputs: [vector('inner_in')],
    outputs: [vector('inner_out')],
    initializers: [buildTensor('inner_w', 'float32', [1], Float32Array.of(1))],
    nodes: [{ type: 'Relu', name: 'inner_node', inputs: ['inner_in'], outputs: ['inner_out'] }],
  });
  const names = new NameAllocator(
    reluModel({
      nodes: [
        { type: 'If', inputs: ['x'], outputs: ['y'], attributes: { then_branch: { graph } } },
      ],
    }),
  );
  for (const taken of ['x', 'y', 'inner_in', 'inner_out', 'inner_w', 'inner_node'])
    expect(names.unique(taken)).toBe(`${taken}_2`);
  expect([1, 2, 3].map(() => names.unique('free'))).toEqual(['free', 'free_2', 'free_3']);
  expect(names.unique('free_2')).toBe('free_2_2');
});
