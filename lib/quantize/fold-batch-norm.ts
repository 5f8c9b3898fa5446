/** Folds what scales and shifts the channels of a convolution into its weights: BatchNormalization, Mul, Add. */

import {
  buildTensor,
  type GraphProto,
  type ModelProto,
  NameAllocator,
  type NodeProto,
} from '../onnx/index.js';
import {
  dimsOf,
  dropUnusedConstants,
  float32Values,
  isFloat32,
  replaceConstant,
} from './graph/constants.js';
import { GraphIndex } from './graph/graph-index.js';
import { floatAttribute, intAttribute } from './graph/node-attributes.js';

/** y = factor * x + offset, by channel. */
interface Affine {
  readonly factor: Float64Array;
  readonly offset: Float64Array;
}

/**
 * Folds as long as there is something to fold. Only where the convolution's output has no other reader: others would
 * see scaled values. The value that the folded node made keeps its name.
 */
export function foldBatchNorm(model: ModelProto, graph: GraphProto): void {
  const names = new NameAllocator(model);
  for (const conv of [...graph.node]) {
    if (conv.opType !== 'Conv' && conv.opType !== 'ConvTranspose') continue;
    while (foldNext(graph, names, conv));
  }
  dropUnusedConstants(graph, new GraphIndex(graph));
}

function foldNext(graph: GraphProto, names: NameAllocator, conv: NodeProto): boolean {
  const index = new GraphIndex(graph);
  const weight = index.constant(conv.input[1]);
  const next = index.onlyConsumer(conv.output[0]);
  if (next === undefined || !isFloat32(weight)) return false;
  const bias = index.constant(conv.input[2]);
  const hasBias = (conv.input[2] ?? '') !== '';
  if (hasBias && !isFloat32(bias)) return false;
  const group = intAttribute(conv, 'group', 1);
  const dims = dimsOf(weight);
  const channels = conv.opType === 'Conv' ? (dims[0] ?? 0) : (dims[1] ?? 0) * group;
  const affine = affineOf(next, conv, index, channels, dims.length);
  if (affine === undefined) return false;

  const values = float32Values(weight);
  scaleChannels(values, dims, conv.opType === 'Conv' ? undefined : group, affine.factor);
  const shifts = isFloat32(bias) ? float32Values(bias) : new Float32Array(channels);
  for (let c = 0; c < channels; c++)
    shifts[c] = (shifts[c] ?? 0) * (affine.factor[c] ?? 1) + (affine.offset[c] ?? 0);
  conv.input[1] = replaceConstant(graph, index, names, { name: weight.name, dims, values });
  if (isFloat32(bias)) {
    const constant = { name: bias.name, dims: [channels], values: shifts };
    conv.input[2] = replaceConstant(graph, index, names, constant);
  } else {
    const name = names.unique(`${weight.name}_bias`);
    graph.initializer.push(buildTensor(name, 'float32', [channels], shifts));
    conv.input[2] = name;
  }
  conv.output = [...next.output.slice(0, 1)];
  graph.node = graph.node.filter((node) => node !== next);
  return true;
}

/** What a node does to the channels of its input, or undefined when it is not foldable. */
function affineOf(
  node: NodeProto,
  conv: NodeProto,
  index: GraphIndex,
  channels: number,
  rank: number,
): Affine | undefined {
  if (node.domain !== '') return undefined;
  if (node.opType === 'BatchNormalization') return batchNormAffine(node, index, channels);
  if (node.opType !== 'Mul' && node.opType !== 'Add') return undefined;
  const other = node.input[0] === conv.output[0] ? node.input[1] : node.input[0];
  const values = channelConstant(index, other, channels, rank);
  if (values === undefined) return undefined;
  return node.opType === 'Mul'
    ? { factor: values, offset: new Float64Array(channels) }
    : { factor: new Float64Array(channels).fill(1), offset: values };
}

function batchNormAffine(node: NodeProto, index: GraphIndex, channels: number): Affine | undefined {
  // In training mode the statistics come from the batch; older opsets mark it by further outputs.
  if (intAttribute(node, 'training_mode', 0) !== 0 || node.output.length > 1) return undefined;
  const parts = node.input.slice(1, 5).map((name) => index.constant(name));
  if (parts.length < 4 || !parts.every(isFloat32)) return undefined;
  const [scale, shift, mean, variance] = parts.map(float32Values);
  if (scale?.length !== channels || !shift || !mean || !variance) return undefined;
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  const factor = Float64Array.from(scale, (g, c) => g / Math.sqrt((variance[c] ?? 0) + epsilon));
  const offset = Float64Array.from(shift, (b, c) => b - (mean[c] ?? 0) * (factor[c] ?? 0));
  return { factor, offset };
}

/** A constant of one number per channel, shaped [C, 1, ...] or [1, C, 1, ...]. */
function channelConstant(
  index: GraphIndex,
  name: string | undefined,
  channels: number,
  rank: number,
): Float64Array | undefined {
  const tensor = index.constant(name);
  if (!isFloat32(tensor)) return undefined;
  const dims = dimsOf(tensor);
  // Broadcasting aligns the last axes: the channel axis has rank - 2 axes behind it.
  const axis = dims.length - (rank - 1);
  if (dims.length > rank || axis < 0 || dims[axis] !== channels) return undefined;
  if (dims.some((dim, i) => i !== axis && dim !== 1)) return undefined;
  return Float64Array.from(float32Values(tensor));
}

/** Multiplies the weights of each output channel. A ConvTranspose keeps them on axis 1, per group (`group` given). */
function scaleChannels(
  values: Float32Array,
  dims: readonly number[],
  group: number | undefined,
  factor: Float64Array,
): void {
  const [first = 1, second = 1, ...rest] = dims;
  const kernel = rest.reduce((product, dim) => product * dim, 1);
  for (let i = 0; i < first; i++) {
    for (let j = 0; j < second; j++) {
      const channel = group === undefined ? i : Math.floor((i * group) / first) * second + j;
      const by = factor[channel] ?? 1;
      for (let k = 0; k < kernel; k++) {
        const at = (i * second + j) * kernel + k;
        values[at] = (values[at] ?? 0) * by;
      }
    }
  }
}
