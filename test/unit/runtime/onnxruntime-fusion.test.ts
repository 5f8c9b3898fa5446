/** Model nodes find the layer that computes them; a profile becomes layers. */

import { describe, expect, it } from 'vitest';

import type { OnnxNode } from '../../../lib/onnx/index.js';
import { fusedNodes, type OptimizedNode } from '../../../lib/runtime/onnxruntime-fusion.js';
import { layersFrom } from '../../../lib/runtime/onnxruntime-inspection.js';
import { nodesFromProfile } from '../../../lib/runtime/onnxruntime-profile.js';

function node(
  name: string,
  type: string,
  inputs: string[],
  outputs: string[],
  domain = '',
): OnnxNode {
  return { name, type, inputs, outputs, domain };
}

/** Conv, BatchNormalization, Add of the input, Relu, Gemm without a name. */
const model = [
  node('conv', 'Conv', ['x', 'w'], ['c']),
  node('norm', 'BatchNormalization', ['c', 'g', 'b', 'm', 'v'], ['n']),
  node('add', 'Add', ['x', 'n'], ['a']),
  node('relu', 'Relu', ['a'], ['r']),
  node('', 'Gemm', ['r', 'k'], ['y']),
];

function layer(name: string, type: string, outputs: string[] = []): OptimizedNode {
  return { name, type, outputs };
}

describe('fusedNodes', () => {
  it('follows the names of values, which the optimizer keeps', () => {
    const layers = [layer('conv', 'FusedConv', ['r']), layer('', 'Gemm', ['y'])];
    expect(fusedNodes(layers, model)).toEqual([['norm', 'add', 'relu'], ['Gemm']]);
  });

  it('stops at values that another layer makes', () => {
    const layers = [
      layer('conv', 'Conv', ['n']),
      layer('add', 'Add', ['a']),
      layer('relu', 'Relu', ['r']),
    ];
    expect(fusedNodes(layers, model)).toEqual([['norm'], [], []]);
  });

  it('reads a blocked node back to its operation and forward over residual and activation', () => {
    const layers = [layer('n_nchwc', 'Conv', ['reorder_1']), layer('Gemm_9', 'Gemm', ['y'])];
    expect(fusedNodes(layers, model)).toEqual([['conv', 'norm', 'add', 'relu'], ['Gemm']]);
  });

  it('says nothing of names that are not the model’s', () => {
    expect(fusedNodes([layer('made up', 'Other')], model)).toEqual([[]]);
  });
});

describe('layersFrom', () => {
  const event = (name: string, type: string, index: number, dur: number): object => ({
    cat: 'Node',
    name: `${name}_kernel_time`,
    dur,
    args: { op_name: type, node_index: String(index), provider: 'CPUExecutionProvider' },
  });

  it('joins the optimized graph with the profile, nodes without a name by type and number', () => {
    const optimized = [
      node('conv', 'FusedConv', ['x'], ['r'], 'com.microsoft'),
      node('', 'Gemm', ['r'], ['y1']),
      node('', 'Gemm', ['y1'], ['y2']),
    ];
    const profile = JSON.stringify([
      { cat: 'Session', name: 'model_run', dur: 99 },
      event('conv', 'FusedConv', 3, 10),
      event('Gemm_7', 'Gemm', 7, 30),
      event('Gemm_5', 'Gemm', 5, 20),
      event('conv', 'FusedConv', 3, 1),
      { cat: 'Node', name: 'conv_fence_before', dur: 5, args: {} },
    ]);
    expect(layersFrom(optimized, nodesFromProfile(profile), model)).toMatchObject([
      {
        name: 'conv',
        kernel: 'CPUExecutionProvider com.microsoft',
        status: 'executed',
        timeUs: 11,
        fused: ['norm', 'add', 'relu'],
      },
      { name: 'Gemm_5', timeUs: 20 },
      { name: 'Gemm_7', timeUs: 30 },
    ]);
  });

  it('adds the nodes of subgraphs, which the graph does not list, and tells what did not run', () => {
    const profile = JSON.stringify([event('inside', 'Add', 0, 4)]);
    const layers = layersFrom([node('branch', 'If', ['x'], ['y'])], nodesFromProfile(profile), []);
    expect(layers).toEqual([
      { name: 'branch', type: 'If', kernel: '', status: 'not-run', fused: [] },
      {
        name: 'inside',
        type: 'Add',
        kernel: 'CPUExecutionProvider',
        status: 'executed',
        fused: [],
        timeUs: 4,
      },
    ]);
  });
});
