/** Calibration: runs samples through the float model and gathers statistics of chosen tensors (quantization.md 4.1). */

import { createHash } from 'node:crypto';
import {
  EngineryError,
  isCodedError,
  messageFromUnknown,
  throwIfAborted,
  warnOnce,
} from '../common/index.js';
import { encodeModel, type ModelProto, NameAllocator, type ValueInfoProto } from '../onnx/index.js';
import type { TensorContent } from '../tensor/index.js';
import type { CalibrationTable } from './calibration-table.js';
import type { Feeds, LoadedModel, ModelRunner } from './calibrator/model-runner.js';
import { modelWithExtrema, modelWithSizes, modelWithValues } from './calibrator/observed-model.js';
import {
  batchSizeOf,
  SampleDigest,
  SampleReader,
  splitBatch,
  type SampleSource,
} from './calibrator/sample-source.js';
import { packTensors } from './calibrator/tensor-groups.js';
import { TensorObserver } from './observer.js';

/** Where calibration is. */
export interface CalibrationProgress {
  /** Samples done in this pass. */
  readonly samples: number;
  /** The pass over the data, from 1, and how many there will be. */
  readonly pass: number;
  readonly passes: number;
}

export interface CalibrateOptions {
  readonly data: SampleSource;
  readonly runner: ModelRunner;
  /** The tensors to observe, in the order of the graph. */
  readonly tensors: readonly string[];
  /** Those of them whose largest magnitude by channel is wanted too (inputs of MatMul). Needs histograms. */
  readonly channelTensors?: readonly string[];
  /** 'extrema' leaves the values in the runtime and is enough for MinMax. Default 'histogram'. */
  readonly statistics?: 'histogram' | 'extrema';
  /** Bytes of tensors handed out by one run. Default 256 MiB. */
  readonly budgetBytes?: number;
  readonly onProgress?: (progress: CalibrationProgress) => void;
  readonly signal?: AbortSignal;
}

const DEFAULT_BUDGET_BYTES = 256 * 1024 * 1024;
/** Fewer samples cost accuracy that can be measured (digits: 4 samples 21.2 dB, 32 samples 30.7 dB). */
const FEWEST_SAMPLES = 32;

/** SHA-256 of a model as it is encoded. */
export function modelDigest(model: ModelProto): string {
  return createHash('sha256').update(encodeModel(model)).digest('hex');
}

/**
 * Gathers statistics of `tensors` over all samples. They are float32; those that are empty
 * are left out of the table.
 * Throws INVALID_ARGUMENT for wrong samples, CALIBRATION_FAILED where the model cannot be run, CANCELLED.
 */
export async function calibrate(
  model: ModelProto,
  options: CalibrateOptions,
): Promise<CalibrationTable> {
  return new Calibration(model, options).run();
}

class Calibration {
  readonly #model: ModelProto;
  readonly #options: CalibrateOptions;
  readonly #samples: SampleReader;
  readonly #names: NameAllocator;
  readonly #observers = new Map<string, TensorObserver>();

  constructor(model: ModelProto, options: CalibrateOptions) {
    this.#model = model;
    this.#options = options;
    const graph = model.graph;
    const constants = new Set(graph?.initializer.map(({ name }) => name));
    const inputs = (graph?.input ?? []).map(({ name }) => name);
    this.#samples = new SampleReader(
      options.data,
      inputs.filter((name) => !constants.has(name)),
    );
    this.#names = new NameAllocator(model);
    const channelTensors = new Set(options.channelTensors);
    for (const name of options.tensors) {
      const histogram = options.statistics !== 'extrema';
      const channels = histogram && channelTensors.has(name);
      this.#observers.set(name, new TensorObserver({ histogram, channels }));
    }
  }

  async run(): Promise<CalibrationTable> {
    const { isReplayable } = this.#samples;
    const { sizes, rest } = await this.#probe(isReplayable);
    const groups = this.#groups(sizes, isReplayable);
    const digest = new SampleDigest();
    let samples = 0;
    for (const [index, group] of groups.entries()) {
      const isFirst = index === 0;
      const source = isFirst && rest !== undefined ? rest : this.#samples.read();
      const count = await this.#pass(group, source, {
        pass: index + 1,
        passes: groups.length,
        digest: isFirst ? digest : undefined,
        splits: !isReplayable && !(this.#model.graph?.input ?? []).some(hasFixedBatch),
      });
      if (isFirst) samples = count;
      else if (count !== samples) {
        throw new EngineryError(
          'CALIBRATION_FAILED',
          `expected the same samples in every pass over calibration data, got ${samples} and then ${count}; give an array, or data that does not change`,
        );
      }
    }
    this.#warn(samples);
    const tensors = new Map(Array.from(this.#observers).filter(([name]) => sizes.has(name)));
    return {
      modelDigest: modelDigest(this.#model),
      dataDigests: [digest.hex()],
      samples,
      tensors,
    };
  }

  /** Bytes of each tensor in the first run; and, where data comes once only, a source that still begins with it. */
  async #probe(
    isReplayable: boolean,
  ): Promise<{ sizes: Map<string, number>; rest: AsyncGenerator<Feeds> | undefined }> {
    const source = this.#samples.read();
    const first = await source.next();
    if (first.done === true) throw new EngineryError('INTERNAL', 'no sample, and no error');
    const { bytes, outputs } = modelWithSizes(this.#model, this.#options.tensors, this.#names);
    const feeds = first.value;
    const fetches = await this.#withModel(bytes, (loaded) => this.#runModel(loaded, feeds, 0));
    const sizes = new Map<string, number>();
    for (const [tensor, output] of outputs) {
      const elements = Number(valueOf(fetches, output).data[0] ?? 0);
      if (elements > 0) sizes.set(tensor, elements * Float32Array.BYTES_PER_ELEMENT);
    }
    if (!isReplayable) return { sizes, rest: resumed(feeds, source) };
    await source.return(undefined);
    return { sizes, rest: undefined };
  }

  #groups(
    sizes: ReadonlyMap<string, number>,
    isReplayable: boolean,
  ): readonly (readonly string[])[] {
    const { statistics, budgetBytes = DEFAULT_BUDGET_BYTES } = this.#options;
    // Scalars need no budget; data that comes once only allows no second pass.
    const isOnePass = statistics === 'extrema' || !isReplayable;
    const groups = packTensors(sizes, isOnePass ? Infinity : budgetBytes);
    // Without any tensor the samples are still counted and digested.
    return groups.length === 0 ? [[]] : groups;
  }

  /** One pass over the data for one group of tensors; resolves to the number of samples. */
  async #pass(
    group: readonly string[],
    source: AsyncIterable<Feeds>,
    pass: {
      readonly pass: number;
      readonly passes: number;
      readonly digest: SampleDigest | undefined;
      readonly splits: boolean;
    },
  ): Promise<number> {
    const { signal, onProgress } = this.#options;
    const observed = this.#observedModel(group);
    return this.#withModel(observed.bytes, async (loaded) => {
      let samples = 0;
      for await (const feeds of source) {
        pass.digest?.add(feeds);
        for (const part of pass.splits ? splitBatch(feeds) : [feeds]) {
          throwIfAborted('calibration', signal);
          const batch = batchSizeOf(part);
          observed.take(await this.#runModel(loaded, part, samples), batch);
          samples += batch;
          onProgress?.({ samples, pass: pass.pass, passes: pass.passes });
        }
      }
      return samples;
    });
  }

  /** The model of one group, and what to do with its outputs: they are dropped before the next run. */
  #observedModel(group: readonly string[]): {
    readonly bytes: Uint8Array;
    readonly take: (fetches: Readonly<Record<string, TensorContent>>, batch: number) => void;
  } {
    if (this.#options.statistics === 'extrema') {
      const { bytes, outputs } = modelWithExtrema(this.#model, group, this.#names);
      const take = (fetches: Readonly<Record<string, TensorContent>>): void => {
        for (const [tensor, { min, max }] of outputs) {
          const low = float32Of(valueOf(fetches, min));
          const high = float32Of(valueOf(fetches, max));
          this.#observers.get(tensor)?.observeExtrema(low[0] ?? NaN, high[0] ?? NaN);
        }
      };
      return { bytes, take };
    }
    const { bytes, outputs } = modelWithValues(this.#model, group, this.#names);
    const take = (fetches: Readonly<Record<string, TensorContent>>, batch: number): void => {
      for (const [tensor, output] of outputs) {
        const value = valueOf(fetches, output);
        const samples = value.dims[0] === batch ? batch : 1;
        this.#observers.get(tensor)?.observe(float32Of(value), value.dims, samples);
      }
    };
    return { bytes, take };
  }

  async #runModel(
    loaded: LoadedModel,
    feeds: Feeds,
    sample: number,
  ): Promise<Readonly<Record<string, TensorContent>>> {
    try {
      return await loaded.run(feeds);
    } catch (error) {
      throw calibrationError(`sample ${sample} does not run`, error);
    }
  }

  async #withModel<T>(bytes: Uint8Array, use: (loaded: LoadedModel) => Promise<T>): Promise<T> {
    const { runner, signal } = this.#options;
    throwIfAborted('calibration', signal);
    let loaded: LoadedModel;
    try {
      loaded = await runner.load(bytes, signal);
    } catch (error) {
      throw calibrationError('the model with its inner tensors as outputs does not load', error);
    }
    try {
      return await use(loaded);
    } finally {
      await loaded.release();
    }
  }

  #warn(samples: number): void {
    if (samples < FEWEST_SAMPLES) {
      warnOnce(
        `calibration with ${samples} samples: fewer than ${FEWEST_SAMPLES} cost accuracy; give more`,
      );
    }
    for (const [name, { nan, infinite }] of this.#observers) {
      if (nan + infinite === 0) continue;
      warnOnce(
        `calibration ignored ${nan} NaN and ${infinite} infinite values of tensor "${name}"; check the samples and the model`,
      );
    }
  }
}

/** Does an input take batches of one size only, which cannot be taken apart? */
function hasFixedBatch({ type }: ValueInfoProto): boolean {
  const [first] = (type?.value.case === 'tensorType' && type.value.value.shape?.dim) || [];
  return first?.value.case === 'dimValue' && first.value.value > 1n;
}

/** `first`, then what is left of `rest`. */
async function* resumed(first: Feeds, rest: AsyncGenerator<Feeds>): AsyncGenerator<Feeds> {
  yield first;
  yield* rest;
}

function valueOf(fetches: Readonly<Record<string, TensorContent>>, name: string): TensorContent {
  const value = fetches[name];
  if (value !== undefined) return value;
  throw new EngineryError(
    'CALIBRATION_FAILED',
    `expected output "${name}" from the model runner, got ${Object.keys(fetches).join(', ') || 'none'}`,
  );
}

function float32Of({ type, data }: TensorContent): Float32Array {
  // By the type, not by the class: another realm's Float32Array is one too.
  if (type === 'float32') return data as Float32Array;
  throw new EngineryError(
    'CALIBRATION_FAILED',
    `expected float32 values from the model runner, got ${type}; quantize the float32 model`,
  );
}

/** A coded error (cancelled, out of memory, no runtime) goes through as it is. */
function calibrationError(what: string, error: unknown): Error {
  if (isCodedError(error)) return error;
  return new EngineryError(
    'CALIBRATION_FAILED',
    `calibration failed: ${what} (${messageFromUnknown(error)}); run the model with this data first`,
    { cause: error },
  );
}
