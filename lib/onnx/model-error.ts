/** The errors of a model that cannot be used: what was expected, what was found, what to do. */

import { EngineryError } from '../common/index.js';

/** The model in messages: its path, or that it came as bytes. */
export function modelLabel(source: string | Uint8Array): string {
  return typeof source === 'string'
    ? `"${source}"`
    : `the model bytes (${source.byteLength} bytes)`;
}

/** `MODEL_INVALID`: the file breaks the format or its own rules. */
export function invalidModel(
  expected: string,
  got: string,
  fix: string,
  options?: ErrorOptions,
): EngineryError {
  return new EngineryError('MODEL_INVALID', `expected ${expected}, got ${got}; ${fix}`, options);
}

/** `MODEL_UNSUPPORTED`: the file may be right, but it is beyond what is accepted here. */
export function unsupportedModel(expected: string, got: string, fix: string): EngineryError {
  return new EngineryError('MODEL_UNSUPPORTED', `expected ${expected}, got ${got}; ${fix}`);
}

/** A name from a model in messages: quoted, short, one line. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name);
}

/** What to do about a model that breaks the format. */
export const EXPORT_AGAIN = 'export the model again, or check it with onnx.checker';
