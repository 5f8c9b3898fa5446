/** The door of common/: errors, guards, element types, shapes, cancellation, warnings. */

export * from './abort.js';
export * from './cgroup.js';
export * from './dtype.js';
export * from './errors.js';
export * from './logger.js';
export * from './next-turn.js';
export * from './package-folder.js';
export * from './shape.js';
export * from './validate.js';
export * from './float16.js';
export * from './zip.js';
export * from './zip-writer.js';
