/** onnxruntime-node's session and run options: the same checks in the same words; unknown names pass, as there. */

import { invalidArgument, isRecord, outOfRange } from '../common/index.js';

type Check = (value: unknown, name: string) => void;

function typeError(name: string, what: string): TypeError {
  return invalidArgument(`Invalid argument: ${name} must be ${what}.`);
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
const isObject: Check = (value, name) => {
  if (!isRecord(value)) throw typeError(name, 'an object');
};
const isThreadCount: Check = (value, name) => {
  isNumber(value, name);
  if (!Number.isSafeInteger(value) || Number(value) < 0) {
    throw outOfRange(
      `'${name.replace(/^.*\./, '')}' is invalid: ${String(value)}. Expected a non-negative integer`,
    );
  }
};
const isSeverity: Check = (value, name) => {
  isNumber(value, name);
  if (![0, 1, 2, 3, 4].includes(Number(value))) {
    throw outOfRange(`Invalid argument: ${name} must be one of the following: 0, 1, 2, 3, 4.`);
  }
};
const isOneOf =
  (...choices: readonly string[]): Check =>
  (value, name) => {
    isString(value, name);
    if (!choices.includes(String(value))) {
      throw invalidArgument(
        `'${name.replace(/^.*\./, '')}' is not supported: ${String(value)}. Expected one of: ${choices.join(', ')}`,
      );
    }
  };
const isOverrides: Check = (value, name) => {
  isObject(value, name);
  for (const [dimension, size] of Object.entries(value as object)) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw outOfRange(`Invalid argument: ${name}.${dimension} must be a non-negative integer.`);
    }
  }
};

/** Entries of `extra` may be nested; their leaves are strings. */
const isExtra: Check = (value, name) => {
  isObject(value, name);
  for (const entry of Object.values(value as object) as unknown[]) {
    if (isRecord(entry)) isExtra(entry, name);
    else if (typeof entry !== 'string') {
      throw invalidArgument(`Invalid argument: ${name} value must be a string in Node.js binding.`);
    }
  }
};

const LOCATIONS: readonly unknown[] = ['cpu', 'cpu-pinned', 'texture', 'gpu-buffer', 'ml-tensor'];
/** One location, or one by output name. onnxruntime-node names this option without its prefix. */
const isLocation: Check = (value, name) => {
  const option = name.replace(/^.*\./, '');
  if (value === null || LOCATIONS.includes(value)) return;
  if (typeof value !== 'object') {
    throw typeError(option, 'an array or a valid string');
  }
  for (const [output, location] of Object.entries(value)) {
    if (!LOCATIONS.includes(location)) {
      throw typeError(`${option}["${output}"]`, 'a valid string');
    }
  }
};

const SESSION_CHECKS: Readonly<Record<string, Check>> = Object.freeze({
  intraOpNumThreads: isThreadCount,
  interOpNumThreads: isThreadCount,
  graphOptimizationLevel: isOneOf('disabled', 'basic', 'extended', 'layout', 'all'),
  enableCpuMemArena: isBoolean,
  enableMemPattern: isBoolean,
  executionMode: isOneOf('sequential', 'parallel'),
  optimizedModelFilePath: isString,
  enableProfiling: isBoolean,
  profileFilePrefix: isString,
  logId: isString,
  logSeverityLevel: isSeverity,
  logVerbosityLevel: isNumber,
  enableGraphCapture: isBoolean,
  freeDimensionOverrides: isOverrides,
  preferredOutputLocation: isLocation,
  extra: isExtra,
});

const RUN_CHECKS: Readonly<Record<string, Check>> = Object.freeze({
  logSeverityLevel: isSeverity,
  logVerbosityLevel: isNumber,
  tag: isString,
  terminate: isBoolean,
  extra: isObject,
});

function check(
  options: Readonly<Record<string, unknown>>,
  prefix: string,
  checks: Readonly<Record<string, Check>>,
): void {
  for (const [key, one] of Object.entries(checks)) {
    const value = options[key];
    if (value !== undefined) one(value, `${prefix}.${key}`);
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

/** Checks onnxruntime-node's session options and returns those that go to a provider. */
export function checkSessionOptions(
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  check(options, 'sessionOptions', SESSION_CHECKS);
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== undefined && !OWN_KEYS.has(key)),
  );
}

/** Checks run options. */
export function checkRunOptions(options: Readonly<Record<string, unknown>>): void {
  check(options, 'runOptions', RUN_CHECKS);
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
