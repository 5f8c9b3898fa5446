/** The door of tensor/: the Tensor class shared with onnxruntime-node. */

export { common, forEachCommon, Tensor } from './tensor.js';
export type { TensorContent } from './content.js';
export { INTEGER_RANGES, isTensorJson, jsonFromValue, tensorFromJson, valueAt } from './json.js';
export { npyPieces, parseNpy } from './npy.js';
export { npzPieces, readNpz } from './npz.js';
