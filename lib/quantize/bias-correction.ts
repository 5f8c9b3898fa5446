/** Bias correction: what quantization shifts each channel of a layer by, on average, goes into its bias (section 4.6). */

import { EngineryError, throwIfAborted, warnOnce } from '../common/index.js';
import {
  buildNode,
  buildTensor,
  buildValue,
  encodeModel,
  type ModelProto,
  type NodeProto,
} from '../onnx/index.js';
import { requireModelDigest, type CalibrationTable } from './calibration-table.js';
import { modelDigest } from './calibrate.js';
import type { ModelRunner } from './calibrator/model-runner.js';
import { batchSizeOf, SampleReader, type SampleSource } from './calibrator/sample-source.js';
import { dimsOf, float32Values, isFloat32 } from './graph/constants.js';
import type { GraphIndex } from './graph/graph-index.js';
import { QdqWriter, type WriterOptions } from './qdq-writer.js';

export interface BiasShiftOptions extends Omit<WriterOptions, 'biasShifts' | 'quantizesBias'> {
  readonly data: SampleSource;
  readonly runner: ModelRunner;
  /** Samples to look at, at least; what a batch holds beyond is looked at too. Default 128. */
  readonly samples?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_SAMPLES = 128;
/** A shift beyond this many times the largest bias is no rounding error of this layer: it is left alone. */
const LARGEST_SHIFT = 2;

/** A layer beside its quantized form. */
interface ProbedLayer {
  /** The output of the layer in the float model. */
  readonly output: string;
  /** The output of the probe: the mean difference of each channel. */
  readonly shift: string;
  readonly sum: Float64Array;
  readonly largestBias: number;
}

/**
 * The mean error of each channel of each quantized layer that has a bias, by the name of the layer's output: for
 * `biasShifts` of {@link emitQdqModel}. Each layer reads float values, quantized for it alone, so that its own error
 * shows. Throws as calibration does.
 */
export async function biasShifts(
  model: ModelProto,
  table: CalibrationTable,
  options: BiasShiftOptions,
): Promise<ReadonlyMap<string, Float64Array>> {
  requireModelDigest(table, modelDigest(model));
  const { bytes, layers, inputs } = probeModel(model, table, options);
  const { runner, data, signal, samples: wanted = DEFAULT_SAMPLES } = options;
  const loaded = await runner.load(bytes, signal);
  let samples = 0;
  try {
    for await (const feeds of new SampleReader(data, inputs).read()) {
      throwIfAborted('bias correction', signal);
      const fetches = await loaded.run(feeds);
      const batch = batchSizeOf(feeds);
      for (const { shift, sum } of layers) addScaled(sum, fetches[shift]?.data, batch);
      samples += batch;
      if (samples >= wanted) break;
    }
  } finally {
    await loaded.release();
  }
  const shifts = new Map<string, Float64Array>();
  for (const { output, sum, largestBias } of layers) {
    const shift = sum.map((value) => value / samples);
    if (shift.every((value) => Math.abs(value) <= LARGEST_SHIFT * largestBias))
      shifts.set(output, shift);
    else
      warnOnce(`bias correction leaves layer "${output}" alone: its error is larger than its bias`);
  }
  return shifts;
}

/** The float model with a quantized copy of each layer, and the mean difference of both as only outputs. */
function probeModel(
  model: ModelProto,
  table: CalibrationTable,
  options: BiasShiftOptions,
): {
  readonly bytes: Uint8Array;
  readonly layers: readonly ProbedLayer[];
  readonly inputs: readonly string[];
} {
  // Float biases: the int32 form has the error of half a step, and the probe is to show that of the weights.
  const writer = new QdqWriter(model, table, { ...options, quantizesBias: false });
  const opset = Number(model.opsetImport.find(({ domain }) => domain === '')?.version ?? 0);
  const { graph, names } = writer;
  const layers: ProbedLayer[] = [];
  for (const { name } of graph.input) writer.quantize(name);
  for (const node of graph.node) {
    writer.add(node);
    const bias = largestBias(node, writer);
    if (bias !== undefined) {
      const [output = ''] = node.output;
      const quantized = names.unique(`${output}/quantized`);
      const error = names.unique(`${output}/error`);
      const shift = names.unique(`${output}/shift`);
      writer.add({ ...writer.quantizedNode(node), name: quantized, output: [quantized] });
      writer.add(
        buildNode({ type: 'Sub', name: error, inputs: [output, quantized], outputs: [error] }),
      );
      addMean(writer, error, shift, meanAxes(node, writer.index), opset);
      layers.push({
        output,
        shift,
        sum: new Float64Array(bias.channels),
        largestBias: bias.largest,
      });
    }
    for (const output of node.output) writer.quantize(output);
  }
  const inputs = graph.input.map(({ name }) => name);
  graph.node = writer.nodes;
  graph.output = layers.map(({ shift }) => buildValue(shift, 'float32'));
  return { bytes: encodeModel({ ...model, graph }), layers, inputs };
}

/** The constant bias of a layer that is to be quantized. */
function largestBias(
  node: NodeProto,
  { plan, index }: QdqWriter,
): { readonly largest: number; readonly channels: number } | undefined {
  const place = plan.weights.get(node)?.bias;
  const bias = place === undefined ? undefined : index.constant(node.input[place]);
  if (!isFloat32(bias) || bias.dims.length !== 1) return undefined;
  const values = float32Values(bias);
  return { largest: Math.max(...values.map(Math.abs)), channels: values.length };
}

/** All axes of a layer's output but the channels. */
function meanAxes(node: NodeProto, index: GraphIndex): readonly number[] {
  const weight = index.constant(node.input[1]);
  const rank = node.opType === 'Gemm' || weight === undefined ? 2 : dimsOf(weight).length;
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
}

/** ReduceMean takes its axes as an input from opset 18 on. */
function addMean(
  writer: QdqWriter,
  input: string,
  output: string,
  axes: readonly number[],
  opset: number,
): void {
  const inputs = [input];
  if (opset >= 18) {
    const name = writer.names.unique(`${output}_axes`);
    writer.graph.initializer.push(
      buildTensor(name, 'int64', [axes.length], BigInt64Array.from(axes, BigInt)),
    );
    inputs.push(name);
  }
  const attributes = { keepdims: { int: 0 }, ...(opset < 18 && { axes: { ints: axes } }) };
  writer.add(
    buildNode({ type: 'ReduceMean', name: output, inputs, outputs: [output], attributes }),
  );
}

function addScaled(sum: Float64Array, values: unknown, factor: number): void {
  if (!(ArrayBuffer.isView(values) && 'length' in values && values.length === sum.length)) {
    throw new EngineryError(
      'CALIBRATION_FAILED',
      `expected ${sum.length} numbers for a layer's channels from the model runner`,
    );
  }
  // By its length and the model's own output type these are float32 numbers.
  const numbers = values as Float32Array;
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + factor * (numbers[i] ?? NaN);
}
