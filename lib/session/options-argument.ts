/** The last argument of `create` and `run`, as onnxruntime-common reads it. */

import { invalidArgument } from '../common/index.js';

export function optionsFrom(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  // An array is an object too, there as here.
  if (typeof value === 'object' && value !== null)
    return value as Readonly<Record<string, unknown>>;
  throw invalidArgument("'options' must be an object.");
}
