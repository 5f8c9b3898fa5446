/** The door of bench/: applies load to a model and sums up what was measured. */

export { applyLoad, type LoadFigures, type LoadOptions } from './load.js';
export { geometricMean, median } from './stats.js';
