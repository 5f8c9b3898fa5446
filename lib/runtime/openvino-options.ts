/** OpenVINO's options and the properties they become. */

import os from 'node:os';
import {
  EngineryError,
  cgroupCpus,
  expected,
  optionalBoolean,
  optionalChoice,
  optionalInteger,
  optionalString,
  rejectUnknownKeys,
  requireRecord,
} from '../common/index.js';
import { openvinoExtras } from './openvino-session-options.js';
import type { Precision } from './provider.js';
import { MOST_WAITING, QUEUE_LIMIT } from './queue-limit.js';

/** Options of provider `openvino`. */
export interface OpenVinoOptions {
  /** OpenVINO's device: 'CPU' (default), 'GPU', 'GPU.1', 'NPU', 'AUTO', 'HETERO:GPU,CPU' ... */
  readonly device?: string;
  /** 'latency' (default): one run as fast as possible; 'throughput': many runs in flight. */
  readonly performanceHint?: 'latency' | 'throughput';
  /** Parallel streams; default: what the hint chooses. */
  readonly numStreams?: number;
  /** CPU threads of inference; default: OpenVINO's choice within affinity and the cgroup's quota. */
  readonly numThreads?: number;
  /** Runs computed at once; further ones wait. Default: twice OPTIMAL_NUMBER_OF_INFER_REQUESTS, at least 2. */
  readonly inferRequests?: number;
  /** Pins threads to cores. Default false: two pinned processes of one thread each share one core. */
  readonly cpuPinning?: boolean;
  /** Runs shorter than this many microseconds go inline on the caller's thread; 0: never. Default 100. */
  readonly inlineBelowUs?: number;
  /**
   * Runs that may wait for a free infer request; one more is refused with ERR_ENGINERY_OVERLOADED. Default 10,000. A
   * waiting run holds a copy of its inputs.
   */
  readonly queueLimit?: number;
  /** Path of libopenvino_c.so, its folder, or the root of an installation. */
  readonly library?: string;
  /** Further OpenVINO properties by their own names, for example { CPU_DENORMALS_OPTIMIZATION: 'YES' }. */
  readonly properties?: Readonly<Record<string, string>>;
}

const DEFAULTS = Object.freeze({
  device: 'CPU',
  performanceHint: 'latency',
  cpuPinning: false,
  inlineBelowUs: 100,
  inferRequests: 0,
  queueLimit: QUEUE_LIMIT,
} as const);

const KNOWN = [
  'device',
  'performanceHint',
  'numStreams',
  'numThreads',
  'inferRequests',
  'cpuPinning',
  'inlineBelowUs',
  'queueLimit',
  'library',
  'properties',
] as const satisfies readonly (keyof OpenVinoOptions)[];

/** Options with every default in place. */
export interface CheckedOpenVinoOptions extends OpenVinoOptions {
  readonly device: string;
  readonly performanceHint: 'latency' | 'throughput';
  readonly cpuPinning: boolean;
  readonly inlineBelowUs: number;
  readonly inferRequests: number;
  readonly queueLimit: number;
}

function checkedProperties(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return undefined;
  const properties = requireRecord(value, 'openvino.properties');
  for (const [key, text] of Object.entries(properties)) {
    if (typeof text !== 'string') throw expected('a string', `openvino.properties.${key}`, text);
  }
  // Every value was just seen to be a string.
  return properties as Readonly<Record<string, string>>;
}

/** Checks options and fills defaults; INVALID_ARGUMENT or OUT_OF_RANGE names the option. */
export function checkOpenVinoOptions(options: unknown): CheckedOpenVinoOptions {
  const given = requireRecord(options, 'openvino');
  rejectUnknownKeys(given, 'openvino', KNOWN);
  const numStreams = optionalInteger(given['numStreams'], 'openvino.numStreams', 1, 1024);
  const numThreads = optionalInteger(given['numThreads'], 'openvino.numThreads', 1, 4096);
  const library = optionalString(given['library'], 'openvino.library');
  const properties = checkedProperties(given['properties']);
  return {
    device: optionalString(given['device'], 'openvino.device') ?? DEFAULTS.device,
    performanceHint:
      optionalChoice(given['performanceHint'], 'openvino.performanceHint', [
        'latency',
        'throughput',
      ] as const) ?? DEFAULTS.performanceHint,
    cpuPinning: optionalBoolean(given['cpuPinning'], 'openvino.cpuPinning') ?? DEFAULTS.cpuPinning,
    inlineBelowUs:
      optionalInteger(given['inlineBelowUs'], 'openvino.inlineBelowUs', 0, 1_000_000) ??
      DEFAULTS.inlineBelowUs,
    inferRequests:
      optionalInteger(given['inferRequests'], 'openvino.inferRequests', 1, 1024) ??
      DEFAULTS.inferRequests,
    queueLimit:
      optionalInteger(given['queueLimit'], 'openvino.queueLimit', 0, MOST_WAITING) ??
      DEFAULTS.queueLimit,
    ...(numStreams === undefined ? {} : { numStreams }),
    ...(numThreads === undefined ? {} : { numThreads }),
    ...(library === undefined ? {} : { library }),
    ...(properties === undefined ? {} : { properties }),
  };
}

const PRECISIONS: Readonly<Record<Precision, string>> = Object.freeze({
  fp32: 'f32',
  fp16: 'f16',
  bf16: 'bf16',
});

/** OpenVINO's word for a precision. */
export function openvinoPrecision(precision: Precision): string {
  return PRECISIONS[precision];
}

/**
 * Entries of the CPU's cache of kernels, one for each node and shape; OpenVINO's own 5000 grow without a visible end where
 * shapes never repeat: digits_cnn at batches 1 to 250 takes 673 MB, and 276 MB with 1000. Shapes that repeat lose nothing
 * (2026.4.1, CPU time against 5000, medians of interleaved rounds): 64 batches of digits_cnn 0.98, 64 sequence lengths of a
 * three-layer encoder 1.00, 160 image sizes of six convolutions 1.00. With 500: 1.5 for digits_cnn, 1.11 for the images.
 */
const CPU_CACHE_ENTRIES = '1000';

/** The properties of a compilation. `session` holds onnxruntime-node's session options. */
export function propertiesFromOptions(
  options: CheckedOpenVinoOptions,
  precision: Precision,
  session: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const properties: Record<string, string> = {
    PERFORMANCE_HINT: options.performanceHint.toUpperCase(),
    INFERENCE_PRECISION_HINT: openvinoPrecision(precision),
  };
  if (options.numStreams !== undefined) properties['NUM_STREAMS'] = String(options.numStreams);
  if (session['enableProfiling'] === true) properties['PERF_COUNT'] = 'YES';
  Object.assign(properties, openvinoExtras(session['extra']));
  if (/^CPU\b/.test(options.device)) {
    properties['ENABLE_CPU_PINNING'] = options.cpuPinning ? 'YES' : 'NO';
    properties['CPU_RUNTIME_CACHE_CAPACITY'] = CPU_CACHE_ENTRIES;
    const threads = options.numThreads ?? threadsFromSession(session) ?? threadsFromQuota();
    if (threads !== undefined) properties['INFERENCE_NUM_THREADS'] = String(threads);
  } else if (options.numThreads !== undefined) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `expected no openvino.numThreads for device ${options.device}: it counts CPU threads`,
    );
  }
  const all = { ...properties, ...options.properties };
  if (session['enableProfiling'] === true && all['PERF_COUNT'] !== 'YES') {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      "expected no openvino.properties.PERF_COUNT but 'YES' with session option enableProfiling, " +
        `got '${all['PERF_COUNT'] ?? ''}'; leave it out`,
    );
  }
  return all;
}

/** onnxruntime's intraOpNumThreads; 0 means its default, as there. */
function threadsFromSession(session: Readonly<Record<string, unknown>>): number | undefined {
  const threads = session['intraOpNumThreads'];
  return typeof threads === 'number' && threads > 0 ? threads : undefined;
}

/** OpenVINO obeys affinity but not the cgroup's quota: where the quota is smaller, it decides. */
function threadsFromQuota(): number | undefined {
  const quota = cgroupCpus();
  return quota !== undefined && quota < os.availableParallelism() ? quota : undefined;
}
