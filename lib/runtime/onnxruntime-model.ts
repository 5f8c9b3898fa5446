/** A model served by ONNX Runtime's workers. */

import { EngineryError, invalidArgument, throwIfAborted, warnOnce } from '../common/index.js';
import { inspectLayers } from './onnxruntime-inspection.js';
import { type SessionMetadata, requireWithin, withShapes } from './onnxruntime-metadata.js';
import { cloneableOptions } from './onnxruntime-options.js';
import { SessionPool } from './onnxruntime-pool.js';
import type { SessionPlan, WorkerSession } from './onnxruntime-session.js';
import { type CopiedFeeds, copyFeeds, fillFetches } from './onnxruntime-tensors.js';
import type {
  CompiledModel,
  Inspection,
  RunOptions,
  ShapeRange,
  TensorValue,
  ValueInfo,
} from './provider.js';

export interface OnnxruntimeModelParts {
  /** How the first session was made; `inspect` makes another one like it. */
  readonly plan: SessionPlan;
  readonly sessions: readonly WorkerSession[];
  readonly metadata: SessionMetadata;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** Runs that may wait for a worker. */
  readonly queueLimit: number;
}

/** Ends the workers of a model that was never released. The pool must not lead back to the model. */
const abandoned = new FinalizationRegistry<SessionPool>((pool) => {
  pool.releaseUnattended();
});

export class OnnxruntimeModel implements CompiledModel {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly description: Readonly<Record<string, string>>;
  readonly #plan: SessionPlan;
  readonly #shapes: ReadonlyMap<string, ShapeRange>;
  readonly #pool: SessionPool;

  /** Throws INVALID_ARGUMENT when the shapes are not the model's. */
  constructor({ plan, sessions, metadata, shapes, queueLimit }: OnnxruntimeModelParts) {
    this.inputs = withShapes(metadata.inputs, shapes);
    this.outputs = metadata.outputs;
    this.description = {
      runtime: 'onnxruntime-node',
      version: plan.engine.version,
      path: plan.engine.path,
      device: plan.provider,
      precision: 'fp32',
      workers: String(sessions.length),
      ...(metadata.omitted.length > 0 && { 'outputs left out': metadata.omitted.join(', ') }),
    };
    this.#plan = plan;
    this.#shapes = shapes;
    this.#pool = new SessionPool(sessions, queueLimit);
    abandoned.register(this, this.#pool, this);
  }

  async run(
    feeds: Readonly<Record<string, TensorValue>>,
    fetches: Readonly<Record<string, TensorValue | null>>,
    { signal, onnxruntime = {} }: RunOptions,
  ): Promise<Record<string, TensorValue>> {
    this.#pool.requireOpen();
    throwIfAborted('the run', signal);
    const wanted = new Map(Object.entries(fetches));
    for (const name of wanted.keys()) this.#output(name);
    const results = await this.#pool.run({
      ...this.#copy(feeds),
      fetches: [...wanted.keys()],
      options: cloneableOptions(onnxruntime),
      signal,
    });
    return fillFetches(results, wanted);
  }

  /** Always throws MODEL_UNSUPPORTED: memory of a worker cannot be handed out. */
  allocate(name: string): TensorValue {
    throw new EngineryError(
      'MODEL_UNSUPPORTED',
      `expected a provider with memory of its own for allocate('${name}'), got '${this.#plan.provider}' ` +
        "(ONNX Runtime in a worker); pass ordinary tensors, or use the provider 'openvino'",
    );
  }

  /**
   * The optimized graph, written by a session made for it. A model in ORT format shows its layers only with feeds, and
   * `properties.layers` says so. Throws RUNTIME_VERSION where this onnxruntime-node writes no graph and no profile (1.20).
   */
  async inspect(feeds?: Readonly<Record<string, TensorValue>>): Promise<Inspection> {
    this.#pool.requireOpen();
    const run = feeds && {
      copied: this.#copy(feeds),
      fetches: this.outputs.map(({ name }) => name),
    };
    if (run === undefined && this.#plan.model.format !== 'onnx') {
      const hint = 'known for this format after a profiled run only: pass feeds';
      return { properties: { ...this.description, layers: hint }, layers: [] };
    }
    return { properties: this.description, layers: await inspectLayers(this.#plan, run) };
  }

  endProfiling(): void {
    for (const ended of this.#pool.endProfiling()) {
      ended.catch((error: unknown) => {
        // The call returned long ago: a warning is the only way to tell that the profile is missing.
        warnOnce(`the profile could not be ended: ${String(error)}`);
      });
    }
  }

  async release(): Promise<void> {
    abandoned.unregister(this);
    await this.#pool.release();
  }

  #output(name: string): ValueInfo {
    const output = this.outputs.find((candidate) => candidate.name === name);
    if (output !== undefined) return output;
    const known = this.outputs.map((candidate) => `'${candidate.name}'`).join(', ');
    throw invalidArgument(`expected the name of an output, got '${name}'; outputs: ${known}`);
  }

  #copy(feeds: Readonly<Record<string, TensorValue>>): CopiedFeeds {
    const copied = copyFeeds(feeds, this.inputs);
    requireWithin(copied.feeds, this.#shapes);
    return copied;
  }
}
