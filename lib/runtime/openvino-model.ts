/** A model compiled by OpenVINO: feeds in, fetches out, over the addon. */

import {
  EngineryError,
  abortError,
  arrayOver,
  errorFromNative,
  formatShape,
  invalidArgument,
  messageFromUnknown,
  nextTurn,
  type NumericDtype,
} from '../common/index.js';
import { engineMemoryOf, registerEngineMemory } from './engine-memory.js';
import { RunTimes, planInline, spendInline } from './inline-budget.js';
import { ask, nativeAddon, withTicket } from './native.js';
import type { NativeCompiled, NativeInput, NativeOutput, NativeTarget } from './native-types.js';
import { layersOfLastRun, shownProperties } from './openvino-inspection.js';
import type { OpenVinoProfile, ProfiledSpan } from './openvino-profile.js';
import type { CompiledModel, Inspection, RunOptions, TensorValue, ValueInfo } from './provider.js';
import { overloaded } from './queue-limit.js';

/** What a model keeps of its compilation. */
export interface OpenVinoModelParts {
  readonly compiled: NativeCompiled;
  readonly inputs: readonly ValueInfo[];
  /** Names of the inputs that the compiled model takes, in its order: OpenVINO drops those that nothing depends on. */
  readonly fed: readonly string[];
  readonly outputs: readonly ValueInfo[];
  readonly description: Readonly<Record<string, string>>;
  readonly inlineBelowUs: number;
  /** Runs that may wait for a request. */
  readonly queueLimit: number;
  /** The file that enableProfiling asks for. */
  readonly profile?: OpenVinoProfile | undefined;
  /** Compiles a throw-away copy that measures its layers; undefined where the model's bytes are gone. */
  readonly compileProfiled: (() => Promise<OpenVinoModel>) | undefined;
  readonly isProfiled: boolean;
}

/** Shapes whose times are remembered; a model fed with ever new shapes forgets the old ones. */
const MOST_SIGNATURES = 64;

/** A run as the addon takes it. */
interface NativeRun {
  readonly inputs: NativeInput[];
  readonly dims: (readonly number[])[] | undefined;
  readonly targets: NativeTarget[];
  readonly times: RunTimes;
}

export class OpenVinoModel implements CompiledModel {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly description: Readonly<Record<string, string>>;

  readonly #parts: OpenVinoModelParts;
  readonly #handle: NativeCompiled['handle'];
  readonly #isStatic: boolean;
  readonly #times = new Map<string, RunTimes>();
  #lastDims: readonly (readonly number[])[] | undefined;
  #lastTimes: RunTimes | undefined;
  /** Asynchronous runs that have not ended. */
  #inFlight = 0;
  #profile: OpenVinoProfile | undefined;

  constructor(parts: OpenVinoModelParts) {
    this.#parts = parts;
    this.#handle = parts.compiled.handle;
    this.inputs = parts.inputs;
    this.outputs = parts.outputs;
    this.description = parts.description;
    this.#isStatic = parts.compiled.inputs.every((port) => port.isStatic);
    this.#profile = parts.profile;
  }

  async run(
    feeds: Readonly<Record<string, TensorValue>>,
    fetches: Readonly<Record<string, TensorValue | null>>,
    { signal }: RunOptions,
  ): Promise<Record<string, TensorValue>> {
    if (signal?.aborted === true) throw abortError('the run', signal);
    const run = this.#nativeRun(feeds, fetches);
    const plan = run.times.isShort ? planInline() : 'asynchronous';
    if (plan !== 'asynchronous') {
      let isBusy = false;
      try {
        const outputs = this.#runInline(run);
        isBusy = outputs === undefined;
        if (outputs !== undefined) return this.#results(outputs, fetches);
      } finally {
        // A run that found every request busy starts at once: its inputs are not copied before.
        if (plan === 'inline-then-yield' && !isBusy) await nextTurn();
      }
    }
    return this.#results(await this.#runAsynchronously(run, signal), fetches);
  }

  /** Reads the feeds and fetches; the session has checked names, types and dims against the metadata. */
  #nativeRun(
    feeds: Readonly<Record<string, TensorValue>>,
    fetches: Readonly<Record<string, TensorValue | null>>,
  ): NativeRun {
    const inputs: NativeInput[] = [];
    const dims: (readonly number[])[] | undefined = this.#isStatic ? undefined : [];
    for (const name of this.#parts.fed) {
      const tensor = feeds[name];
      if (tensor === undefined) throw new EngineryError('INTERNAL', `no feed for input '${name}'`);
      inputs.push(nativeData(tensor, name));
      dims?.push(tensor.dims);
    }
    const targets: NativeTarget[] = [];
    for (const { name } of this.outputs) {
      const wanted = fetches[name];
      targets.push(wanted === undefined || wanted === null ? wanted : nativeData(wanted, name));
    }
    return { inputs, dims, targets, times: this.#timesOf(dims) };
  }

  /** The times of this input-shape signature. */
  #timesOf(dims: readonly (readonly number[])[] | undefined): RunTimes {
    // A model of fixed shapes, or the shapes of the last run: no text is made for them.
    if (this.#lastTimes !== undefined && (dims === undefined || isSameDims(dims, this.#lastDims))) {
      return this.#lastTimes;
    }
    const signature = dims === undefined ? '' : dims.map((one) => one.join('x')).join(',');
    let times = this.#times.get(signature);
    if (times === undefined) {
      if (this.#times.size >= MOST_SIGNATURES) this.#times.clear();
      times = new RunTimes();
      this.#times.set(signature, times);
    }
    // Copies: the caller's dims arrays are the caller's to change.
    this.#lastDims = dims?.map((one) => [...one]);
    this.#lastTimes = times;
    return times;
  }

  /** Undefined when every request is busy. */
  #runInline(run: NativeRun): readonly NativeOutput[] | undefined {
    const start = performance.now();
    const span = this.#profile?.begin();
    let outputs: readonly NativeOutput[] | undefined;
    try {
      outputs = nativeAddon().infer(this.#handle, run.inputs, run.dims, run.targets);
      return outputs;
    } catch (error) {
      throw runError(error, run);
    } finally {
      // A run that fails has taken its time too.
      const timeUs = (performance.now() - start) * 1000;
      run.times.add(timeUs, this.#parts.inlineBelowUs);
      spendInline(timeUs);
      this.#endSpan(span, outputs !== undefined, timeUs);
    }
  }

  async #runAsynchronously(
    run: NativeRun,
    signal: AbortSignal | undefined,
  ): Promise<readonly NativeOutput[]> {
    const { compiled, queueLimit } = this.#parts;
    if (this.#inFlight >= compiled.requests + queueLimit) {
      throw overloaded(queueLimit, 'option openvino.queueLimit');
    }
    const addon = nativeAddon();
    let ticket = 0;
    const abort = (): void => {
      addon.cancel(this.#handle, ticket);
    };
    const span = this.#profile?.begin();
    this.#inFlight++;
    try {
      return await new Promise<readonly NativeOutput[]>((resolve, reject) => {
        const pending = {
          // The addon's answer to start() is its outputs (native-types.ts).
          resolve: (value: unknown, timeUs: number): void => {
            run.times.add(timeUs, this.#parts.inlineBelowUs);
            resolve(value as readonly NativeOutput[]);
            this.#endSpan(span, true, timeUs);
          },
          reject,
        };
        ticket = withTicket(pending, (given) => {
          addon.start(this.#handle, given, run.inputs, run.dims, run.targets);
        });
        signal?.addEventListener('abort', abort, { once: true });
      });
    } catch (error) {
      // Here for a run that could not be started too.
      this.#endSpan(span, false, 0);
      // A run that was cancelled says so with the caller's reason. Made here, the error has the caller's stack.
      if (signal?.aborted === true) throw abortError('the run', signal);
      throw runError(error, run);
    } finally {
      this.#inFlight--;
      signal?.removeEventListener('abort', abort);
    }
  }

  /** While a run settles the addon's profile is that of this run. */
  #endSpan(span: ProfiledSpan | undefined, isDone: boolean, timeUs: number): void {
    if (span === undefined || this.#profile === undefined) return;
    const layers = isDone ? nativeAddon().profile(this.#handle) : undefined;
    this.#profile.end(span, layers, timeUs);
  }

  #results(
    outputs: readonly NativeOutput[],
    fetches: Readonly<Record<string, TensorValue | null>>,
  ): Record<string, TensorValue> {
    const results: Record<string, TensorValue> = {};
    for (let i = 0; i < this.outputs.length; i++) {
      const info = this.outputs[i];
      if (info === undefined) continue;
      const wanted = fetches[info.name];
      if (wanted === undefined) continue;
      const output = outputs[i];
      if (wanted !== null) {
        if (output !== undefined && 'dims' in output)
          requireSameDims(output.dims, wanted, info.name);
        results[info.name] = wanted;
        continue;
      }
      results[info.name] = tensorFromOutput(output, info);
    }
    return results;
  }

  allocate(name: string, dims: readonly number[]): TensorValue {
    const isInput = this.inputs.some((info) => info.name === name);
    const info = (isInput ? this.inputs : this.outputs).find((one) => one.name === name);
    const names = isInput ? this.#parts.fed : this.outputs.map((one) => one.name);
    const index = names.indexOf(name);
    if (info === undefined || index < 0) {
      const all = [...this.#parts.fed, ...this.outputs.map((one) => one.name)].join(', ');
      throw invalidArgument(
        `expected the name of an input or output to allocate, got "${name}"; there are: ${all}`,
      );
    }
    const type = numericType(info);
    let memory;
    try {
      memory = nativeAddon().allocate(this.#handle, isInput, index, dims);
    } catch (error) {
      throw errorFromNative(error);
    }
    registerEngineMemory(memory.buffer, { handle: memory.handle, dims: [...dims] });
    return { type, dims: [...dims], data: arrayOver(type, memory.buffer) };
  }

  async inspect(feeds?: Readonly<Record<string, TensorValue>>): Promise<Inspection> {
    if (!this.#parts.isProfiled) {
      if (this.#parts.compileProfiled === undefined) {
        throw invalidArgument(
          'expected a model given as a path, or session option enableProfiling: true with a profileFilePrefix, or ' +
            "openvino.properties { PERF_COUNT: 'YES' }, to inspect its layers: the model's bytes are not kept",
        );
      }
      const profiled = await this.#parts.compileProfiled();
      try {
        return await profiled.inspect(feeds);
      } finally {
        await profiled.release();
      }
    }
    if (feeds !== undefined) {
      const fetches = Object.fromEntries(this.outputs.map(({ name }) => [name, null]));
      // The first run of a shape also prepares kernels; the second one's times are those of every later run.
      await this.run(feeds, fetches, {});
      await this.run(feeds, fetches, {});
    }
    const layers = feeds === undefined ? [] : layersOfLastRun(this.#handle);
    return { properties: shownProperties(this.#handle), layers };
  }

  endProfiling(): void {
    this.#profile?.finish();
    this.#profile = undefined;
  }

  async release(): Promise<void> {
    try {
      await ask((ticket) => {
        nativeAddon().release(this.#handle, ticket);
      });
    } catch (error) {
      throw errorFromNative(error);
    }
    // With the runs that were accepted in it, as in onnxruntime-node.
    this.endProfiling();
  }
}

/** A failed run; OpenVINO's words for an output that does not fit into the caller's memory (2026.4.1) become ours. */
function runError(error: unknown, run: NativeRun): Error {
  const hasTargets = run.targets.some((target) => target !== undefined && target !== null);
  if (hasTargets && /Could set new shape/i.test(messageFromUnknown(error))) {
    return invalidArgument(
      'expected an engine-owned tensor as large as the output, but the output is larger: ' +
        'allocate it with the dims that come out, or fetch the output by name',
      { cause: error },
    );
  }
  return errorFromNative(error);
}

function isSameDims(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[] | undefined,
): boolean {
  if (a.length !== b?.length) return false;
  return a.every((dims, i) => {
    const other = b[i];
    return dims.length === other?.length && dims.every((dim, j) => dim === other[j]);
  });
}

/** A tensor's memory for the addon: the engine's own, or a typed array (float16 as its bits). */
function nativeData(tensor: TensorValue, name: string): NativeInput {
  const { data } = tensor;
  // TensorValue's data is a typed array unless its type is string, which this provider refuses at compile.
  if (!ArrayBuffer.isView(data)) {
    throw invalidArgument(`expected a typed array for '${name}', got ${typeof data}`);
  }
  return engineMemoryOf(data, tensor.dims)?.handle ?? data;
}

/** Strings never get here: compile refuses models with string tensors. */
function numericType(info: ValueInfo): NumericDtype {
  if (info.type === 'string')
    throw new EngineryError('INTERNAL', `'${info.name}' is a string tensor`);
  return info.type;
}

function tensorFromOutput(output: NativeOutput, info: ValueInfo): TensorValue {
  const type = numericType(info);
  if (output === undefined) throw new EngineryError('INTERNAL', `no data for '${info.name}'`);
  if (!('dims' in output)) {
    // Only the buffer: the port's shape is fixed.
    return { type, dims: info.shape.map(Number), data: arrayOver(type, output) };
  }
  if (output.buffer === undefined) {
    throw new EngineryError('INTERNAL', `no data for '${info.name}'`);
  }
  return { type, dims: output.dims, data: arrayOver(type, output.buffer) };
}

function requireSameDims(dims: readonly number[], tensor: TensorValue, name: string): void {
  if (dims.length === tensor.dims.length && dims.every((dim, i) => dim === tensor.dims[i])) return;
  throw invalidArgument(
    `expected a tensor of dims ${formatShape(dims)} for output '${name}', got ${formatShape(tensor.dims)}`,
  );
}
