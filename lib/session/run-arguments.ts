/** The overloads of `run`, read exactly as onnxruntime-common reads them: same order, same error classes, same words. */

import { invalidArgument, isRecord, outOfRange } from '../common/index.js';
import { Tensor } from '../tensor/index.js';
import { optionsFrom } from './options-argument.js';

/** What a run was asked for. */
export interface RunArguments {
  readonly feeds: Readonly<Record<string, unknown>>;
  /** Output name to a tensor to fill, or null for a new one. */
  readonly fetches: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

function fetchesFromNames(
  names: readonly unknown[],
  outputNames: readonly string[],
): Record<string, null> {
  if (names.length === 0) throw invalidArgument("'fetches' cannot be an empty array.");
  // Without Object's own properties: an output may be named 'constructor'.
  const fetches = Object.create(null) as Record<string, null>;
  for (const name of names) {
    if (typeof name !== 'string')
      throw invalidArgument("'fetches' must be a string array or an object.");
    if (!outputNames.includes(name))
      throw outOfRange(`'fetches' contains invalid output name: ${name}.`);
    fetches[name] = null;
  }
  return fetches;
}

/** An object is fetches when one of its own keys is an output with a tensor or null, else it is options. */
function fetchesFromObject(
  object: Readonly<Record<string, unknown>>,
  outputNames: readonly string[],
): Record<string, unknown> | undefined {
  let fetches: Record<string, unknown> | undefined;
  for (const name of outputNames) {
    if (!Object.hasOwn(object, name)) continue;
    const value = object[name];
    if (value === null || value instanceof Tensor || isTensorLike(value)) {
      fetches ??= Object.create(null) as Record<string, unknown>;
      fetches[name] = value;
    }
  }
  return fetches;
}

/** A tensor of another copy of onnxruntime-common: by structure, as everywhere here. */
function isTensorLike(value: unknown): boolean {
  return isRecord(value) && typeof value['type'] === 'string' && Array.isArray(value['dims']);
}

/** Reads the arguments of `run`. `allOutputs` is what no fetches at all mean. */
export function readRunArguments(
  feeds: unknown,
  arg1: unknown,
  arg2: unknown,
  outputNames: readonly string[],
  allOutputs: Readonly<Record<string, null>>,
): RunArguments {
  if (!isRecord(feeds) || feeds instanceof Tensor) {
    throw invalidArgument(
      "'feeds' must be an object that use input names as keys and OnnxValue as corresponding values.",
    );
  }
  if (arg1 === undefined) return { feeds, fetches: allOutputs, options: {} };
  if (typeof arg1 !== 'object') {
    throw invalidArgument("Unexpected argument[1]: must be 'fetches' or 'options'.");
  }
  if (arg1 === null) throw invalidArgument('Unexpected argument[1]: cannot be null.');
  if (arg1 instanceof Tensor) throw invalidArgument("'fetches' cannot be a Tensor");
  if (Array.isArray(arg1)) {
    return { feeds, fetches: fetchesFromNames(arg1, outputNames), options: optionsFrom(arg2) };
  }
  const object = arg1 as Readonly<Record<string, unknown>>;
  const fetches = fetchesFromObject(object, outputNames);
  if (fetches === undefined) return { feeds, fetches: allOutputs, options: object };
  return { feeds, fetches, options: optionsFrom(arg2) };
}
