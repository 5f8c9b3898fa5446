/**
 * What each of onnxruntime-node's session options means on OpenVINO; docs/differences.md shows the same table. None is
 * ignored in silence: what cannot be given here is refused by name, or warned of where it changes no result and no file.
 */

import { EngineryError, warnOnce } from '../common/index.js';
import type { CompileOptions } from './provider.js';

/**
 * `meant`: it has its meaning here, or asks for nothing. `tuning`: it has none, and only speed, memory or log lines
 * depend on it: a warning, or a refusal in strict mode. `refused`: results or files depend on it.
 */
type Verdict = 'meant' | 'tuning' | 'refused';
type Rule = (value: unknown, device: string) => Verdict;

const meant: Rule = () => 'meant';
const tuningUnless =
  (...values: readonly unknown[]): Rule =>
  (value) =>
    values.includes(value) ? 'meant' : 'tuning';

const isCpu = (device: string): boolean => /^CPU\b/.test(device);

/** In memory of the CPU, which is where every result is. */
const isCpuLocation: Rule = (value) => {
  const locations = typeof value === 'object' && value !== null ? Object.values(value) : [value];
  return locations.every((one) => one === null || one === 'cpu') ? 'meant' : 'tuning';
};

export const SESSION_OPTION_RULES: Readonly<Record<string, Rule>> = Object.freeze({
  // INFERENCE_NUM_THREADS; 0 leaves the number to OpenVINO.
  intraOpNumThreads: (value, device) => (value === 0 || isCpu(device) ? 'meant' : 'tuning'),
  // Operators run one after the other, each with all threads.
  interOpNumThreads: tuningUnless(0, 1),
  executionMode: tuningUnless('sequential'),
  // OpenVINO always optimizes all it can.
  graphOptimizationLevel: tuningUnless('all'),
  // OpenVINO keeps its memory between runs and knows no other way.
  enableCpuMemArena: tuningUnless(true),
  enableMemPattern: tuningUnless(true),
  // It writes no ONNX; an empty path asks for none.
  optimizedModelFilePath: (value) => (value === '' ? 'meant' : 'refused'),
  // PERF_COUNT, and the file of openvino-profile.ts.
  enableProfiling: meant,
  profileFilePrefix: meant,
  // OpenVINO writes no log lines: there is nothing to name and nothing to leave out, and none to add.
  logId: meant,
  logVerbosityLevel: meant,
  logSeverityLevel: tuningUnless(2, 3, 4),
  // onnxruntime-node's CPU captures no graph either.
  enableGraphCapture: (value) => (value === true ? 'tuning' : 'meant'),
  preferredOutputLocation: isCpuLocation,
});

/** Entries of `extra` that have a meaning here: the property and its value for '1' and for anything else. */
const EXTRA_PROPERTIES: Readonly<Record<string, string>> = Object.freeze({
  'session.set_denormal_as_zero': 'CPU_DENORMALS_OPTIMIZATION',
});

/** Entries of `extra` that change no result. Every other one may: ONNX Runtime has hundreds. */
const EXTRA_TUNING: readonly string[] = [
  'session.disable_prepacking',
  'session.dynamic_block_base',
  'session.force_spinning_stop',
  'session.inter_op.allow_spinning',
  'session.intra_op.allow_spinning',
  'session.intra_op_thread_affinities',
  'session.use_device_allocator_for_initializers',
  'session.use_env_allocators',
];

function extraVerdict(entry: string, device: string): Verdict {
  if (Object.hasOwn(EXTRA_PROPERTIES, entry)) return isCpu(device) ? 'meant' : 'refused';
  return EXTRA_TUNING.includes(entry) ? 'tuning' : 'refused';
}

/** The properties for entries of `extra`, whose names are flat. */
export function openvinoExtras(extra: unknown): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const [entry, value] of Object.entries(extra ?? {})) {
    const property = EXTRA_PROPERTIES[entry];
    if (property !== undefined) properties[property] = value === '1' ? 'YES' : 'NO';
  }
  return properties;
}

function judge(option: string, verdict: Verdict, isStrict: boolean): void {
  if (verdict === 'meant') return;
  if (verdict === 'tuning' && !isStrict) {
    warnOnce(`session option ${option} has no meaning on OpenVINO and is ignored`);
    return;
  }
  throw new EngineryError(
    'MODEL_UNSUPPORTED',
    `expected no session option ${option} for OpenVINO, where it has no meaning; ` +
      "leave it out, or use provider 'cpu' (ONNX Runtime)",
  );
}

/** Throws MODEL_UNSUPPORTED that names an option which OpenVINO cannot honour. Names that nobody knows pass. */
export function checkOpenVinoSessionOptions(
  { session, isStrict = false }: CompileOptions,
  device: string,
): void {
  for (const [option, rule] of Object.entries(SESSION_OPTION_RULES)) {
    const value = session[option];
    if (value !== undefined) judge(option, rule(value, device), isStrict);
  }
  for (const entry of Object.keys(session['extra'] ?? {})) {
    judge(`extra["${entry}"]`, extraVerdict(entry, device), isStrict);
  }
}
