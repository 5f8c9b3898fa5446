/** The door of quantize/: from a float model and samples to a calibration table and quantized models. */

export { biasShifts, type BiasShiftOptions } from './bias-correction.js';
export {
  calibrationTableJson,
  mergeCalibrationTables,
  parseCalibrationTable,
  requireDataDigest,
  requireModelDigest,
  type CalibrationTable,
} from './calibration-table.js';
export {
  calibrate,
  modelDigest,
  type CalibrateOptions,
  type CalibrationProgress,
} from './calibrate.js';
export type { Feeds, LoadedModel, ModelRunner } from './calibrator/model-runner.js';
export type { SampleSource } from './calibrator/sample-source.js';
export { equalizeLayers } from './equalize.js';
export { prepareModel } from './prepare.js';
export { tensorsToObserve, type Preset } from './presets/preset.js';
export { emitQdqModel, type EmitOptions } from './qdq.js';
export type { RangeMethod } from './range-method.js';
