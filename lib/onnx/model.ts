/** ONNX models in memory: decoding and encoding over the generated schema. */

import { create, mergeFromBinary, toBinary } from '@bufbuild/protobuf';
import { messageFromUnknown } from '../common/index.js';
import { ModelProtoSchema, type ModelProto } from './gen/onnx_pb.js';
import { MAX_MESSAGE_DEPTH } from './limits.js';
import { EXPORT_AGAIN, invalidModel, modelLabel } from './model-error.js';

/**
 * Decodes a whole model. `rawData` and other bytes are views of `bytes`, not copies; fields unknown to the schema are
 * kept. Throws MODEL_INVALID. Check a model from outside with `readModelOutline` first: this decoder is lenient.
 */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const model = createModel();
  mergeIntoModel(model, bytes, modelLabel(bytes));
  return model;
}

/** Merges encoded fields of a model into `model`: singular ones are replaced or merged, repeated ones are added. */
export function mergeIntoModel(model: ModelProto, bytes: Uint8Array, label: string): void {
  try {
    mergeFromBinary(ModelProtoSchema, model, bytes, { recursionLimit: MAX_MESSAGE_DEPTH });
  } catch (error) {
    throw invalidModel(
      `an ONNX model in ${label}`,
      `bytes that do not decode (${messageFromUnknown(error)})`,
      EXPORT_AGAIN,
      { cause: error },
    );
  }
}

/** Encodes a model: fields in the order of their numbers, then unknown ones, so equal models give equal bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

/** An empty model, to be filled. */
export function createModel(): ModelProto {
  return create(ModelProtoSchema);
}
