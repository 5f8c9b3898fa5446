/** Moves the values of a model's tensors between the model itself and one file beside it. */

import { clearField, create } from '@bufbuild/protobuf';
import type { ExternalFiles } from './external-files.js';
import {
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  type ModelProto,
  type TensorProto,
} from './gen/onnx_pb.js';
import { changed, mapTensors } from './map-tensors.js';
import type { ExternalDataRange } from './outline.js';
import { externalRangeOf } from './stored-tensor.js';
import { elementTypeOf, isExternal, tensorByteLength, tensorBytes } from './tensor-values.js';

/** Where each tensor starts in the file beside the model: pages, so that it can be mapped into memory. */
export const DATA_ALIGNMENT = 4096;

/** Smaller tensors stay in the model, as ONNX's own tools have it: shapes and scalars are read by everyone. */
const SMALLEST_MOVED_BYTES = 1024n;

/** What comes next in the file beside the model. */
type Part =
  | { readonly offset: number; readonly tensor: TensorProto }
  | { readonly offset: number; readonly range: ExternalDataRange };

/** A model whose large tensors are in one file, and that file's content to be. */
export interface SplitModel {
  readonly model: ModelProto;
  /** Pieces of the file in their order; a piece is valid until the next one is asked for. */
  readonly content: () => AsyncGenerator<Uint8Array, void, undefined>;
}

/** The model's tensors whose values are external data. */
export function externalTensors(model: ModelProto): TensorProto[] {
  const found: TensorProto[] = [];
  mapTensors(model, (tensor) => {
    if (isExternal(tensor)) found.push(tensor);
    return tensor;
  });
  return found;
}

/**
 * The model with its large initializers, and all that is external already, in one file named `location`. Nothing is
 * read yet, so ranges of any length pass through; ranges that tensors share stay shared.
 */
export function splitModel(model: ModelProto, location: string, files: ExternalFiles): SplitModel {
  const parts: Part[] = [];
  const offsets = new Map<string, number>();
  let end = 0;
  const place = (bytes: bigint): number => {
    const offset = Math.ceil(end / DATA_ALIGNMENT) * DATA_ALIGNMENT;
    end = offset + Number(bytes);
    return offset;
  };
  const split = mapTensors(model, (tensor, where) => {
    if (isExternal(tensor)) {
      const range = externalRangeOf(tensor, files.label);
      const key = JSON.stringify([range.location, String(range.offset), String(range.bytes)]);
      let offset = offsets.get(key);
      if (offset === undefined) {
        offset = place(range.bytes);
        offsets.set(key, offset);
        parts.push({ offset, range });
      }
      return externalTensor(tensor, location, offset, range.bytes);
    }
    if (where !== 'initializer' || elementTypeOf(tensor).bits === 0) return tensor;
    const bytes = tensorByteLength(tensor);
    if (bytes < SMALLEST_MOVED_BYTES) return tensor;
    const offset = place(bytes);
    parts.push({ offset, tensor });
    return externalTensor(tensor, location, offset, bytes);
  });
  return { model: split, content: () => contentOf(parts, files) };
}

/** The model with all its values in itself. Rejects with MODEL_UNSUPPORTED for a tensor of 2 GiB. */
export async function joinModel(
  model: ModelProto,
  files: ExternalFiles,
  signal?: AbortSignal,
): Promise<ModelProto> {
  const values = new Map<TensorProto, Uint8Array>();
  for (const tensor of externalTensors(model)) {
    values.set(tensor, await files.read(externalRangeOf(tensor, files.label), signal));
  }
  return mapTensors(model, (tensor) => {
    const rawData = values.get(tensor);
    if (rawData === undefined) return tensor;
    const joined = changed(tensor, { rawData, externalData: [] });
    clearField(joined, TensorProtoSchema.field.dataLocation);
    return joined;
  });
}

async function* contentOf(
  parts: readonly Part[],
  files: ExternalFiles,
): AsyncGenerator<Uint8Array, void, undefined> {
  let written = 0;
  for (const part of parts) {
    if (part.offset > written) yield new Uint8Array(part.offset - written);
    written = part.offset;
    const pieces = 'tensor' in part ? [tensorBytes(part.tensor)] : files.pieces(part.range);
    for await (const piece of pieces) {
      yield piece;
      written += piece.length;
    }
  }
}

/** `tensor` without its values, which are at `offset` of `location`. */
function externalTensor(
  tensor: TensorProto,
  location: string,
  offset: number,
  bytes: bigint,
): TensorProto {
  const entries = { location, offset: String(offset), length: String(bytes) };
  const moved = changed(tensor, {
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    floatData: [],
    int32Data: [],
    int64Data: [],
    doubleData: [],
    uint64Data: [],
  });
  clearField(moved, TensorProtoSchema.field.rawData);
  return moved;
}
