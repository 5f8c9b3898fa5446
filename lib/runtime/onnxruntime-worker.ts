/** The program of a worker, in which ONNX Runtime runs: the only file that loads onnxruntime-node. */

import { createRequire } from 'node:module';

import type { FourBitBoundary } from '../onnx/index.js';
import { fourBitInfos, packed, unpacked, widenedModel } from './onnxruntime-four-bit.js';
import type {
  SessionFacts,
  WorkerCallKind,
  WorkerFailure,
  WorkerReply,
  WorkerRequest,
  WorkerTensor,
  WorkerValueInfo,
} from './onnxruntime-messages.js';
import { openPort } from './onnxruntime-port.js';

/** The part of onnxruntime-node's InferenceSession in use. Metadata is absent in 1.20. */
interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata?: readonly WorkerValueInfo[];
  readonly outputMetadata?: readonly WorkerValueInfo[];
  run(
    feeds: Readonly<Record<string, WorkerTensor>>,
    fetches: Readonly<Record<string, null>>,
    options: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, WorkerTensor>>>;
  endProfiling(): void;
  release(): Promise<void>;
}

interface Ort {
  readonly env?: { logLevel?: string };
  readonly InferenceSession: {
    create(model: string | Uint8Array, options: object): Promise<OrtSession>;
  };
  readonly Tensor: new (
    type: string,
    data: WorkerTensor['data'],
    dims: readonly number[],
  ) => WorkerTensor;
}

interface Held {
  readonly session: OrtSession;
  /** Bytes that ONNX Runtime may read as long as the session lives. */
  readonly model: Uint8Array | undefined;
  readonly boundary: FourBitBoundary | undefined;
}

// onnxruntime-common makes float16 tensors hold a Float16Array where there is one (Node 24), and onnxruntime-node's
// binding takes and gives Uint16Array: without the global both agree on Uint16Array.
Reflect.deleteProperty(globalThis, 'Float16Array');

const port = openPort();
const sessions = new Map<number, Held>();
let ort: Ort | undefined;

function loadOrt(request: WorkerRequest): Ort {
  if (ort !== undefined) return ort;
  if (request.kind !== 'create') throw new Error(`${request.kind} came before any session`);
  // The package has the shape of its documentation.
  ort = createRequire(import.meta.url)(request.packagePath) as Ort;
  if (ort.env !== undefined && request.logLevel !== undefined) ort.env.logLevel = request.logLevel;
  return ort;
}

function heldOf(request: WorkerRequest): Held {
  const held = sessions.get(request.session);
  if (held === undefined) throw new Error(`session ${request.session} is not held by this worker`);
  return held;
}

async function create(
  engine: Ort,
  request: Extract<WorkerRequest, { kind: 'create' }>,
): Promise<SessionFacts> {
  const widened = request.isFourBit
    ? await widenedModel(request.model, request.options)
    : undefined;
  const { model, options } = widened ?? request;
  const session = await engine.InferenceSession.create(model, options);
  const isKept = request.isModelKept && typeof model !== 'string';
  const boundary = widened?.boundary;
  sessions.set(request.session, { session, model: isKept ? model : undefined, boundary });
  const { inputMetadata: inputs, outputMetadata: outputs } = session;
  return {
    inputNames: [...session.inputNames],
    outputNames: [...session.outputNames],
    ...(inputs && { inputs: fourBitInfos(inputs, boundary?.inputs) }),
    ...(outputs && { outputs: fourBitInfos(outputs, boundary?.outputs) }),
  };
}

async function run(
  engine: Ort,
  request: Extract<WorkerRequest, { kind: 'run' }>,
): Promise<Map<string, WorkerTensor>> {
  const { session, boundary } = heldOf(request);
  const feeds = Object.fromEntries(
    [...request.feeds].map(([name, tensor]) => {
      const { type, data, dims } = unpacked(tensor);
      return [name, new engine.Tensor(type, data, dims)];
    }),
  );
  const wanted = new Set(request.fetches);
  const fetched = session.outputNames.filter((name) => wanted.has(name));
  const fetches = Object.fromEntries(fetched.map((name) => [name, null]));
  const results = await session.run(feeds, fetches, request.options);
  // onnxruntime-node 1.20 names the k-th fetched output after the model's k-th output, whichever was asked for.
  const isNamed = fetched.every((name) => Object.hasOwn(results, name));
  const tensors = new Map<string, WorkerTensor>();
  fetched.forEach((name, index) => {
    const result = results[isNamed ? name : (session.outputNames[index] ?? name)];
    if (result === undefined) throw new Error(`ONNX Runtime gave no value for output ${name}`);
    const tensor = { type: result.type, dims: [...result.dims], data: result.data };
    const fourBit = boundary?.outputs.get(name);
    tensors.set(name, fourBit === undefined ? tensor : packed(tensor, fourBit));
  });
  return tensors;
}

async function answer(engine: Ort, request: WorkerRequest): Promise<ReplyValue> {
  switch (request.kind) {
    case 'create':
      return create(engine, request);
    case 'run':
      return run(engine, request);
    case 'endProfiling':
      heldOf(request).session.endProfiling();
      return undefined;
    case 'release': {
      const { session } = heldOf(request);
      sessions.delete(request.session);
      await session.release();
      return undefined;
    }
  }
}

type ReplyValue = Extract<WorkerReply, { value: unknown }>['value'];

function failureFrom(stage: 'load' | WorkerCallKind, thrown: unknown): WorkerFailure {
  if (!(thrown instanceof Error)) {
    return { stage, name: 'Error', message: String(thrown), stack: undefined };
  }
  return { stage, name: thrown.name, message: thrown.message, stack: thrown.stack };
}

function buffersOf(value: ReplyValue): ArrayBuffer[] {
  if (!(value instanceof Map)) return [];
  const buffers: ArrayBuffer[] = [];
  for (const { data } of value.values() as Iterable<WorkerTensor>) {
    if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) buffers.push(data.buffer);
  }
  return buffers;
}

function send(reply: WorkerReply): void {
  try {
    port.post(reply, 'value' in reply ? buffersOf(reply.value) : []);
  } catch {
    // Memory that belongs to ONNX Runtime cannot be transferred; it is copied instead.
    port.post(reply, []);
  }
}

async function serve(request: WorkerRequest): Promise<void> {
  if (!port.enter()) return;
  let stage: 'load' | WorkerCallKind = 'load';
  try {
    const engine = loadOrt(request);
    stage = request.kind;
    send({ id: request.id, value: await answer(engine, request) });
  } catch (error) {
    send({ id: request.id, failure: failureFrom(stage, error) });
  }
  port.leave();
}

async function close(): Promise<void> {
  if (!port.enter()) return;
  for (const { session } of sessions.values()) await session.release();
  sessions.clear();
  port.leave();
  port.close();
}

// One after the other: onnxruntime-node computes inside its calls anyway, and nothing is closed in the middle of one.
let previous = Promise.resolve();
port.listen((message) => {
  previous = previous.then(async () => (message.kind === 'close' ? close() : serve(message)));
});
