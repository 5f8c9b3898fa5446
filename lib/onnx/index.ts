/** The door of onnx/: outlines and checks of model files, and models in memory. Only this room knows protobuf. */

export * from './build-model.js';
export {
  constantOf,
  dropOverridableInputs,
  removeUnreadConstant,
  replaceConstant,
  tensorOfConstantNode,
} from './constants.js';
export { dataTypeCode, dataTypeFromCode, type OnnxDataType } from './data-type.js';
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
export { GraphEditor } from './graph-editor.js';
export { createModel, decodeModel, encodeModel } from './model.js';
export { NameAllocator } from './name-allocator.js';
export { openModel, type OpenModel } from './open-model.js';
export { liftOpset, type LiftOptions } from './opset-lift.js';
export { opsetVersion, setOpsetVersion } from './opset.js';
export type * from './outline.js';
export { readModelOutline } from './read-outline.js';
export { joinModel } from './stored-data.js';
export {
  arrayFromBytes,
  elementTypeOf,
  float32FromBytes,
  integersOf,
  tensorByteLength,
  tensorBytes,
} from './tensor-values.js';
export { topologicalOrder } from './topological-order.js';
export { writeModel, type WriteOptions } from './write-model.js';
