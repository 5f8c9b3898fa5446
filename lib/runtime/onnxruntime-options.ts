/** Session options on their way to onnxruntime-node: what each worker gets, and which value cannot travel. */

import { invalidArgument } from '../common/index.js';
import type { ModelSource } from './provider.js';

/** What one session option object is made from. */
export interface OptionSources {
  /** onnxruntime-node's session options, already validated. */
  readonly session: Readonly<Record<string, unknown>>;
  readonly model: ModelSource;
  /** The execution provider's name and its own options. */
  readonly executionProvider: Readonly<Record<string, unknown>> & { readonly name: string };
}

/** The options for the worker `index`. Files that ONNX Runtime writes are not written twice. */
export function sessionOptionsFor(sources: OptionSources, index: number): Record<string, unknown> {
  const options = cloneableOptions(sources.session);
  // Results come back from the worker by value, wherever they were made.
  delete options['preferredOutputLocation'];
  options['executionProviders'] = [sources.executionProvider];
  const { externalData } = sources.model;
  if (externalData !== undefined && externalData.length > 0) {
    options['externalData'] = externalData.map(({ location, data }) => ({ path: location, data }));
  }
  if (index > 0) {
    delete options['optimizedModelFilePath'];
    const prefix = options['profileFilePrefix'];
    if (typeof prefix === 'string') options['profileFilePrefix'] = `${prefix}_${index}`;
  }
  return options;
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** Options without what cannot be sent to another thread: onnxruntime-node reads only data, and ignores the rest. */
export function cloneableOptions(
  options: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => isCloneable(value)));
}

/** Throws INVALID_ARGUMENT that names the option of an execution provider which cannot be sent to another thread. */
export function requireCloneable(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (isCloneable(value)) continue;
    throw invalidArgument(
      `expected a value that can be sent to a worker thread for option '${name}' of the execution provider, got ${typeof value}`,
    );
  }
}
