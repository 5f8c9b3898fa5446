/**
 * 4-bit inputs and outputs on the worker's side. onnxruntime-node takes no 4-bit tensor ("Tensor.type is not supported:
 * int4"), and returning one ends the process (1.20 to 1.30 read their table of types past its end), so that ONNX Runtime
 * gets the model with 8-bit ends, and values are unpacked and packed here, two to a byte, the first in the low half.
 */

import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { FourBitBoundary, FourBitType } from '../onnx/index.js';
import type { WorkerTensor, WorkerValueInfo } from './onnxruntime-messages.js';

/** A model ready for ONNX Runtime. */
export interface WidenedModel {
  readonly model: Uint8Array;
  readonly options: Readonly<Record<string, unknown>>;
  readonly boundary: FourBitBoundary;
}

/** The model with 8-bit ends. What lies beside a model given by path is found there. */
export async function widenedModel(
  model: string | Uint8Array,
  options: Readonly<Record<string, unknown>>,
): Promise<WidenedModel> {
  // Few models need it, and the schema takes 10 ms to load.
  const { decodeModel, encodeModel, widenFourBitBoundary } = await import('../onnx/index.js');
  const decoded = decodeModel(typeof model === 'string' ? await readFile(model) : model);
  const boundary = widenFourBitBoundary(decoded);
  return {
    model: encodeModel(decoded),
    options: typeof model === 'string' ? withDataFolder(options, dirname(model)) : options,
    boundary,
  };
}

/** ONNX Runtime looks for external data of a model in memory in this folder. */
function withDataFolder(
  options: Readonly<Record<string, unknown>>,
  folder: string,
): Readonly<Record<string, unknown>> {
  const extra = options['extra'] as object | undefined; // checked with the other session options
  const entry = { 'session.model_external_initializers_file_folder_path': folder };
  return { ...options, extra: { ...entry, ...extra } };
}

/** The metadata of the widened ends as the model itself has it. */
export function fourBitInfos(
  values: readonly WorkerValueInfo[],
  types: ReadonlyMap<string, FourBitType> = new Map(),
): readonly WorkerValueInfo[] {
  return values.map((value) => {
    const type = types.get(value.name);
    return type === undefined ? value : { ...value, type, isWidened: true };
  });
}

/** A 4-bit tensor with a byte for each value; any other one as it is. */
export function unpacked(tensor: WorkerTensor): WorkerTensor {
  const { type, dims, data } = tensor;
  if (type !== 'int4' && type !== 'uint4') return tensor;
  const count = dims.reduce((product, dim) => product * dim, 1);
  const pairs = data as Uint8Array; // the array of both types, on this side of copyFeeds
  if (type === 'uint4') {
    const values = new Uint8Array(count);
    for (let i = 0; i < count; i++) values[i] = ((pairs[i >> 1] ?? 0) >> (4 * (i & 1))) & 0xf;
    return { type: 'uint8', dims, data: values };
  }
  const values = new Int8Array(count);
  // The half goes to the top of the word and back: that copies its sign.
  for (let i = 0; i < count; i++) values[i] = ((pairs[i >> 1] ?? 0) << (28 - 4 * (i & 1))) >> 28;
  return { type: 'int8', dims, data: values };
}

/** Values of a widened output as the 4-bit tensor that the model has there. An odd last half byte is zero. */
export function packed({ dims, data }: WorkerTensor, type: FourBitType): WorkerTensor {
  const values = data as Uint8Array | Int8Array; // the types that a Cast of ours gives
  const pairs = new Uint8Array((values.length + 1) >> 1);
  for (let i = 0; i < values.length; i++) {
    pairs[i >> 1] = (pairs[i >> 1] ?? 0) | (((values[i] ?? 0) & 0xf) << (4 * (i & 1)));
  }
  return { type, dims, data: pairs };
}
