/** The common way of InferenceSession.create and createEngine: read, compile with the first provider that serves. */

import { didYouMean, formatShape, invalidArgument } from '../common/index.js';
import {
  compileWithFirst,
  type CompiledModel,
  type ModelSource,
  type Precision,
  type Provider,
  type ProviderRefusal,
  type ShapeRange,
} from '../runtime/index.js';
import { withDimensionOverrides } from './dimension-overrides.js';
import { loadModelSource } from './model-source.js';
import { checkOutputLocation } from './session-options.js';

/** What createEngine tells while it works. */
export interface EngineProgress {
  /** 'read' the model, 'compile' it with a provider, 'ready'. */
  readonly phase: 'read' | 'compile' | 'ready';
  /** The provider being tried; '' while the model is read. */
  readonly provider: string;
  /** Milliseconds since the call. */
  readonly elapsedMs: number;
}

export interface OpenOptions {
  readonly providers: readonly Provider[];
  readonly isStrict: boolean;
  readonly precision: Precision;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** onnxruntime-node's session options, checked. */
  readonly session: Readonly<Record<string, unknown>>;
  readonly externalData?: unknown;
  readonly weights?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EngineProgress) => void) | undefined;
}

export interface OpenedSession {
  readonly model: CompiledModel;
  readonly provider: string;
  readonly refusals: readonly ProviderRefusal[];
  readonly createMs: number;
}

/** Between phases a caller hears this often that work goes on. */
const HEARTBEAT_MS = 500;

/** Tells `onProgress` of phases and, in between, that work goes on. What it throws ends the creation. */
class ProgressReport {
  readonly #start = performance.now();
  readonly #onProgress: OpenOptions['onProgress'];
  readonly #timer: NodeJS.Timeout | undefined;
  #phase: EngineProgress['phase'] = 'read';
  #provider = '';
  #failure: { readonly thrown: unknown } | undefined;

  constructor(onProgress: OpenOptions['onProgress']) {
    this.#onProgress = onProgress;
    if (onProgress === undefined) return;
    this.#timer = setInterval(() => {
      this.#tell();
    }, HEARTBEAT_MS);
  }

  get elapsedMs(): number {
    return performance.now() - this.#start;
  }

  #tell(): void {
    if (this.#failure !== undefined) return;
    const { elapsedMs } = this;
    try {
      this.#onProgress?.({ phase: this.#phase, provider: this.#provider, elapsedMs });
    } catch (thrown) {
      // From a timer it would end the process: the next phase throws it, to whoever creates the session.
      this.#failure = { thrown };
    }
  }

  enter(phase: EngineProgress['phase'], provider: string): void {
    this.#phase = phase;
    this.#provider = provider;
    this.#tell();
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

/** Reads the model and compiles it. `model` is a path or bytes that nobody else writes to. */
export async function openSession(
  model: string | Uint8Array,
  options: OpenOptions,
): Promise<OpenedSession> {
  const { signal } = options;
  const progress = new ProgressReport(options.onProgress);
  try {
    progress.enter('read', '');
    const source = await loadModelSource(model, {
      signal,
      weights: options.weights,
      externalData: options.externalData,
    });
    checkShapes(options.shapes, source.outline);
    const { freeDimensionOverrides, ...session } = options.session;
    const resolution = await compileWithFirst(
      source,
      options.providers,
      {
        precision: options.precision,
        shapes: withDimensionOverrides(options.shapes, freeDimensionOverrides, source.outline),
        session,
        isStrict: options.isStrict,
        ...(signal === undefined ? {} : { signal }),
      },
      options.isStrict,
      (provider) => {
        progress.enter('compile', provider);
      },
    );
    try {
      checkOutputLocation(
        session['preferredOutputLocation'],
        resolution.model.outputs.map(({ name }) => name),
      );
      progress.enter('ready', resolution.provider);
    } catch (error) {
      await resolution.model.release();
      throw error;
    }
    return { ...resolution, createMs: progress.elapsedMs };
  } finally {
    progress.end();
  }
}

/** Wrong shapes are the caller's, not a provider's reason to refuse: OpenVINO would take another rank in silence. */
function checkShapes(shapes: OpenOptions['shapes'], outline: ModelSource['outline']): void {
  if (outline === undefined) return;
  const names = outline.inputs.map(({ name }) => name);
  for (const [name, range] of shapes) {
    const input = outline.inputs.find((one) => one.name === name);
    if (input === undefined) {
      throw invalidArgument(
        `expected the name of an input in shapes, got "${name}"${didYouMean(name, names)}; there are: ${names.join(', ')}`,
      );
    }
    const { shape } = input;
    if (shape === undefined) continue;
    const fits =
      shape.length === range.length &&
      shape.every((dim, i) => typeof dim === 'string' || isWithin(dim, range[i]));
    if (!fits) {
      throw invalidArgument(
        `expected sizes that fit ${formatShape(shape)} for shapes.${name}, got ${formatRange(range)}`,
      );
    }
  }
}

function isWithin(dim: number, range: readonly [number, number] | undefined): boolean {
  return range !== undefined && range[0] <= dim && dim <= range[1];
}

function formatRange(range: ShapeRange): string {
  return formatShape(range.map(([min, max]) => (min === max ? min : `${min}..${max}`)));
}
