/** Encodes a model for writing without copying its weights: small pieces of protobuf between views of the values. */

import { clearField, toBinary, type DescField, type Message } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { MAX_BUFFER_BYTES } from './external-files.js';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  TensorProtoSchema,
  type ModelProto,
  type TensorProto,
} from './gen/onnx_pb.js';
import { copyOf } from './map-tensors.js';
import { unsupportedModel } from './model-error.js';

/** Values of fewer bytes are copied: more pieces would cost more than the copy. */
const SMALLEST_VIEW_BYTES = 64 * 1024;

/**
 * The bytes of a model, in pieces. The graph comes last in the model and its initializers last in the graph: the bytes
 * differ from those of `encodeModel` in order, not in meaning, and equal models give equal bytes.
 * Throws MODEL_UNSUPPORTED at 2 GiB.
 */
export function encodePieces(model: ModelProto): Uint8Array[] {
  const { graph } = model;
  if (graph === undefined) return [toBinary(ModelProtoSchema, model)];
  const { initializer } = GraphProtoSchema.field;
  const inner: Uint8Array[] = [toBinary(GraphProtoSchema, without(graph, initializer))];
  for (const tensor of graph.initializer) {
    const pieces = tensorPieces(tensor);
    inner.push(fieldHead(initializer, sizeOf(pieces)), ...pieces);
  }
  const { graph: graphField } = ModelProtoSchema.field;
  const outer = toBinary(ModelProtoSchema, without(model, graphField));
  const pieces = [outer, fieldHead(graphField, sizeOf(inner)), ...inner];
  const size = sizeOf(pieces);
  if (size <= MAX_BUFFER_BYTES) return pieces;
  throw unsupportedModel(
    'less than 2 GiB for a model in one file (protobuf ends there)',
    `${size} bytes`,
    'write it with external data',
  );
}

function tensorPieces(tensor: TensorProto): Uint8Array[] {
  const { rawData } = tensor;
  if (rawData.byteLength < SMALLEST_VIEW_BYTES) return [toBinary(TensorProtoSchema, tensor)];
  const field = TensorProtoSchema.field.rawData;
  return [
    toBinary(TensorProtoSchema, without(tensor, field)),
    fieldHead(field, rawData.byteLength),
    rawData,
  ];
}

function without<T extends Message>(message: T, field: DescField): T {
  const copy = copyOf(message);
  clearField(copy, field);
  return copy;
}

/** Tag and length of a field whose content follows. */
function fieldHead({ number }: DescField, length: number): Uint8Array {
  // A length of 2 GiB and more is refused in the end; here it must only not fail.
  const shown = Math.min(length, MAX_BUFFER_BYTES);
  return new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(shown).finish();
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
