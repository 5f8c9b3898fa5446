/** Session options on their way to onnxruntime-node: what each worker gets, and which value cannot travel. */

import { invalidArgument, messageFromUnknown } from '../common/index.js';
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
  const options: Record<string, unknown> = {
    ...sources.session,
    executionProviders: [sources.executionProvider],
  };
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

/** Checks that every option can be sent to another thread. Throws INVALID_ARGUMENT that names the one that cannot. */
export function requireCloneable(options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    // Bytes are cloneable, and a copy of them only to see that is not worth it.
    if (name === 'externalData') continue;
    try {
      structuredClone(value);
    } catch (error) {
      throw invalidArgument(
        `expected a value that can be sent to a worker thread for session option '${name}', ` +
          `got ${typeof value}: ${messageFromUnknown(error)}`,
        { cause: error },
      );
    }
  }
}
