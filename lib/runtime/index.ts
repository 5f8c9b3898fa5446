/** The door of runtime/: providers, and how one of them comes to serve a model. */

export { OPENVINO_VERSION, openvinoPlaces, openvinoSetupFolder } from './libraries.js';
export type { SearchPlace } from './libraries.js';
export { nativeAddon } from './native.js';
export type { OnnxruntimeOptions } from './onnxruntime.js';
export type { OpenVinoOptions } from './openvino-options.js';
export type * from './provider.js';
export * from './resolve.js';
