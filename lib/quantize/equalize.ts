/** Cross-layer equalization: evens out the channels between two layers; the function stays (quantization.md 4.5). */

import { type GraphProto, type ModelProto, NameAllocator, type NodeProto } from '../onnx/index.js';
import { dimsOf, float32Values, isFloat32, replaceConstant } from './graph/constants.js';
import { GraphIndex } from './graph/graph-index.js';
import { intAttribute } from './graph/node-attributes.js';
import { channelAbsMax, channelLayout, type ChannelLayout } from './scheme.js';

const MOST_SWEEPS = 30;
/** Sweeps end when no channel is scaled by more than this, as a logarithm. */
const CONVERGED = 1e-3;
/** Channels of weights below this are dead: a scale of theirs means nothing. */
const LEAST_RANGE = 1e-8;

/** f(k x) = k f(x) for k > 0, channel by channel: what a scale passes through. */
const HOMOGENEOUS: ReadonlySet<string> = new Set([
  'Relu',
  'LeakyRelu',
  'PRelu',
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
]);

/** Two layers of which the second alone reads what the first makes. */
interface LayerPair {
  readonly first: NodeProto;
  readonly second: NodeProto;
}

/** A weight while it is being scaled; its bias with it. */
interface ScaledWeight {
  readonly dims: readonly number[];
  readonly values: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly outputs: ChannelLayout | undefined;
  readonly inputs: ChannelLayout | undefined;
}

/** Equalizes all pairs of layers of a prepared model in place; returns how many pairs there are. */
export function equalizeLayers(model: ModelProto): number {
  const { graph } = model;
  if (graph === undefined) return 0;
  const index = new GraphIndex(graph);
  const weights = new Map<NodeProto, ScaledWeight>();
  const weightOf = (node: NodeProto): ScaledWeight | undefined => {
    const weight = weights.get(node) ?? scaledWeight(node, index);
    if (weight !== undefined) weights.set(node, weight);
    return weight;
  };
  const pairs = findPairs(graph, index).flatMap(({ first, second }) => {
    const [a, b] = [weightOf(first), weightOf(second)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let largest = 0;
    for (const [first, second] of pairs) largest = Math.max(largest, equalizePair(first, second));
    if (largest < CONVERGED) break;
  }
  const names = new NameAllocator(model);
  for (const [node, weight] of weights) storeWeight(graph, index, names, node, weight);
  return pairs.length;
}

function findPairs(graph: GraphProto, index: GraphIndex): readonly LayerPair[] {
  return graph.node.flatMap((first) => {
    const channels = outputLayout(first, index)?.channels;
    const second = channels === undefined ? undefined : nextLayer(first, index);
    if (second === undefined || inputLayout(second, index)?.channels !== channels) return [];
    // Scaling a weight that another node reads too would change that node.
    const isOwn = (node: NodeProto): boolean =>
      [node.input[1], node.input[2]].every(
        (name) => name === undefined || name === '' || index.onlyConsumer(name) === node,
      );
    return isOwn(first) && isOwn(second) ? [{ first, second }] : [];
  });
}

/** The layer that reads a layer's output through operators that a scale passes. */
function nextLayer(first: NodeProto, index: GraphIndex): NodeProto | undefined {
  let tensor = first.output[0];
  let isSpatial = first.opType === 'Conv';
  for (;;) {
    const next = index.onlyConsumer(tensor);
    if (next?.domain !== '' || next.input[0] !== tensor) return undefined;
    if (next.opType === 'Conv' || next.opType === 'Gemm') return next;
    if (next.opType === 'Flatten') {
      // Channels are columns afterwards only where each is one number.
      if (isSpatial || intAttribute(next, 'axis', 1) !== 1) return undefined;
    } else if (!HOMOGENEOUS.has(next.opType) || next.output.length > 1) {
      return undefined;
    }
    if (next.opType === 'GlobalAveragePool') isSpatial = false;
    tensor = next.output[0];
  }
}

/** A layer's weight by output channel; undefined for what is no layer here. */
function outputLayout(node: NodeProto, index: GraphIndex): ChannelLayout | undefined {
  const dims = weightDims(node, index);
  if (dims === undefined) return undefined;
  if (node.opType === 'Conv') return channelLayout(dims, 0);
  return channelLayout(dims, intAttribute(node, 'transB', 0) === 0 ? 1 : 0);
}

/** A layer's weight by input channel; undefined for grouped convolutions other than depthwise ones. */
function inputLayout(node: NodeProto, index: GraphIndex): ChannelLayout | undefined {
  const dims = weightDims(node, index);
  if (dims === undefined) return undefined;
  if (node.opType === 'Gemm') {
    return channelLayout(dims, intAttribute(node, 'transB', 0) === 0 ? 0 : 1);
  }
  const group = intAttribute(node, 'group', 1);
  if (group === 1) return channelLayout(dims, 1);
  // Depthwise: output channel c reads input channel c alone.
  return group === dims[0] && dims[1] === 1 ? channelLayout(dims, 0) : undefined;
}

function weightDims(node: NodeProto, index: GraphIndex): readonly number[] | undefined {
  if (node.domain !== '' || (node.opType !== 'Conv' && node.opType !== 'Gemm')) return undefined;
  const weight = index.constant(node.input[1]);
  if (!isFloat32(weight)) return undefined;
  const bias = index.constant(node.input[2]);
  // A bias that is computed, or is a matrix, cannot be scaled by channel.
  if ((node.input[2] ?? '') !== '' && (!isFloat32(bias) || bias.dims.length !== 1))
    return undefined;
  // transA would put the batch where the channels are.
  return intAttribute(node, 'transA', 0) === 0 ? dimsOf(weight) : undefined;
}

function scaledWeight(node: NodeProto, index: GraphIndex): ScaledWeight | undefined {
  const weight = index.constant(node.input[1]);
  if (!isFloat32(weight)) return undefined;
  const bias = index.constant(node.input[2]);
  return {
    dims: dimsOf(weight),
    values: Float64Array.from(float32Values(weight)),
    bias: isFloat32(bias) ? Float64Array.from(float32Values(bias)) : undefined,
    outputs: outputLayout(node, index),
    inputs: inputLayout(node, index),
  };
}

/** Gives both layers the same range in each channel; returns the largest scale, as a logarithm. */
function equalizePair(first: ScaledWeight, second: ScaledWeight): number {
  if (first.outputs === undefined || second.inputs === undefined) return 0;
  const firstRange = channelAbsMax(first.values, first.outputs);
  const secondRange = channelAbsMax(second.values, second.inputs);
  const factors = new Float64Array(firstRange.length).fill(1);
  let largest = 0;
  for (let c = 0; c < factors.length; c++) {
    const r1 = firstRange[c] ?? 0;
    const r2 = secondRange[c] ?? 0;
    if (r1 < LEAST_RANGE || r2 < LEAST_RANGE) continue;
    const factor = Math.sqrt(r1 * r2) / r2;
    factors[c] = factor;
    largest = Math.max(largest, Math.abs(Math.log(factor)));
  }
  const inverse = factors.map((factor) => 1 / factor);
  scaleChannels(first.values, first.outputs, inverse);
  if (first.bias !== undefined)
    scaleChannels(first.bias, channelLayout([first.bias.length], 0), inverse);
  scaleChannels(second.values, second.inputs, factors);
  return largest;
}

function scaleChannels(values: Float64Array, layout: ChannelLayout, factors: Float64Array): void {
  const { outer, channels, inner } = layout;
  let i = 0;
  for (let o = 0; o < outer; o++) {
    for (let channel = 0; channel < channels; channel++) {
      const factor = factors[channel] ?? 1;
      for (const end = i + inner; i < end; i++) values[i] = (values[i] ?? 0) * factor;
    }
  }
}

function storeWeight(
  graph: GraphProto,
  index: GraphIndex,
  names: NameAllocator,
  node: NodeProto,
  { dims, values, bias }: ScaledWeight,
): void {
  const replaced = (name: string, shape: readonly number[], content: Float64Array): string =>
    replaceConstant(graph, index, names, {
      name,
      dims: shape,
      values: Float32Array.from(content),
    });
  node.input[1] = replaced(node.input[1] ?? '', dims, values);
  if (bias !== undefined) node.input[2] = replaced(node.input[2] ?? '', [bias.length], bias);
}
