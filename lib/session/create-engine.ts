/** createEngine: a session with the options that onnxruntime-node has no words for. */

import {
  expected,
  invalidArgument,
  optionalBoolean,
  optionalChoice,
  optionalString,
  outOfRange,
  rejectUnknownKeys,
  requireRecord,
} from '../common/index.js';
import {
  checkOnnxruntimeOptions,
  createProvider,
  providerRequests,
  type OnnxruntimeOptions,
  type OpenVinoOptions,
  type Precision,
  type Provider,
  type ShapeRange,
} from '../runtime/index.js';
import { readCreateArguments } from './create-arguments.js';
import { InferenceSession } from './inference-session.js';
import { openSession, type EngineProgress } from './open-session.js';
import { checkSessionOptions, optionalSignal } from './session-options.js';

/** Sizes of one input: fixed ones, or the smallest, the usual and the largest that will be fed. */
export type InputShape =
  | readonly number[]
  | {
      /** The smallest size of each dimension, 0 or more. */
      readonly min: readonly number[];
      /** The size to compute fastest; default: the largest. */
      readonly opt?: readonly number[];
      /** The largest size of each dimension. */
      readonly max: readonly number[];
    };

/** A provider by name, alone or with its options. */
export type ProviderChoice =
  | string
  | {
      /** 'openvino', 'cpu', or an execution provider of ONNX Runtime. */
      readonly name: string;
      readonly [option: string]: unknown;
    };

/** Options of {@link createEngine}; all optional. */
export interface EngineOptions {
  /** The fall-through order; 'auto' (default): openvino, cpu. */
  providers?: 'auto' | readonly ProviderChoice[];
  /** The first provider's refusal is the error. Default false. */
  strict?: boolean;
  /** OpenVINO's device: 'CPU' (default), 'GPU', 'NPU', 'AUTO' ... */
  device?: string;
  /** What the engine computes in; default 'fp32' by value. Others are refused where the device has not got them. */
  precision?: Precision;
  /** Shapes to compile for, by input name: fixed or bounded. */
  shapes?: Readonly<Record<string, InputShape>>;
  /** Aborts the creation: ERR_ENGINERY_CANCELLED. */
  signal?: AbortSignal;
  /** Hears of each phase, and twice a second that work goes on. */
  onProgress?: (progress: EngineProgress) => void;
  /** Options of provider openvino. */
  openvino?: OpenVinoOptions;
  /**
   * Options of ONNX Runtime's workers: `workers` (threads, each with a session of its own; 1 to 256, default 1),
   * `queueLimit` (runs that may wait for one, default 10,000) and `packagePath` (folder of the onnxruntime-node package;
   * default: the installed one).
   */
  onnxruntime?: Pick<OnnxruntimeOptions, 'workers' | 'queueLimit' | 'packagePath'>;
  /** onnxruntime-node's session options. */
  session?: Omit<InferenceSession.SessionOptions, 'executionProviders' | 'strict' | 'signal'>;
  /** The `.bin` of an OpenVINO IR given as bytes. */
  weights?: Uint8Array;
}

const KNOWN = [
  'providers',
  'strict',
  'device',
  'precision',
  'shapes',
  'signal',
  'onProgress',
  'openvino',
  'onnxruntime',
  'session',
  'weights',
] as const satisfies readonly (keyof EngineOptions)[];

/** A session made by {@link createEngine}. */
export type Engine = InferenceSession;

function sizes(value: unknown, name: string): readonly number[] {
  if (!Array.isArray(value)) throw expected('an array of sizes', name, value);
  return (value as readonly unknown[]).map((size, i) => {
    if (typeof size !== 'number') throw expected('a number', `${name}[${i}]`, size);
    if (!Number.isSafeInteger(size) || size < 0) {
      throw outOfRange(`expected a non-negative integer for ${name}[${i}], got ${size} (number)`);
    }
    return size;
  });
}

function shapeRange(value: unknown, name: string): ShapeRange {
  if (Array.isArray(value)) return sizes(value, name).map((size) => [size, size] as const);
  const shape = requireRecord(value, name);
  rejectUnknownKeys(shape, name, ['min', 'opt', 'max']);
  const min = sizes(shape['min'], `${name}.min`);
  const max = sizes(shape['max'], `${name}.max`);
  const opt = shape['opt'] === undefined ? max : sizes(shape['opt'], `${name}.opt`);
  if (min.length !== max.length || opt.length !== max.length) {
    throw invalidArgument(`expected as many sizes in min, opt and max of ${name}`);
  }
  return min.map((low, i) => {
    const high = max[i] ?? low;
    const usual = opt[i] ?? high;
    if (low > usual || usual > high) {
      throw outOfRange(
        `expected min <= opt <= max for ${name}, got ${low}, ${usual}, ${high} at index ${i}`,
      );
    }
    return [low, high] as const;
  });
}

function shapesFrom(value: unknown): ReadonlyMap<string, ShapeRange> {
  if (value === undefined) return new Map();
  const entries = Object.entries(requireRecord(value, 'shapes'));
  return new Map(entries.map(([name, shape]) => [name, shapeRange(shape, `shapes.${name}`)]));
}

/** Providers in order, each with the options of its kind beneath its own. */
function providersFrom(options: Readonly<Record<string, unknown>>): readonly Provider[] {
  const device = optionalString(options['device'], 'device');
  const openvino = {
    ...(device === undefined ? {} : { device }),
    ...(options['openvino'] === undefined ? {} : requireRecord(options['openvino'], 'openvino')),
  };
  const onnxruntime =
    options['onnxruntime'] === undefined ? {} : checkOnnxruntimeOptions(options['onnxruntime']);
  return providerRequests(options['providers'], 'providers').map(({ name, options: own }) => {
    if (name === 'tensorrt') return createProvider({ name, options: own });
    const shared = name === 'openvino' ? openvino : onnxruntime;
    return createProvider({ name, options: { ...shared, ...own } });
  });
}

function progressFrom(value: unknown): EngineOptions['onProgress'] {
  if (value === undefined) return undefined;
  if (typeof value !== 'function') throw expected('a function', 'onProgress', value);
  // A function of whatever kind is called with one argument.
  return value as NonNullable<EngineOptions['onProgress']>;
}

/**
 * Makes an engine: an InferenceSession on the first provider that serves.
 *
 * @param model - a path (ONNX, OpenVINO IR `.xml`, TFLite, ORT format) or its bytes, copied at the call.
 * @param options - what onnxruntime-node has no words for; unknown names are refused.
 * @throws ERR_ENGINERY_INVALID_ARGUMENT, _OUT_OF_RANGE (options), _MODEL_INVALID, _MODEL_UNSUPPORTED,
 * _RUNTIME_NOT_FOUND, _RUNTIME_SYMBOL, _RUNTIME_VERSION, _ADDON_LOAD, _DEVICE_UNAVAILABLE, _CANCELLED.
 * @example
 * ```ts
 * import { createEngine, Tensor } from 'enginery';
 * const engine = await createEngine('model.onnx', { providers: ['openvino', 'cpu'] });
 * const { logits } = await engine.run({ input: new Tensor('float32', data, [1, 1, 8, 8]) });
 * console.log(engine.provider, engine.fallbacks);
 * await engine.release();
 * ```
 */
export async function createEngine(
  model: string | Uint8Array | ArrayBufferLike,
  options: EngineOptions = {},
): Promise<Engine> {
  const given = requireRecord(options, 'options');
  rejectUnknownKeys(given, 'options', KNOWN);
  const session = given['session'] === undefined ? {} : requireRecord(given['session'], 'session');
  const weights = given['weights'];
  if (weights !== undefined && !(weights instanceof Uint8Array)) {
    throw expected('a Uint8Array', 'weights', weights);
  }
  const { model: own } = readCreateArguments(model, undefined, undefined, undefined);
  const opened = await openSession(own, {
    providers: providersFrom(given),
    isStrict: optionalBoolean(given['strict'], 'strict') ?? false,
    precision:
      optionalChoice(given['precision'], 'precision', ['fp32', 'fp16', 'bf16'] as const) ?? 'fp32',
    shapes: shapesFrom(given['shapes']),
    session: checkSessionOptions(session),
    externalData: session['externalData'],
    weights,
    signal: optionalSignal(given['signal'], 'signal'),
    onProgress: progressFrom(given['onProgress']),
  });
  return new InferenceSession(opened);
}
