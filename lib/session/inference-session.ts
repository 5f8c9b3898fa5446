/** onnxruntime-node's InferenceSession on the engine that this machine has. */

import type { InferenceSession as OrtSession } from 'onnxruntime-common';
import {
  EngineryError,
  abortError,
  elementCount,
  formatShape,
  invalidArgument,
  optionalBoolean,
  requireArray,
  type CodedError,
} from '../common/index.js';
import {
  createProvider,
  providerRequests,
  type CompiledModel,
  type Inspection,
  type ProviderRefusal,
  type TensorValue,
  type ValueInfo,
} from '../runtime/index.js';
import { Tensor } from '../tensor/index.js';
import { readCreateArguments } from './create-arguments.js';
import { checkFeeds, readFeeds, readFetches, requireAllFeeds, requireFit } from './feeds.js';
import { openSession, type OpenedSession } from './open-session.js';
import { readRunArguments } from './run-arguments.js';
import {
  checkRunOptions,
  checkSessionOptions,
  optionalSignal,
  runOptionsFor,
} from './session-options.js';
import { watchTerminate } from './terminate.js';
import type * as metadata from './value-metadata.js';

/** How a session came to be. */
export interface EngineReport {
  /** The provider that serves. */
  readonly provider: string;
  /** Its runtime: version, library or package, device, precision. */
  readonly runtime: Readonly<Record<string, string>>;
  /** Milliseconds from the call of create to the session. */
  readonly createMs: number;
}

/**
 * A model ready to run, exactly as onnxruntime-node's, plus what that package has no words for: which provider
 * serves and why others do not, memory of the runtime, the layers it executes.
 *
 * @example
 * ```ts
 * import { InferenceSession, Tensor } from 'enginery';
 * const session = await InferenceSession.create('model.onnx', { executionProviders: ['openvino', 'cpu'] });
 * const { logits } = await session.run({ input: new Tensor('float32', data, [1, 1, 8, 8]) });
 * await session.release();
 * ```
 */
export class InferenceSession implements OrtSession {
  readonly #model: CompiledModel;
  readonly #opened: OpenedSession;
  readonly #allOutputs: Readonly<Record<string, null>>;
  /** The inputs' names, in the model's order. */
  readonly inputNames: readonly string[];
  /** The outputs' names, in the model's order. */
  readonly outputNames: readonly string[];
  /** Name, element type and shape of each input; a size that is not fixed is its name in the model, or ''. */
  readonly inputMetadata: readonly metadata.ValueMetadata[];
  /** Name, element type and shape of each output, likewise. */
  readonly outputMetadata: readonly metadata.ValueMetadata[];
  #isReleased = false;

  /** @internal Use `InferenceSession.create` or `createEngine`. */
  constructor(opened: OpenedSession) {
    this.#opened = opened;
    this.#model = opened.model;
    this.inputMetadata = opened.model.inputs.map(metadataFrom);
    this.outputMetadata = opened.model.outputs.map(metadataFrom);
    this.inputNames = opened.model.inputs.map(({ name }) => name);
    this.outputNames = opened.model.outputs.map(({ name }) => name);
    this.#allOutputs = Object.freeze(
      Object.fromEntries(this.outputNames.map((name) => [name, null])),
    );
  }

  /**
   * Loads a model: a path, or bytes (copied at the call). Providers of `executionProviders` are tried in order; each
   * refusal is in `fallbacks` and warned of once; with `strict: true` the first refusal is the error.
   *
   * @throws ERR_ENGINERY_INVALID_ARGUMENT, _OUT_OF_RANGE (options), _MODEL_INVALID, _MODEL_UNSUPPORTED,
   * _RUNTIME_NOT_FOUND, _RUNTIME_SYMBOL, _RUNTIME_VERSION, _ADDON_LOAD, _DEVICE_UNAVAILABLE, _CANCELLED.
   */
  // onnxruntime-node's overloads, one by one: code that names one of them compiles here too.
  /* eslint-disable @typescript-eslint/unified-signatures -- see above */
  static create(path: string, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  /** The same for all bytes of a buffer, which may be shared memory. */
  static create(
    buffer: ArrayBufferLike,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;
  /** The same for a part of a buffer: `byteLength` bytes (default: all that follow) from `byteOffset` on. */
  static create(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;
  /** The same for the bytes of a view, a Buffer for example. */
  static create(
    buffer: Uint8Array,
    options?: InferenceSession.SessionOptions,
  ): Promise<InferenceSession>;
  /* eslint-enable @typescript-eslint/unified-signatures */
  static async create(
    arg0: unknown,
    arg1?: unknown,
    arg2?: unknown,
    arg3?: unknown,
  ): Promise<InferenceSession> {
    const { model, options } = readCreateArguments(arg0, arg1, arg2, arg3);
    const session = checkSessionOptions(options);
    // null, false, 0 and empty text mean absent, as in onnxruntime-common.
    const wanted = options['executionProviders'] || undefined;
    const requests = providerRequests(wanted, 'executionProviders');
    const opened = await openSession(model, {
      providers: requests.map(createProvider),
      isStrict: optionalBoolean(options['strict'], 'sessionOptions.strict') ?? false,
      precision: 'fp32',
      shapes: new Map(),
      session,
      externalData: options['externalData'],
      signal: optionalSignal(options['signal'], 'sessionOptions.signal'),
    });
    return new InferenceSession(opened);
  }

  /** The provider that serves: 'openvino', 'cpu' ... */
  get provider(): string {
    return this.#opened.provider;
  }

  /** Every provider that was asked before and refused, with its reason. */
  get fallbacks(): readonly ProviderRefusal[] {
    return this.#opened.refusals;
  }

  /** How this session came to be. */
  get report(): EngineReport {
    const { provider, createMs } = this.#opened;
    return { provider, runtime: this.#model.description, createMs };
  }

  /**
   * Runs the model off the event loop (runs under 100 us may go inline, option `inlineBelowUs`). Input values are those
   * at the time of the call. `fetches` are output names, or an object of output names to null or to a tensor, which
   * comes back filled. `options.signal` aborts; so does `options.terminate`, also when it becomes true during the run.
   *
   * @throws ERR_ENGINERY_INVALID_ARGUMENT, _OUT_OF_RANGE, _INFERENCE_FAILED, _OUT_OF_MEMORY, _OVERLOADED (option
   * `queueLimit`), _DISPOSED, _CANCELLED.
   */
  run(
    feeds: OrtSession.FeedsType,
    options?: InferenceSession.RunOptions,
  ): Promise<OrtSession.ReturnType>;
  /** The same for some of the outputs, or into tensors of the caller. */
  run(
    feeds: OrtSession.FeedsType,
    fetches: OrtSession.FetchesType,
    options?: InferenceSession.RunOptions,
  ): Promise<OrtSession.ReturnType>;
  async run(feeds: unknown, arg1?: unknown, arg2?: unknown): Promise<OrtSession.ReturnType> {
    const given = readRunArguments(feeds, arg1, arg2, this.outputNames, this.#allOutputs);
    const model = this.#model;
    // onnxruntime-node's order, so that a call with several mistakes is told the same one.
    requireAllFeeds(given.feeds, model.inputs);
    if (this.#isReleased) throw disposed();
    const tensors = readFeeds(given.feeds, model.inputs);
    // Nothing but null in it: there is nothing to check, and most runs are so.
    const hasTargets = given.fetches !== this.#allOutputs;
    const targets = hasTargets ? readFetches(given.fetches, model.outputs) : this.#allOutputs;
    if (arg1 !== undefined) checkRunOptions(given.options);
    requireFit(tensors, model.inputs, 'input');
    if (hasTargets) requireFit(targets, model.outputs, 'output');
    const results =
      arg1 === undefined
        ? await model.run(tensors, targets, {})
        : await this.#runWithOptions(tensors, targets, given.options);
    return this.#tensorsFrom(results, given.fetches);
  }

  async #runWithOptions(
    feeds: Readonly<Record<string, TensorValue>>,
    fetches: Readonly<Record<string, TensorValue | null>>,
    options: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, TensorValue>> {
    const signal = optionalSignal(options['signal'], 'runOptions.signal');
    const onnxruntime = runOptionsFor(options);
    // Last before the run: whatever throws in between, a getter of the caller's too, would leave it watching.
    const watch = watchTerminate(options, signal);
    try {
      return await this.#model.run(feeds, fetches, {
        ...(watch.signal !== undefined && { signal: watch.signal }),
        ...(onnxruntime !== undefined && { onnxruntime }),
      });
    } catch (error) {
      if (watch.isTerminated()) throw terminated();
      if (signal?.aborted === true) throw abortError('the run', signal);
      throw error;
    } finally {
      watch.end();
    }
  }

  /** New tensors of onnxruntime-common's class; the caller's own come back as the same objects. */
  #tensorsFrom(
    results: Readonly<Record<string, TensorValue>>,
    fetches: Readonly<Record<string, unknown>>,
  ): OrtSession.ReturnType {
    const tensors: Record<string, Tensor> = {};
    for (const name of this.outputNames) {
      const result = Object.hasOwn(results, name) ? results[name] : undefined;
      if (result === undefined) continue;
      const own = fetches[name];
      // The caller's tensor was checked by structure: it is what onnxruntime-common would take.
      tensors[name] = own === null || own === undefined ? tensorFromValue(result) : (own as Tensor);
    }
    return tensors;
  }

  /**
   * A tensor in memory of the runtime for an input or an output: fed or fetched again and again it is never copied.
   * Its values may be changed between runs; while a run that uses it is in flight they belong to the runtime.
   * `dims` may be left out where the model's shape is fixed.
   *
   * @throws ERR_ENGINERY_INVALID_ARGUMENT, _OUT_OF_RANGE, _OUT_OF_MEMORY, _MODEL_UNSUPPORTED (provider without it).
   */
  allocate(name: string, dims?: readonly number[]): Tensor {
    if (this.#isReleased) throw disposed();
    return tensorFromValue(this.#model.allocate(name, this.#allocationDims(name, dims)));
  }

  /** The dims to allocate for `name`: the given ones, which must fit the metadata, or those of a fixed shape. */
  #allocationDims(name: string, dims: unknown): readonly number[] {
    const info = [...this.#model.inputs, ...this.#model.outputs].find((one) => one.name === name);
    // A name that the model has not got is the model's to refuse.
    const shape = info?.shape ?? [];
    const given: readonly unknown[] = dims === undefined ? shape : requireArray(dims, 'dims');
    if (info !== undefined && given.length !== shape.length) {
      throw invalidArgument(
        `expected dims ${formatShape(shape)} for '${name}', got ${given.length} of them`,
      );
    }
    const checked = given.map((dim, i) => {
      if (typeof dim !== 'number') {
        throw invalidArgument(
          `expected dims for '${name}', whose shape is ${formatShape(shape)}, with a size at index ${i}`,
        );
      }
      const fixed = shape[i];
      if (typeof fixed === 'number' && fixed !== dim) {
        throw invalidArgument(
          `expected dims ${formatShape(shape)} for '${name}', got ${dim} at index ${i}`,
        );
      }
      return dim;
    });
    elementCount(checked, name);
    return checked;
  }

  /**
   * The layers that the runtime executes, with what was fused into them; with feeds also their times in one run.
   * Works on a profiled copy of the model, compiled for this call, unless the session has `enableProfiling`.
   *
   * @throws ERR_ENGINERY_INVALID_ARGUMENT (feeds, or OpenVINO's model was given as bytes), _RUNTIME_VERSION, _DISPOSED.
   */
  async inspect(options: { readonly feeds?: OrtSession.FeedsType } = {}): Promise<Inspection> {
    if (this.#isReleased) throw disposed();
    const { feeds } = options;
    return this.#model.inspect(
      feeds === undefined ? undefined : checkFeeds(feeds, this.#model.inputs),
    );
  }

  /** Nothing to start: `enableProfiling` decides at create, as in onnxruntime-node. */
  startProfiling(): void {
    // A no-op there too.
  }

  /** Ends the profile file, where `enableProfiling` is on; later runs are in no file. */
  endProfiling(): void {
    if (this.#isReleased) throw disposed();
    this.#model.endProfiling();
  }

  /**
   * Frees the model. Runs that were accepted end first; later ones, and a second release, reject with
   * ERR_ENGINERY_DISPOSED.
   */
  async release(): Promise<void> {
    if (this.#isReleased) throw disposed();
    this.#isReleased = true;
    await this.#model.release();
  }

  /** `await using`: releases unless that has been done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isReleased) await this.release();
  }
}

// Types only, under the names that onnxruntime-node has: nothing of it is left in the JavaScript.
// eslint-disable-next-line @typescript-eslint/no-namespace -- InferenceSession.SessionOptions is the upstream name
export declare namespace InferenceSession {
  type OnnxValueMapType = OrtSession.OnnxValueMapType;
  type NullableOnnxValueMapType = OrtSession.NullableOnnxValueMapType;
  type FeedsType = OrtSession.FeedsType;
  type FetchesType = OrtSession.FetchesType;
  type ReturnType = OrtSession.ReturnType;
  type ValueMetadata = metadata.ValueMetadata;
  type ValueMetadataBase = metadata.ValueMetadataBase;
  type TensorValueMetadata = metadata.TensorValueMetadata;
  type NonTensorValueMetadata = metadata.NonTensorValueMetadata;
  type ExecutionProviderConfig = OrtSession.ExecutionProviderConfig;
  type ExecutionProviderName = OrtSession.ExecutionProviderName;
  type ExecutionProviderOption = OrtSession.ExecutionProviderOption;
  type ExecutionProviderOptionMap = OrtSession.ExecutionProviderOptionMap;
  type CpuExecutionProviderOption = OrtSession.CpuExecutionProviderOption;
  type CudaExecutionProviderOption = OrtSession.CudaExecutionProviderOption;
  type CoreMLExecutionProviderOption = OrtSession.CoreMLExecutionProviderOption;
  type DmlExecutionProviderOption = OrtSession.DmlExecutionProviderOption;
  type TensorRtExecutionProviderOption = OrtSession.TensorRtExecutionProviderOption;
  type WebGpuExecutionProviderOption = OrtSession.WebGpuExecutionProviderOption;
  type WebAssemblyExecutionProviderOption = OrtSession.WebAssemblyExecutionProviderOption;
  type WebGLExecutionProviderOption = OrtSession.WebGLExecutionProviderOption;
  type XnnpackExecutionProviderOption = OrtSession.XnnpackExecutionProviderOption;
  type QnnExecutionProviderOption = OrtSession.QnnExecutionProviderOption;
  type NnapiExecutionProviderOption = OrtSession.NnapiExecutionProviderOption;
  type WebNNExecutionProviderName = OrtSession.WebNNExecutionProviderName;
  type WebNNContextOptions = OrtSession.WebNNContextOptions;
  type WebNNOptionsWithoutMLContext = OrtSession.WebNNOptionsWithoutMLContext;
  type WebNNOptionsWithMLContext = OrtSession.WebNNOptionsWithMLContext;
  type WebNNOptionsWebGpu = OrtSession.WebNNOptionsWebGpu;
  type WebNNExecutionProviderOption = OrtSession.WebNNExecutionProviderOption;
  /** onnxruntime-common's session options, and what this package adds. */
  interface SessionOptions extends Omit<OrtSession.SessionOptions, 'executionProviders'> {
    /** Names, or objects with a name and the provider's options; absent or empty: openvino, cpu. */
    executionProviders?: readonly (
      | OrtSession.ExecutionProviderConfig
      | {
          /** 'openvino', 'cpu', or an execution provider of ONNX Runtime. */
          name: string;
          [option: string]: unknown;
        }
    )[];
    /** The first provider's refusal is the error, instead of the next provider's turn. */
    strict?: boolean;
    /** Aborts the creation. */
    signal?: AbortSignal;
  }
  /** onnxruntime-common's run options, and what this package adds. */
  interface RunOptions extends OrtSession.RunOptions {
    /** Aborts the run; it rejects with ERR_ENGINERY_CANCELLED, name AbortError. */
    signal?: AbortSignal;
  }
}

/** The properties in onnxruntime-node's order, for programs that print them. */
function metadataFrom({ name, type, shape }: ValueInfo): metadata.TensorValueMetadata {
  return { name, isTensor: true, type, shape };
}

function disposed(): CodedError {
  return new EngineryError('DISPOSED', 'Session already disposed.');
}

function terminated(): CodedError {
  return new EngineryError('CANCELLED', 'Exiting due to terminate flag being set to true.');
}

function tensorFromValue({ type, dims, data }: TensorValue): Tensor {
  // onnxruntime-common's overloads want each type beside its array; TensorValue promises that they fit.
  return new Tensor(type as 'float32', data as Float32Array, dims);
}
