/** From ranges to scale and zero point, and from values to integers (quantization.md sections 3 and 4.3). */

import { EngineryError } from '../common/index.js';
import { roundHalfEven } from './rounding.js';

/** The smallest and the largest value that a quantized tensor is to hold. */
export interface Range {
  readonly lo: number;
  readonly hi: number;
}

/** Activations: asymmetric uint8 for ONNX Runtime and OpenVINO on a CPU, symmetric int8 for TensorRT. */
export type ActivationType = 'uint8' | 'int8';

export interface QuantizationParameters {
  readonly type: ActivationType;
  /** A float32 number. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A weight tensor seen along its channel axis: [outer, channels, inner]. One channel: per tensor. */
export interface ChannelLayout {
  readonly outer: number;
  readonly channels: number;
  readonly inner: number;
}

const SMALLEST_NORMAL_FLOAT = 2 ** -126;
/** Weights use -127..127: the same number of steps on both sides. */
const WEIGHT_LEVELS = 127;
/** A channel of nearly zeros gets this part of the tensor's range at least, or its bias would not fit int32. */
const LEAST_CHANNEL_RANGE = 1e-5;
const LEAST_RANGE = 1e-12;

/** Scale and zero point of an activation. Zero is always representable. Throws CALIBRATION_FAILED on a non-finite range. */
export function activationParameters(range: Range, type: ActivationType): QuantizationParameters {
  const lo = Math.min(range.lo, 0);
  const hi = Math.max(range.hi, 0);
  const exact = type === 'uint8' ? (hi - lo) / 255 : Math.max(-lo, hi) / 127;
  const scale = Math.fround(exact);
  if (!Number.isFinite(scale)) {
    throw new EngineryError(
      'CALIBRATION_FAILED',
      `expected a finite range for a quantized tensor, got [${range.lo}, ${range.hi}]; check the calibration samples`,
    );
  }
  if (scale < SMALLEST_NORMAL_FLOAT) return { type, scale: 1, zeroPoint: 0 };
  if (type === 'int8') return { type, scale, zeroPoint: 0 };
  return { type, scale, zeroPoint: Math.min(255, Math.max(0, roundHalfEven(-lo / scale))) };
}

/** The values after quantization and back, for the error of a range. */
export function quantizedValue(value: number, parameters: QuantizationParameters): number {
  const { scale, zeroPoint, type } = parameters;
  const least = type === 'uint8' ? 0 : -128;
  const q = roundHalfEven(value / scale) + zeroPoint;
  return (Math.min(least + 255, Math.max(least, q)) - zeroPoint) * scale;
}

/** The layout of a tensor along `axis`; axis undefined: per tensor. */
export function channelLayout(dims: readonly number[], axis: number | undefined): ChannelLayout {
  const product = (part: readonly number[]): number => part.reduce((all, dim) => all * dim, 1);
  if (axis === undefined) return { outer: 1, channels: 1, inner: product(dims) };
  return {
    outer: product(dims.slice(0, axis)),
    channels: dims[axis] ?? 1,
    inner: product(dims.slice(axis + 1)),
  };
}

/** The symmetric scale of each channel of a weight tensor, as float32. */
export function weightScales(values: Float32Array, layout: ChannelLayout): Float32Array {
  const absMax = channelAbsMax(values, layout);
  let largest = 0;
  for (const value of absMax) largest = Math.max(largest, value);
  if (!Number.isFinite(largest)) {
    throw new EngineryError(
      'MODEL_INVALID',
      'expected finite weights, got NaN or infinity; export the model again',
    );
  }
  return Float32Array.from(
    absMax,
    (value) => Math.max(value, largest * LEAST_CHANNEL_RANGE, LEAST_RANGE) / WEIGHT_LEVELS,
  );
}

/** Largest magnitude of each channel. */
export function channelAbsMax(
  values: Float32Array | Float64Array,
  layout: ChannelLayout,
): Float64Array {
  const { outer, channels, inner } = layout;
  const absMax = new Float64Array(channels);
  let i = 0;
  for (let o = 0; o < outer; o++) {
    for (let channel = 0; channel < channels; channel++) {
      let largest = absMax[channel] as number;
      for (const end = i + inner; i < end; i++) {
        const magnitude = Math.abs(values[i] as number);
        // A NaN stays: nothing is larger than it, so it shows in the result.
        if (magnitude > largest || Number.isNaN(magnitude)) largest = magnitude;
      }
      absMax[channel] = largest;
    }
  }
  return absMax;
}

/** Weights as int8 with one scale per channel. */
export function quantizeWeights(
  values: Float32Array,
  layout: ChannelLayout,
  scales: Float32Array,
): Int8Array {
  const { outer, channels, inner } = layout;
  const quantized = new Int8Array(values.length);
  let i = 0;
  for (let o = 0; o < outer; o++) {
    for (let channel = 0; channel < channels; channel++) {
      const scale = scales[channel] as number;
      for (const end = i + inner; i < end; i++) {
        const q = roundHalfEven((values[i] as number) / scale);
        quantized[i] = Math.min(WEIGHT_LEVELS, Math.max(-WEIGHT_LEVELS, q));
      }
    }
  }
  return quantized;
}
