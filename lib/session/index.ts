/** The door of session/: sessions and engines. */

export { registerOpenvinoBackend } from './backend.js';
export { createEngine } from './create-engine.js';
export type { Engine, EngineOptions, InputShape, ProviderChoice } from './create-engine.js';
export { InferenceSession } from './inference-session.js';
export type { EngineReport } from './inference-session.js';
export type { EngineProgress } from './open-session.js';
