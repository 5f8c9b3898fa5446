/** What calibration needs of an engine; the rooms above pass it in, whatever provider is behind it. */

import type { TensorContent } from '../../tensor/index.js';

/** Input tensors by name: one sample, or a batch of them along the first axis. */
export type Feeds = Readonly<Record<string, TensorContent>>;

/** A model ready to run in float32. */
export interface LoadedModel {
  /** Runs once and resolves to all outputs of the model. */
  run(feeds: Feeds): Promise<Readonly<Record<string, TensorContent>>>;
  release(): Promise<void>;
}

/** Loads models from bytes. Every output the model names must come back, with the values float32 computation gives. */
export interface ModelRunner {
  load(model: Uint8Array, signal?: AbortSignal): Promise<LoadedModel>;
}
