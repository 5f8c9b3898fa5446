/** What the quantizer knows of operators (quantization.md section 3, "Per op"). */

import type { NodeProto } from '../onnx/index.js';
import { dimsOf, float32Values, isFloat32 } from './graph/constants.js';
import type { GraphIndex } from './graph/graph-index.js';
import { intAttribute } from './graph/node-attributes.js';
import type { ActivationPlan, WeightPlan } from './quantization-plan.js';
import type { Range } from './scheme.js';

/** Operators that only move values: their output is quantized as their input is. */
const PASS_THROUGH: ReadonlySet<string> = new Set([
  'MaxPool',
  'Flatten',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Split',
  'Gather',
  'Pad',
  'Resize',
]);

/** Readers that a rounding error could lead to another answer altogether. */
const SENSITIVE: ReadonlySet<string> = new Set([
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Equal',
  'ArgMax',
  'ArgMin',
  'TopK',
  'NonMaxSuppression',
  'NonZero',
]);

const FIXED_RANGES: ReadonlyMap<string, Range> = new Map([
  ['Softmax', { lo: 0, hi: 1 }],
  ['Sigmoid', { lo: 0, hi: 1 }],
  ['Tanh', { lo: -1, hi: 1 }],
]);

/** Functions of one value that gates are made of. */
const GATE_PARTS: ReadonlySet<string> = new Set([
  'Sigmoid',
  'HardSigmoid',
  'Tanh',
  'Softplus',
  'Erf',
  'Clip',
  'Relu',
  'Add',
  'Mul',
  'Div',
  'Sub',
]);

/** The weight of a node that multiplies by a constant, or undefined. `input[0]` is then its activation. */
export function weightOf(node: NodeProto, index: GraphIndex): WeightPlan | undefined {
  if (node.domain !== '') return undefined;
  const weight = index.constant(node.input[1]);
  const activation = node.input[0] ?? '';
  if (!isFloat32(weight) || activation === '' || index.constant(activation)) return undefined;
  const rank = weight.dims.length;
  const bias = (node.input[2] ?? '') === '' ? {} : { bias: 2 };
  switch (node.opType) {
    case 'Conv':
      return { input: 1, axis: 0, ...bias };
    case 'ConvTranspose':
      // Its channels are on axis 1 of each group: one axis cannot tell them apart.
      return { input: 1, axis: intAttribute(node, 'group', 1) === 1 ? 1 : undefined, ...bias };
    case 'Gemm':
      if (intAttribute(node, 'transA', 0) !== 0) return undefined;
      return { input: 1, axis: intAttribute(node, 'transB', 0) === 0 ? 1 : 0, ...bias };
    case 'MatMul':
      return rank === 2 ? { input: 1, axis: 1 } : undefined;
    default:
      return undefined;
  }
}

/** Does the node average over its input, so that its output has a range of its own? */
export function isAveragePool({ domain, opType }: NodeProto): boolean {
  return domain === '' && (opType === 'AveragePool' || opType === 'GlobalAveragePool');
}

/** Does the node only move the values of its first input? */
export function isPassThrough(node: NodeProto, index: GraphIndex): boolean {
  if (node.domain !== '' || !PASS_THROUGH.has(node.opType)) return false;
  switch (node.opType) {
    case 'MaxPool':
      return node.output.length === 1;
    case 'Resize': {
      const mode = node.attribute.find(({ name }) => name === 'mode');
      return mode === undefined || Buffer.from(mode.s).toString() === 'nearest';
    }
    case 'Pad': {
      const value = node.input[2] ?? '';
      if (value === '') return true;
      const constant = index.constant(value);
      return isFloat32(constant) && float32Values(constant).every((item) => item === 0);
    }
    default:
      return true;
  }
}

/** An activation function that runtimes fuse into what is before it. */
export function isFusedActivation(node: NodeProto, index: GraphIndex): boolean {
  if (node.domain !== '') return false;
  if (node.opType === 'Clip') return clipBounds(node, index) !== undefined;
  return node.opType === 'Relu' || node.opType === 'LeakyRelu';
}

/** The constant bounds of a Clip; undefined when one is computed. */
function clipBounds(node: NodeProto, index: GraphIndex): Range | undefined {
  const bound = (name: string | undefined, otherwise: number): number | undefined => {
    if (name === undefined || name === '') return otherwise;
    const tensor = index.constant(name);
    return isFloat32(tensor) ? float32Values(tensor)[0] : undefined;
  };
  const lo = bound(node.input[1], -Infinity);
  const hi = bound(node.input[2], Infinity);
  return lo === undefined || hi === undefined ? undefined : { lo, hi };
}

/** What is known of a tensor's range without calibration. */
export function activationPlanOf(tensor: string, index: GraphIndex): ActivationPlan {
  const producer = index.producer(tensor);
  if (producer?.domain !== '') return {};
  const fixed = FIXED_RANGES.get(producer.opType);
  if (fixed !== undefined) return { fixed };
  const bounds = producer.opType === 'Clip' ? clipBounds(producer, index) : undefined;
  return bounds === undefined ? {} : { bounds };
}

/** Does something compare, rank or select by the values of a tensor? */
export function hasSensitiveReader(tensor: string, index: GraphIndex): boolean {
  return index
    .consumers(tensor)
    .some(({ domain, opType }) => domain === '' && SENSITIVE.has(opType));
}

/** x * f(x), as SiLU and HardSwish are written: float, since neither operand is a layer of its own. */
export function isSelfGate(node: NodeProto, index: GraphIndex): boolean {
  const [a = '', b = ''] = node.input;
  return isGateOf(a, b, index, 0) || isGateOf(b, a, index, 0);
}

/** Longest chain from x to f(x) that is looked at: HardSwish has three nodes, GELU's tanh form eight. */
const GATE_DEPTH = 8;

function isGateOf(gate: string, tensor: string, index: GraphIndex, depth: number): boolean {
  if (gate === tensor) return depth > 0;
  const producer = index.producer(gate);
  if (depth === GATE_DEPTH || producer?.domain !== '' || !GATE_PARTS.has(producer.opType))
    return false;
  const variables = producer.input.filter((name) => name !== '' && !index.constant(name));
  const [only] = variables;
  return only !== undefined && variables.length === 1 && isGateOf(only, tensor, index, depth + 1);
}

/** Output channels, input channels and kernel sizes of a convolution's weight. */
export function convolutionShape(
  node: NodeProto,
  index: GraphIndex,
): {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: readonly number[];
  readonly group: number;
} {
  const weight = index.constant(node.input[1]);
  const [first = 0, second = 0, ...kernel] = weight === undefined ? [] : dimsOf(weight);
  const group = intAttribute(node, 'group', 1);
  return node.opType === 'Conv'
    ? { outputs: first, inputs: second * group, kernel, group }
    : { outputs: second * group, inputs: first, kernel, group };
}
