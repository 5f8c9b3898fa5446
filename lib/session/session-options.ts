/**
 * onnxruntime-node's session and run options: what its binding checks is checked here in its order and its words, what
 * it ignores (1.30: logVerbosityLevel, enableGraphCapture, freeDimensionOverrides, unknown names) is taken as it is.
 */

import { invalidArgument, isRecord, outOfRange } from '../common/index.js';
import { isUint32, streamedNumber } from './upstream-number.js';

type Options = Readonly<Record<string, unknown>>;
type Check = (value: unknown, name: string, options: Options) => void;

function typeError(name: string, what: string): TypeError {
  return invalidArgument(`Invalid argument: ${name} must be ${what}.`);
}

/** `intraOpNumThreads` of `sessionOptions.intraOpNumThreads`. */
function lastName(name: string): string {
  return name.replace(/^.*\./, '');
}

const isNumber: Check = (value, name) => {
  if (typeof value !== 'number') throw typeError(name, 'a number');
};
const isBoolean: Check = (value, name) => {
  if (typeof value !== 'boolean') throw typeError(name, 'a boolean value');
};
const isString: Check = (value, name) => {
  if (typeof value !== 'string') throw typeError(name, 'a string');
};
const isThreadCount: Check = (value, name) => {
  if (typeof value !== 'number') throw typeError(name, 'a number');
  if (!isUint32(value)) {
    throw outOfRange(
      `'${lastName(name)}' is invalid: ${streamedNumber(value)}. Expected a non-negative integer, got ${value}`,
    );
  }
};
const isSeverity: Check = (value, name, options) => {
  isNumber(value, name, options);
  if (![0, 1, 2, 3, 4].includes(Number(value))) {
    throw outOfRange(`Invalid argument: ${name} must be one of the following: 0, 1, 2, 3, 4.`);
  }
};
const isOneOf =
  (...choices: readonly string[]): Check =>
  (value, name, options) => {
    isString(value, name, options);
    if (!choices.includes(String(value))) {
      throw invalidArgument(
        `'${lastName(name)}' is not supported: ${String(value)}. Expected one of: ${choices.join(', ')}`,
      );
    }
  };
const isProfiling: Check = (value, name, options) => {
  isBoolean(value, name, options);
  if (value !== true) return;
  const prefix = options['profileFilePrefix'];
  if (typeof prefix === 'string') return;
  throw invalidArgument(
    prefix === undefined
      ? `Invalid argument: sessionOptions.profileFilePrefix is required when ${name} is set to true.`
      : `Invalid argument: sessionOptions.profileFilePrefix must be a string. when ${name} is set to true.`,
  );
};

type Entries = Record<string, string>;

/** Is it what Node-API calls an object? */
function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** The entries of `extra`, which may be nested, under the names that ONNX Runtime gives them: `session.intra_op.x`. */
function extraEntries(value: unknown, prefix: string, outer: readonly object[]): Entries {
  if (!isObject(value)) throw typeError('sessionOptions.extra', 'an object');
  if (outer.includes(value)) {
    throw invalidArgument('Invalid argument: sessionOptions.extra must not contain itself.');
  }
  const entries: Entries = {};
  for (const key in value) {
    const entry = (value as Options)[key];
    if (typeof entry === 'string') entries[prefix + key] = entry;
    else if (isObject(entry)) {
      Object.assign(entries, extraEntries(entry, `${prefix}${key}.`, [...outer, value]));
    } else {
      throw invalidArgument(
        'Invalid argument: sessionOptions.extra value must be a string in Node.js binding.',
      );
    }
  }
  return entries;
}

/** In the order in which onnxruntime-node looks at them. */
const SESSION_CHECKS: Readonly<Record<string, Check>> = Object.freeze({
  intraOpNumThreads: isThreadCount,
  interOpNumThreads: isThreadCount,
  graphOptimizationLevel: isOneOf('disabled', 'basic', 'extended', 'layout', 'all'),
  enableCpuMemArena: isBoolean,
  enableMemPattern: isBoolean,
  optimizedModelFilePath: isString,
  extra: (value) => {
    extraEntries(value, '', []);
  },
  executionMode: isOneOf('sequential', 'parallel'),
  logId: isString,
  logSeverityLevel: isSeverity,
  enableProfiling: isProfiling,
});

const RUN_CHECKS: Readonly<Record<string, Check>> = Object.freeze({
  logSeverityLevel: isSeverity,
  tag: isString,
});

function check(options: Options, prefix: string, checks: Readonly<Record<string, Check>>): void {
  for (const [key, one] of Object.entries(checks)) {
    const value = options[key];
    if (value !== undefined) one(value, `${prefix}.${key}`, options);
  }
}

/** Options that belong to the session itself, not to a provider. */
const OWN_KEYS = new Set([
  'executionProviders',
  'strict',
  'signal',
  'externalData',
  'weights',
  'onProgress',
]);

/**
 * Checks onnxruntime-node's session options and returns those that go to a provider: `extra` with flat names,
 * inherited options too, as there.
 */
export function checkSessionOptions(options: Options): Options {
  check(options, 'sessionOptions', SESSION_CHECKS);
  const checked: Record<string, unknown> = {};
  for (const key in options) {
    const value = options[key];
    if (value === undefined || OWN_KEYS.has(key)) continue;
    checked[key] = key === 'extra' ? extraEntries(value, '', []) : value;
  }
  return checked;
}

const LOCATIONS: readonly unknown[] = ['cpu', 'cpu-pinned', 'texture', 'gpu-buffer', 'ml-tensor'];

/** `preferredOutputLocation`: one location, or one by output name. Looked at once the model's outputs are known. */
export function checkOutputLocation(value: unknown, outputNames: readonly string[]): void {
  if (value === undefined || value === null) return;
  if (!isObject(value)) {
    if (LOCATIONS.includes(value)) return;
    throw typeError('preferredOutputLocation', 'an array or a valid string');
  }
  for (const output in value) {
    if (!outputNames.includes(output)) {
      throw invalidArgument(`Invalid argument: "${output}" is not a valid output name.`);
    }
    if (!LOCATIONS.includes((value as Options)[output])) {
      throw typeError(`preferredOutputLocation["${output}"]`, 'a valid string');
    }
  }
}

/** Checks run options. */
export function checkRunOptions(options: Options): void {
  check(options, 'runOptions', RUN_CHECKS);
}

/** onnxruntime-common's run options, but for `terminate`, which is our own to watch. */
const RUN_KEYS = ['logSeverityLevel', 'logVerbosityLevel', 'tag', 'extra'] as const;

/** The run options that go to ONNX Runtime, or undefined where there is none. */
export function runOptionsFor(options: Options): Options | undefined {
  let found: Record<string, unknown> | undefined;
  for (const key of RUN_KEYS) {
    if (options[key] === undefined) continue;
    found ??= {};
    found[key] = options[key];
  }
  return found;
}

/** An AbortSignal, or nothing. By structure: another realm's signal is one too. */
export function optionalSignal(value: unknown, name: string): AbortSignal | undefined {
  if (value === undefined) return undefined;
  if (
    isRecord(value) &&
    typeof value['aborted'] === 'boolean' &&
    typeof value['addEventListener'] === 'function'
  ) {
    // What was just checked is what we use of a signal.
    return value as unknown as AbortSignal;
  }
  throw typeError(name, 'an AbortSignal');
}
