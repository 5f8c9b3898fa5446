/** The preset for TensorRT: inputs of layers only, symmetric int8 (quantization.md sections 2 and 3). */

import type { GraphProto, NodeProto } from '../../onnx/index.js';
import { dimsOf } from '../graph/constants.js';
import type { GraphIndex } from '../graph/graph-index.js';
import {
  activationPlanOf,
  convolutionShape,
  hasSensitiveReader,
  isAveragePool,
  weightOf,
} from '../operators.js';
import { QuantizationPlan } from '../quantization-plan.js';

/** Channels below which TensorRT's int8 convolution does not pay. */
const FEW_CHANNELS = 16;
/** Channels come in packs of this many. */
const CHANNEL_PACK = 8;

/** Plans a graph whose nodes stand in order; `hasRange` tells of which tensors the range is known. */
export function planForTensorrt(
  graph: GraphProto,
  index: GraphIndex,
  hasRange: (tensor: string) => boolean,
): QuantizationPlan {
  const plan = new QuantizationPlan();
  const inputs = new Set(graph.input.map(({ name }) => name));
  const canQuantize = (tensor: string): boolean =>
    index.constant(tensor) === undefined && !hasSensitiveReader(tensor, index) && hasRange(tensor);
  const read = (node: NodeProto, tensor: string): void => {
    plan.read(node, tensor, activationPlanOf(tensor, index));
  };

  for (const node of graph.node) {
    const [input = ''] = node.input;
    const weight = weightOf(node, index);
    if (weight !== undefined) {
      if (!canQuantize(input) || !isWorthwhile(node, index, inputs.has(input))) continue;
      plan.weights.set(node, weight);
      read(node, input);
    } else if (isAveragePool(node) && canQuantize(input)) {
      read(node, input);
    }
  }
  const depths = layerDepths(graph, index);
  for (const node of graph.node) {
    const skip = residualSkip(node, index, depths);
    if (skip !== undefined && canQuantize(skip)) read(node, skip);
  }
  for (const node of graph.node) {
    if (node.domain !== '' || node.opType !== 'Concat') continue;
    const [output = ''] = node.output;
    if (!plan.activations.has(output)) continue;
    const quantized = node.input.filter((name) => plan.activations.has(name));
    plan.rangeGroups.push([output, ...quantized]);
  }
  return plan;
}

/** The exclusions of NVIDIA's own ONNX quantizer. */
function isWorthwhile(node: NodeProto, index: GraphIndex, isFirst: boolean): boolean {
  if (node.opType === 'Gemm' || node.opType === 'MatMul') {
    const weight = index.constant(node.input[1]);
    const axis = weightOf(node, index)?.axis;
    // A product with one column is memory traffic, not arithmetic.
    return weight !== undefined && axis !== undefined && dimsOf(weight)[axis] !== 1;
  }
  const { inputs, outputs, kernel, group } = convolutionShape(node, index);
  if (inputs >= FEW_CHANNELS && outputs >= FEW_CHANNELS) return true;
  if (group > 1) return outputs % CHANNEL_PACK === 0 && kernel.every((size) => size >= 3);
  return (
    (inputs % CHANNEL_PACK === 0 || outputs % CHANNEL_PACK === 0) &&
    (inputs >= FEW_CHANNELS || outputs >= FEW_CHANNELS || isFirst) &&
    kernel.every((size) => size === kernel[0])
  );
}

/** How many weighted layers lead to each tensor, on the longest way. */
function layerDepths(graph: GraphProto, index: GraphIndex): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  for (const node of graph.node) {
    let depth = 0;
    for (const input of node.input) depth = Math.max(depth, depths.get(input) ?? 0);
    if (weightOf(node, index) !== undefined) depth++;
    for (const output of node.output) depths.set(output, depth);
  }
  return depths;
}

/**
 * The operand of a residual Add that is to be quantized: not the one whose convolution TensorRT fuses the Add into,
 * which is the convolution on the longer path.
 */
function residualSkip(
  node: NodeProto,
  index: GraphIndex,
  depths: ReadonlyMap<string, number>,
): string | undefined {
  const [a, b] = node.input;
  if (node.domain !== '' || node.opType !== 'Add' || a === undefined || b === undefined)
    return undefined;
  if (index.constant(a) || index.constant(b)) return undefined;
  const isBackbone = (tensor: string): boolean => {
    const producer = index.producer(tensor);
    return producer?.opType === 'Conv' && index.onlyConsumer(tensor) === node;
  };
  if (isBackbone(a) && isBackbone(b)) return (depths.get(a) ?? 0) >= (depths.get(b) ?? 0) ? b : a;
  if (isBackbone(a)) return b;
  return isBackbone(b) ? a : undefined;
}
