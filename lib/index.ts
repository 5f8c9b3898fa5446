/** The public surface. */

import { registerOpenvinoBackend } from './session/index.js';
import { common } from './tensor/index.js';

export type * from 'onnxruntime-common';
export { EngineryError } from './common/index.js';
export type { ErrorCode } from './common/index.js';
export { listRuntimes, listSupportedBackends } from './runtime/index.js';
export type {
  Inspection,
  LayerInfo,
  OpenVinoOptions,
  Precision,
  ProviderRefusal,
  RuntimeReport,
  SupportedBackend,
} from './runtime/index.js';
export { InferenceSession, createEngine } from './session/index.js';
export type {
  Engine,
  EngineOptions,
  EngineProgress,
  EngineReport,
  InputShape,
  ProviderChoice,
} from './session/index.js';
export { Tensor } from './tensor/index.js';

// onnxruntime-common's own InferenceSession takes 'openvino' from here on.
registerOpenvinoBackend();

/** onnxruntime-common's global settings; `logLevel` is passed on to ONNX Runtime. */
export const env = common.env;
/** onnxruntime-common's registry of backends, the copy that onnxruntime-node uses. */
export const registerBackend = common.registerBackend;
/** onnxruntime-common's tracing functions, for code that wraps its calls in them; older versions have only some. */
export const TRACE = common.TRACE;
/** Begins the trace of a function, where `env.trace` is set. */
export const TRACE_FUNC_BEGIN = common.TRACE_FUNC_BEGIN;
/** Ends it. */
export const TRACE_FUNC_END = common.TRACE_FUNC_END;
/** Begins the trace of an event by name, where `env.trace` is set. */
export const TRACE_EVENT_BEGIN = common.TRACE_EVENT_BEGIN;
/** Ends it. */
export const TRACE_EVENT_END = common.TRACE_EVENT_END;
