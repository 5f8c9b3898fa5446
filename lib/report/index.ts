/** The door of report/: text for terminals; knows no engine. */

export * from './format.js';
export * from './progress.js';
export * from './style.js';
export * from './table.js';
