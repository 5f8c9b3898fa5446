/** Weights as int8 with a DequantizeLinear, biases as int32 with one. */

import {
  buildNode,
  buildTensor,
  type GraphProto,
  type NameAllocator,
  type NodeProto,
  type TensorProto,
} from '../onnx/index.js';
import { dimsOf, float32Values, isFloat32 } from './graph/constants.js';
import type { GraphIndex } from './graph/graph-index.js';
import { floatAttribute, setAttribute } from './graph/node-attributes.js';
import type { WeightPlan } from './quantization-plan.js';
import { roundHalfEven } from './rounding.js';
import { channelLayout, quantizeWeights, weightScales } from './scheme.js';

const INT32_MAX = 2 ** 31 - 1;

/** A weight in its quantized form, for the nodes that can share it. */
interface QuantizedWeight {
  readonly dequantized: string;
  readonly scales: Float32Array;
}

export interface WeightOptions {
  /** One scale per output channel, or one per tensor. */
  readonly isPerChannel: boolean;
  /** Int32 biases. Where they stay float, their scales are kept possible: ONNX Runtime quantizes them by itself. */
  readonly quantizesBias: boolean;
}

export class WeightQuantizer {
  readonly #graph: GraphProto;
  readonly #index: GraphIndex;
  readonly #names: NameAllocator;
  readonly #nodes: NodeProto[];
  readonly #options: WeightOptions;
  readonly #shared = new Map<string, QuantizedWeight>();

  /** DequantizeLinear nodes are added to `nodes`, constants to `graph`. */
  constructor(
    graph: GraphProto,
    index: GraphIndex,
    names: NameAllocator,
    nodes: NodeProto[],
    options: WeightOptions,
  ) {
    this.#graph = graph;
    this.#index = index;
    this.#names = names;
    this.#nodes = nodes;
    this.#options = options;
  }

  /** Makes `node` read its weight, and where that is asked for its bias, in quantized form. */
  quantize(
    node: NodeProto,
    plan: WeightPlan,
    activationScale: number,
    biasShift?: Float64Array,
  ): void {
    const weight = this.#index.constant(node.input[plan.input]);
    if (!isFloat32(weight)) return;
    const { alpha, beta } = foldableFactors(node);
    const axis = this.#options.isPerChannel ? plan.axis : undefined;
    const bias = plan.bias === undefined ? undefined : this.#bias(node, plan.bias);
    const values = float32Values(weight);
    if (alpha !== 1) for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * alpha;
    const layout = channelLayout(dimsOf(weight), axis);
    const scales = weightScales(values, layout);
    const biasValues =
      bias &&
      Float64Array.from(float32Values(bias), (value, i) => value * beta + (biasShift?.[i] ?? 0));
    const isRaised = biasValues !== undefined && raiseForBias(scales, biasValues, activationScale);

    // Raised scales belong to this node's bias; the others depend on the weight alone.
    const key = JSON.stringify([weight.name, axis, alpha]);
    const shared = isRaised ? undefined : this.#shared.get(key);
    const quantized = shared ?? {
      dequantized: this.#addWeight(weight, axis, quantizeWeights(values, layout, scales), scales),
      scales,
    };
    if (!isRaised) this.#shared.set(key, quantized);
    node.input[plan.input] = quantized.dequantized;
    if (alpha !== 1) setFactor(node, 'alpha');
    if (bias === undefined || biasValues === undefined || plan.bias === undefined) return;
    if (!this.#options.quantizesBias) {
      if (biasShift === undefined) return;
      node.input[plan.bias] = this.#addFloatBias(bias, biasValues);
      if (beta !== 1) setFactor(node, 'beta');
      return;
    }
    node.input[plan.bias] = this.#addBias(bias, biasValues, scales, activationScale);
    if (beta !== 1) setFactor(node, 'beta');
  }

  /** A bias with one number per output channel; others (a Gemm can add a matrix) stay float. */
  #bias(node: NodeProto, input: number): TensorProto | undefined {
    const bias = this.#index.constant(node.input[input]);
    if (!isFloat32(bias)) return undefined;
    const dims = dimsOf(bias);
    const isRow = dims.length > 0 && dims.slice(0, -1).every((dim) => dim === 1);
    const channels = this.#outputChannels(node);
    return isRow && dims.at(-1) === channels ? bias : undefined;
  }

  #outputChannels(node: NodeProto): number | undefined {
    const weight = this.#index.constant(node.input[1]);
    const dims = weight === undefined ? [] : dimsOf(weight);
    if (node.opType === 'Conv') return dims[0];
    if (node.opType === 'ConvTranspose')
      return (dims[1] ?? 0) * Number(node.attribute.find(({ name }) => name === 'group')?.i ?? 1);
    return node.attribute.some(({ name, i }) => name === 'transB' && i !== 0n) ? dims[0] : dims[1];
  }

  #addWeight(
    weight: TensorProto,
    axis: number | undefined,
    integers: Int8Array,
    scales: Float32Array,
  ): string {
    const stored = this.#names.unique(`${weight.name}/Q`);
    const dims = axis === undefined ? [] : [scales.length];
    const zeroPoint = this.#names.unique(`${weight.name}_zp`);
    const scale = this.#addScale(weight.name, dims, scales);
    this.#graph.initializer.push(
      buildTensor(stored, 'int8', dimsOf(weight), integers),
      buildTensor(zeroPoint, 'int8', dims, new Int8Array(scales.length)),
    );
    return this.#addDequantize(weight.name, [stored, scale, zeroPoint], axis);
  }

  #addBias(
    bias: TensorProto,
    values: Float64Array,
    weightScale: Float32Array,
    activationScale: number,
  ): string {
    const isPerChannel = weightScale.length > 1 || values.length === 1;
    const scales = Float32Array.from(weightScale, (scale) => scale * activationScale);
    const integers = Int32Array.from(values, (value, i) =>
      roundHalfEven(value / (scales[weightScale.length > 1 ? i : 0] ?? 1)),
    );
    const stored = this.#names.unique(`${bias.name}/Q`);
    const scale = this.#addScale(bias.name, isPerChannel ? [scales.length] : [], scales);
    this.#graph.initializer.push(buildTensor(stored, 'int32', [values.length], integers));
    return this.#addDequantize(bias.name, [stored, scale], isPerChannel ? 0 : undefined);
  }

  #addFloatBias(bias: TensorProto, values: Float64Array): string {
    const name = this.#names.unique(`${bias.name}_corrected`);
    const data = Float32Array.from(values);
    this.#graph.initializer.push(buildTensor(name, 'float32', [data.length], data));
    return name;
  }

  #addScale(owner: string, dims: readonly number[], scales: Float32Array): string {
    const name = this.#names.unique(`${owner}_scale`);
    this.#graph.initializer.push(buildTensor(name, 'float32', dims, scales));
    return name;
  }

  #addDequantize(owner: string, inputs: readonly string[], axis: number | undefined): string {
    const name = this.#names.unique(`${owner}/DQ`);
    this.#nodes.push(
      buildNode({
        type: 'DequantizeLinear',
        name,
        inputs,
        outputs: [name],
        ...(axis !== undefined && { attributes: { axis: { int: axis } } }),
      }),
    );
    return name;
  }
}

/** Gemm's factors, which go into the constants. */
function foldableFactors(node: NodeProto): { readonly alpha: number; readonly beta: number } {
  if (node.opType !== 'Gemm') return { alpha: 1, beta: 1 };
  return { alpha: floatAttribute(node, 'alpha', 1), beta: floatAttribute(node, 'beta', 1) };
}

function setFactor(node: NodeProto, name: 'alpha' | 'beta'): void {
  setAttribute(node, name, { float: 1 });
}

/** Raises the scales of channels whose bias would not fit int32: dead channels with a bias, mostly. True: some were. */
function raiseForBias(scales: Float32Array, bias: Float64Array, activationScale: number): boolean {
  let isRaised = false;
  for (let i = 0; i < bias.length; i++) {
    const at = scales.length > 1 ? i : 0;
    const least = Math.abs(bias[i] ?? 0) / (activationScale * INT32_MAX);
    if ((scales[at] ?? 0) > least) continue;
    if (least === 0) continue;
    // A little more: float32 rounding must not bring the quotient back over the edge.
    scales[at] = least * 1.000001;
    isRaised = true;
  }
  return isRaised;
}
