/** Reads what is known of an ONNX model without loading its weights, and refuses models that are broken or hostile. */

import { expected as wrongArgument, throwIfAborted } from '../common/index.js';
import { checkGraphs, subgraphsOf } from './graph.js';
import { detectModelFormat, FORMAT_HEAD_BYTES } from './format.js';
import type { GraphProto, NodeProto } from './gen/onnx_pb.js';
import { normalizedDomain, opsetsOf, valueInfoOf } from './metadata.js';
import { createModel, mergeIntoModel } from './model.js';
import { EXPORT_AGAIN, invalidModel } from './model-error.js';
import { openModelWindow, type ModelWindow } from './model-window.js';
import { operationsOf } from './operations.js';
import type { ExternalDataRange, ModelOutline, OnnxInitializer } from './outline.js';
import { sparseTensorBytes, storedTensor, type StoredTensor } from './stored-tensor.js';
import { ITEMS_PER_YIELD, runInSlices, type Pausing } from './time-slices.js';
import { reduceModel, type ReducedModel, type TensorPayload } from './wire-walk.js';

/**
 * Reads the outline of an ONNX model from its path or its bytes. Weights are skipped, not read: models of any size take
 * milliseconds and little memory. External data is named, not opened: see `checkExternalData`.
 *
 * Rejects with INVALID_ARGUMENT (no such file, not a regular file), MODEL_INVALID (not ONNX, truncated, inconsistent),
 * MODEL_UNSUPPORTED (beyond the limits, unknown types) or CANCELLED.
 */
export async function readModelOutline(
  source: string | Uint8Array,
  signal?: AbortSignal,
): Promise<ModelOutline> {
  return (await surveyModel(source, signal)).outline;
}

/** A model's outline, and what decoding its values would cost: see MAX_DECODING_COST. Rejects as `readModelOutline`. */
export async function surveyModel(
  source: string | Uint8Array,
  signal?: AbortSignal,
): Promise<{ readonly outline: ModelOutline; readonly decodingCost: number }> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw wrongArgument('a path or a Uint8Array', 'model', source);
  }
  throwIfAborted('reading the model', signal);
  const window = await openModelWindow(source);
  try {
    if (window.bytes.length === 0) await window.load(0);
    requireOnnx(window);
    const reduced = await reduceModel(window, signal);
    const work = outlineOf(reduced, window.label);
    const outline = await runInSlices('reading the model', work, signal);
    return { outline, decodingCost: reduced.decodingCost };
  } finally {
    await window.close();
  }
}

const OTHER_FORMATS = Object.freeze({
  ort: 'a model in the ORT format, which only ONNX Runtime reads',
  tflite: 'a TensorFlow Lite model',
  ir: 'an OpenVINO IR model',
});

const GIT_LFS_POINTER = 'version https://git-lfs';

function requireOnnx(window: ModelWindow): void {
  const head = window.bytes.subarray(0, FORMAT_HEAD_BYTES);
  const format = detectModelFormat(head);
  if (format === 'onnx') return;
  const wanted = `an ONNX model in ${window.label}`;
  if (format !== undefined)
    throw invalidModel(wanted, OTHER_FORMATS[format], 'pass the .onnx file');
  if (Buffer.from(head).toString('latin1').startsWith(GIT_LFS_POINTER)) {
    throw invalidModel(wanted, 'a Git LFS pointer', 'run "git lfs pull"');
  }
  const start = Buffer.from(head.subarray(0, 8)).toString('hex');
  throw invalidModel(
    wanted,
    `bytes that are no ONNX model (they start with ${start})`,
    'pass the .onnx file',
  );
}

function* outlineOf({ pieces, payloads }: ReducedModel, label: string): Pausing<ModelOutline> {
  const model = createModel();
  for (const piece of pieces) {
    mergeIntoModel(model, piece, label);
    yield;
  }
  const { graph } = model;
  if (graph === undefined) throw invalidModel(`a graph in ${label}`, 'none', EXPORT_AGAIN);
  if (model.irVersion < 1n || model.irVersion > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidModel(`an IR version in ${label}`, String(model.irVersion), EXPORT_AGAIN);
  }
  const opsets = opsetsOf(model, label);
  const survey = new Survey(payloads, label);
  const initializers = yield* survey.graph(graph);
  for (const definition of model.functions) yield* survey.nodes(definition.node);
  yield* checkGraphs(model, graph, label);
  const operations = yield* operationsOf(model, graph, opsets);
  const fixed = new Set([
    ...initializers.map((tensor) => tensor.name),
    ...graph.sparseInitializer.map((tensor) => tensor.values?.name),
  ]);
  return {
    irVersion: Number(model.irVersion),
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
    opsets,
    inputs: graph.input
      .filter(({ name }) => !fixed.has(name))
      .map((info) => valueInfoOf(info, 'input', label)),
    outputs: graph.output.map((info) => valueInfoOf(info, 'output', label)),
    nodes: graph.node.map((node) => ({
      name: node.name,
      type: node.opType,
      domain: normalizedDomain(node.domain),
      inputs: node.input,
      outputs: node.output,
    })),
    operations,
    initializers,
    operators: survey.operators(),
    externalData: survey.externalData,
    initializerBytes: survey.initializerBytes,
  };
}

/** Goes through all graphs once: checks tensors, sums their sizes, counts operators. */
class Survey {
  readonly externalData: ExternalDataRange[] = [];
  initializerBytes = 0n;
  readonly #payloads: readonly TensorPayload[];
  readonly #label: string;
  readonly #counts = new Map<string, { domain: string; type: string; count: number }>();

  constructor(payloads: readonly TensorPayload[], label: string) {
    this.#payloads = payloads;
    this.#label = label;
  }

  /** Returns the graph's own dense initializers. */
  *graph(graph: GraphProto): Pausing<OnnxInitializer[]> {
    const initializers: OnnxInitializer[] = [];
    for (const [index, tensor] of graph.initializer.entries()) {
      if (index % ITEMS_PER_YIELD === 0) yield;
      const { name, elementType, dims, data, bytes } = this.#note(
        storedTensor(tensor, this.#payloads, this.#label),
      );
      this.initializerBytes += bytes;
      initializers.push({ name, elementType, dims, data });
    }
    for (const sparse of graph.sparseInitializer) {
      this.initializerBytes += sparseTensorBytes(sparse, this.#payloads, this.#label);
    }
    yield* this.nodes(graph.node);
    return initializers;
  }

  *nodes(nodes: readonly NodeProto[]): Pausing<void> {
    for (const [index, node] of nodes.entries()) {
      if (index % ITEMS_PER_YIELD === 0) yield;
      this.#count(normalizedDomain(node.domain), node.opType);
      for (const { t, tensors, sparseTensor, sparseTensors } of node.attribute) {
        if (t !== undefined) this.#note(storedTensor(t, this.#payloads, this.#label));
        for (const tensor of tensors) this.#note(storedTensor(tensor, this.#payloads, this.#label));
        if (sparseTensor !== undefined)
          sparseTensorBytes(sparseTensor, this.#payloads, this.#label);
        for (const sparse of sparseTensors) sparseTensorBytes(sparse, this.#payloads, this.#label);
      }
      for (const subgraph of subgraphsOf(node)) yield* this.graph(subgraph);
    }
  }

  operators(): ModelOutline['operators'] {
    return [...this.#counts.values()].sort(
      (a, b) => b.count - a.count || compare(a.domain, b.domain) || compare(a.type, b.type),
    );
  }

  #note(stored: StoredTensor): StoredTensor {
    if (stored.data.kind === 'external') this.externalData.push(stored.data.range);
    return stored;
  }

  #count(domain: string, type: string): void {
    const key = JSON.stringify([domain, type]);
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { domain, type, count: 1 });
    else known.count++;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
