/** Adds quantized tensors and nodes to a graph, one by one: scales, QuantizeLinear, DequantizeLinear, int8 weights. */

import { EngineryError } from '../common/index.js';
import {
  buildNode,
  buildTensor,
  type GraphProto,
  type ModelProto,
  NameAllocator,
  type NodeProto,
} from '../onnx/index.js';
import type { CalibrationTable } from './calibration-table.js';
import { GraphIndex } from './graph/graph-index.js';
import { ACTIVATION_TYPES, graphOf, planWithTable, type Preset } from './presets/preset.js';
import type { QuantizationPlan } from './quantization-plan.js';
import { rangeOf, type RangeMethod } from './range-method.js';
import { activationParameters, type QuantizationParameters, type Range } from './scheme.js';
import { WeightQuantizer } from './weight-quantizer.js';

export interface WriterOptions {
  readonly preset: Preset;
  readonly method: RangeMethod;
  /** Default 'per-channel'. */
  readonly weights?: 'per-channel' | 'per-tensor';
  /** What is added to the biases of layers, by the name of the layer's output: what `biasShifts` found. */
  readonly biasShifts?: ReadonlyMap<string, Float64Array>;
  /** Default: as the preset has it. */
  readonly quantizesBias?: boolean;
}

/** The names of a scale and a zero point, and their numbers. */
interface Scale {
  readonly scale: string;
  readonly zeroPoint: string;
  readonly parameters: QuantizationParameters;
}

export class QdqWriter {
  /** A copy of the model's graph, to which constants are added; its nodes are the float ones until they are replaced. */
  readonly graph: GraphProto;
  /** The nodes written so far. */
  readonly nodes: NodeProto[] = [];
  readonly index: GraphIndex;
  readonly plan: QuantizationPlan;
  readonly names: NameAllocator;
  readonly #table: CalibrationTable;
  readonly #options: WriterOptions;
  readonly #weights: WeightQuantizer;
  readonly #groupRanges = new Map<string, Range>();
  readonly #scales = new Map<string, Scale>();
  readonly #dequantized = new Map<string, { readonly name: string; readonly scale: number }>();

  constructor(model: ModelProto, table: CalibrationTable, options: WriterOptions) {
    const source = graphOf(model);
    this.graph = { ...source, initializer: [...source.initializer] };
    this.index = new GraphIndex(source);
    this.plan = planWithTable(options.preset, source, this.index, table);
    this.names = new NameAllocator(model);
    this.#table = table;
    this.#options = options;
    this.#weights = new WeightQuantizer(this.graph, this.index, this.names, this.nodes, {
      isPerChannel: options.weights !== 'per-tensor',
      // Int32 is no type of TensorRT's DequantizeLinear: there the bias stays float.
      quantizesBias: options.quantizesBias ?? options.preset === 'cpu',
    });
    for (const group of this.plan.rangeGroups) this.#widen(group);
  }

  add(node: NodeProto): void {
    this.nodes.push(node);
  }

  /** The node as it reads quantized tensors; they and its weight are written before it. */
  quantizedNode(node: NodeProto): NodeProto {
    let activationScale: number | undefined;
    const input = node.input.map((name, i) => {
      const dequantized = this.#dequantized.get(name);
      if (dequantized === undefined || !this.plan.isReadQuantized(node, name)) return name;
      if (i === 0) activationScale = dequantized.scale;
      return dequantized.name;
    });
    const copy: NodeProto = { ...node, input };
    const weight = this.plan.weights.get(node);
    if (weight !== undefined && activationScale !== undefined) {
      const shift = this.#options.biasShifts?.get(node.output[0] ?? '');
      this.#weights.quantize(copy, weight, activationScale, shift);
    }
    return copy;
  }

  /** Puts QuantizeLinear and DequantizeLinear behind a tensor that is to be quantized. */
  quantize(tensor: string): void {
    const plan = this.plan.activations.get(tensor);
    if (plan === undefined) return;
    const { scale, zeroPoint, parameters } = this.#scaleOf(plan.sharedWith ?? tensor);
    const integers = this.names.unique(`${tensor}/Q`);
    const name = this.names.unique(`${tensor}/DQ`);
    const add = (type: string, input: string, output: string): void => {
      const inputs = [input, scale, zeroPoint];
      this.nodes.push(buildNode({ type, name: output, inputs, outputs: [output] }));
    };
    add('QuantizeLinear', tensor, integers);
    add('DequantizeLinear', integers, name);
    this.#dequantized.set(tensor, { name, scale: parameters.scale });
  }

  /** Rank 0: with shape [1] ONNX Runtime does not fuse an addition. */
  #scaleOf(tensor: string): Scale {
    const known = this.#scales.get(tensor);
    if (known !== undefined) return known;
    const type = ACTIVATION_TYPES[this.#options.preset];
    const range = this.#groupRanges.get(tensor) ?? this.#rangeOf(tensor);
    const parameters = activationParameters(range, type);
    const scale = this.names.unique(`${tensor}_scale`);
    const zeroPoint = this.names.unique(`${tensor}_zp`);
    this.graph.initializer.push(
      buildTensor(scale, 'float32', [], Float32Array.of(parameters.scale)),
      buildTensor(zeroPoint, type, [], Uint8Array.of(parameters.zeroPoint)),
    );
    const made = { scale, zeroPoint, parameters };
    this.#scales.set(tensor, made);
    return made;
  }

  #rangeOf(tensor: string): Range {
    const { fixed, bounds } = this.plan.activations.get(tensor) ?? {};
    if (fixed !== undefined) return fixed;
    const statistics = this.#table.tensors.get(tensor);
    if (statistics === undefined)
      throw new EngineryError('INTERNAL', `no statistics of "${tensor}"`);
    const range = rangeOf(statistics, this.#options.method, ACTIVATION_TYPES[this.#options.preset]);
    if (bounds === undefined) return range;
    return { lo: Math.max(range.lo, bounds.lo), hi: Math.min(range.hi, bounds.hi) };
  }

  /** Gives all tensors of a group the widest range that one of them, or a group that it is in, has. */
  #widen(group: readonly string[]): void {
    const ranges = group.map((tensor) => this.#groupRanges.get(tensor) ?? this.#rangeOf(tensor));
    const range = {
      lo: Math.min(...ranges.map(({ lo }) => lo)),
      hi: Math.max(...ranges.map(({ hi }) => hi)),
    };
    for (const tensor of group) this.#groupRanges.set(tensor, range);
  }
}
