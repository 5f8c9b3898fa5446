/** Writes a quantized model: QuantizeLinear and DequantizeLinear where a plan says so, weights as int8. */

import { createHash } from 'node:crypto';
import { EngineryError } from '../common/index.js';
import {
  buildMetadata,
  buildNode,
  buildTensor,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
} from '../onnx/index.js';
import {
  calibrationTableJson,
  requireModelDigest,
  type CalibrationTable,
} from './calibration-table.js';
import { modelDigest } from './calibrate.js';
import { dropUnusedConstants } from './graph/constants.js';
import { GraphIndex } from './graph/graph-index.js';
import { NameAllocator } from './graph/names.js';
import { activationPlanOf } from './operators.js';
import { planForCpu } from './presets/cpu.js';
import { planForTensorrt } from './presets/tensorrt.js';
import type { QuantizationPlan } from './quantization-plan.js';
import { rangeOf, type RangeMethod } from './range-method.js';
import {
  activationParameters,
  type ActivationType,
  type QuantizationParameters,
  type Range,
} from './scheme.js';
import { WeightQuantizer } from './weight-quantizer.js';

/** Which engines a file is for: ONNX Runtime and OpenVINO on a CPU, or TensorRT. */
export type Preset = 'cpu' | 'tensorrt';

export interface EmitOptions {
  readonly preset: Preset;
  readonly method: RangeMethod;
  /** Default 'per-channel'. */
  readonly weights?: 'per-channel' | 'per-tensor';
}

const ACTIVATION_TYPES: Readonly<Record<Preset, ActivationType>> = Object.freeze({
  cpu: 'uint8',
  tensorrt: 'int8',
});
/** Rises when the same table gives another file: part of what a cache may go by. */
const EMITTER_VERSION = '1';

/** The tensors whose ranges `presets` need, in the order of the graph, and those of them that a MatMul reads. */
export function tensorsToObserve(
  model: ModelProto,
  presets: readonly Preset[],
): { readonly tensors: readonly string[]; readonly channelTensors: readonly string[] } {
  const graph = graphOf(model);
  const index = new GraphIndex(graph);
  const wanted = new Set<string>();
  for (const preset of presets) {
    for (const [tensor, { sharedWith, fixed }] of planFor(preset, graph, index, () => true)
      .activations)
      if (sharedWith === undefined && fixed === undefined) wanted.add(tensor);
  }
  const all = [
    ...graph.input.map(({ name }) => name),
    ...graph.node.flatMap((node) => node.output),
  ];
  const tensors = all.filter((name) => wanted.has(name));
  const channelTensors = tensors.filter((name) =>
    index.consumers(name).some(({ opType }) => opType === 'MatMul'),
  );
  return { tensors, channelTensors };
}

/**
 * The quantized form of a prepared float model. Equal arguments give equal bytes. Throws ENGINE_STALE when the table is
 * of another model.
 */
export function emitQdqModel(
  model: ModelProto,
  table: CalibrationTable,
  options: EmitOptions,
): Uint8Array {
  requireModelDigest(table, modelDigest(model));
  const source = graphOf(model);
  const graph: GraphProto = { ...source, initializer: [...source.initializer] };
  const index = new GraphIndex(source);
  const hasRange = (tensor: string): boolean =>
    (table.tensors.get(tensor)?.sampleMin.length ?? 0) > 0 ||
    activationPlanOf(tensor, index).fixed !== undefined;
  const plan = planFor(options.preset, source, index, hasRange);
  new Emitter(model, graph, index, plan, table, options).emit();
  dropUnusedConstants(graph, new GraphIndex(graph));
  return encodeModel({
    ...model,
    graph,
    metadataProps: [
      ...model.metadataProps,
      buildMetadata('enginery.quantization.preset', options.preset),
      buildMetadata('enginery.quantization.method', JSON.stringify(options.method)),
      buildMetadata('enginery.quantization.table', tableDigest(table)),
      buildMetadata('enginery.quantization.version', EMITTER_VERSION),
    ],
  });
}

function tableDigest(table: CalibrationTable): string {
  return createHash('sha256').update(calibrationTableJson(table)).digest('hex');
}

function graphOf(model: ModelProto): GraphProto {
  if (model.graph !== undefined) return model.graph;
  throw new EngineryError('INTERNAL', 'a prepared model has a graph');
}

function planFor(
  preset: Preset,
  graph: GraphProto,
  index: GraphIndex,
  hasRange: (tensor: string) => boolean,
): QuantizationPlan {
  return preset === 'cpu'
    ? planForCpu(graph, index, hasRange)
    : planForTensorrt(graph, index, hasRange);
}

/** An activation as the nodes of the new graph see it. */
interface QuantizedTensor {
  readonly dequantized: string;
  readonly parameters: QuantizationParameters;
}

class Emitter {
  readonly #graph: GraphProto;
  readonly #plan: QuantizationPlan;
  readonly #table: CalibrationTable;
  readonly #options: EmitOptions;
  readonly #names: NameAllocator;
  readonly #weights: WeightQuantizer;
  readonly #groupRanges = new Map<string, Range>();
  readonly #scales = new Map<
    string,
    { scale: string; zeroPoint: string; parameters: QuantizationParameters }
  >();
  readonly #quantized = new Map<string, QuantizedTensor>();
  readonly #nodes: NodeProto[] = [];

  constructor(
    model: ModelProto,
    graph: GraphProto,
    index: GraphIndex,
    plan: QuantizationPlan,
    table: CalibrationTable,
    options: EmitOptions,
  ) {
    this.#graph = graph;
    this.#plan = plan;
    this.#table = table;
    this.#options = options;
    this.#names = new NameAllocator(model);
    this.#weights = new WeightQuantizer(graph, index, this.#names, this.#nodes, {
      isPerChannel: options.weights !== 'per-tensor',
      // Int32 is no type of TensorRT's DequantizeLinear: there the bias stays float.
      quantizesBias: options.preset === 'cpu',
    });
  }

  emit(): void {
    for (const group of this.#plan.rangeGroups) this.#widen(group);
    for (const { name } of this.#graph.input) this.#quantize(name);
    for (const node of this.#graph.node) {
      this.#emitNode(node);
      for (const output of node.output) this.#quantize(output);
    }
    this.#graph.node = this.#nodes;
  }

  #emitNode(node: NodeProto): void {
    let activation: QuantizedTensor | undefined;
    const input = node.input.map((name, i) => {
      const quantized = this.#quantized.get(name);
      if (quantized === undefined || !this.#plan.isReadQuantized(node, name)) return name;
      if (i === 0) activation = quantized;
      return quantized.dequantized;
    });
    const copy: NodeProto = { ...node, input };
    const weight = this.#plan.weights.get(node);
    if (weight !== undefined && activation !== undefined)
      this.#weights.quantize(copy, weight, activation.parameters.scale);
    this.#nodes.push(copy);
  }

  /** Puts QuantizeLinear and DequantizeLinear behind a tensor that is to be quantized. */
  #quantize(tensor: string): void {
    const plan = this.#plan.activations.get(tensor);
    if (plan === undefined) return;
    const { scale, zeroPoint, parameters } = this.#scaleOf(plan.sharedWith ?? tensor);
    const integers = this.#names.unique(`${tensor}/Q`);
    const dequantized = this.#names.unique(`${tensor}/DQ`);
    this.#nodes.push(
      buildNode({
        type: 'QuantizeLinear',
        name: integers,
        inputs: [tensor, scale, zeroPoint],
        outputs: [integers],
      }),
      buildNode({
        type: 'DequantizeLinear',
        name: dequantized,
        inputs: [integers, scale, zeroPoint],
        outputs: [dequantized],
      }),
    );
    this.#quantized.set(tensor, { dequantized, parameters });
  }

  /** Rank 0: with shape [1] ONNX Runtime does not fuse an addition. */
  #scaleOf(tensor: string): {
    readonly scale: string;
    readonly zeroPoint: string;
    readonly parameters: QuantizationParameters;
  } {
    const known = this.#scales.get(tensor);
    if (known !== undefined) return known;
    const type = ACTIVATION_TYPES[this.#options.preset];
    const parameters = activationParameters(
      this.#groupRanges.get(tensor) ?? this.#rangeOf(tensor),
      type,
    );
    const scale = this.#names.unique(`${tensor}_scale`);
    const zeroPoint = this.#names.unique(`${tensor}_zp`);
    this.#graph.initializer.push(
      buildTensor(scale, 'float32', [], Float32Array.of(parameters.scale)),
      buildTensor(zeroPoint, type, [], Uint8Array.of(parameters.zeroPoint)),
    );
    const made = { scale, zeroPoint, parameters };
    this.#scales.set(tensor, made);
    return made;
  }

  #rangeOf(tensor: string): Range {
    const { fixed, bounds } = this.#plan.activations.get(tensor) ?? {};
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
