/** The door of onnx/: outlines and checks of model files, and models in memory. Only this room knows protobuf. */

export * from './build-model.js';
export { checkExternalData } from './external-data.js';
export {
  hasFourBitBoundary,
  widenFourBitBoundary,
  type FourBitBoundary,
  type FourBitType,
} from './four-bit-boundary.js';
export { detectModelFormat, FORMAT_HEAD_BYTES, type ModelFormat } from './format.js';
export type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from './gen/onnx_pb.js';
export { createModel, decodeModel, encodeModel } from './model.js';
export type * from './outline.js';
export { readModelOutline } from './read-outline.js';
