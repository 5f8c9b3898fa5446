/** Statistics of one tensor over all calibration samples: one pass, mergeable (quantization.md section 4.2). */

import { EngineryError } from '../common/index.js';
import { Histogram } from './histogram.js';

/** What an observer is to keep beyond extrema and sums. */
export interface ObserverOptions {
  /** Keep a histogram: every range method but the extrema needs it. Default true. */
  readonly histogram?: boolean;
  /** Keep the largest magnitude of each index of the last axis: SmoothQuant needs it for inputs of MatMul. */
  readonly channels?: boolean;
}

/** Watches one tensor. NaN and infinities are counted and otherwise ignored. */
export class TensorObserver {
  /** Finite values seen; 0 where a runtime found the extrema by itself. */
  count = 0;
  zeros = 0;
  nan = 0;
  infinite = 0;
  /** Extrema and sums of the finite values; the extrema are infinite while there is none. */
  min = Infinity;
  max = -Infinity;
  sum = 0;
  sumOfSquares = 0;
  /** Extrema of each sample that holds a finite value. */
  sampleMin: number[] = [];
  sampleMax: number[] = [];
  histogram: Histogram | undefined;
  /** Largest magnitude by index of the last axis. */
  channelAbsMax: Float64Array | undefined;
  readonly #keepsChannels: boolean;

  constructor({ histogram = true, channels = false }: ObserverOptions = {}) {
    this.histogram = histogram ? new Histogram() : undefined;
    this.#keepsChannels = channels;
  }

  /** Takes the values of one run, which hold `samples` samples of equal size one after the other. */
  observe(values: Float32Array, dims: readonly number[], samples = 1): void {
    const length = values.length / samples;
    for (let sample = 0; sample < samples; sample++) {
      this.#observeSample(values, sample * length, (sample + 1) * length);
    }
    if (this.#keepsChannels && dims.length > 0) this.#observeChannels(values, dims.at(-1) ?? 1);
  }

  /** Takes the extrema that a runtime found in one run, where the values themselves stay in the runtime. */
  observeExtrema(min: number, max: number): void {
    if (!Number.isFinite(min) || !Number.isFinite(max)) {
      // How many values are not finite is not known from here: at least one.
      if (Number.isNaN(min) || Number.isNaN(max)) this.nan++;
      else this.infinite++;
      return;
    }
    this.#addSample(min, max);
  }

  /** Adds what another observer of the same tensor saw in other samples. */
  merge(other: TensorObserver): void {
    if ((this.histogram === undefined) !== (other.histogram === undefined)) {
      throw new EngineryError(
        'INVALID_ARGUMENT',
        'expected two statistics with histograms or two without, got one of each; calibrate both with the same method',
      );
    }
    this.count += other.count;
    this.zeros += other.zeros;
    this.nan += other.nan;
    this.infinite += other.infinite;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    this.sum += other.sum;
    this.sumOfSquares += other.sumOfSquares;
    this.sampleMin = this.sampleMin.concat(other.sampleMin);
    this.sampleMax = this.sampleMax.concat(other.sampleMax);
    if (other.histogram !== undefined) this.histogram?.merge(other.histogram);
    if (other.channelAbsMax !== undefined) this.#mergeChannels(other.channelAbsMax);
  }

  #observeSample(values: Float32Array, from: number, to: number): void {
    let min = Infinity;
    let max = -Infinity;
    let sum = 0;
    let sumOfSquares = 0;
    let zeros = 0;
    // 2.5 ns per element, without a branch: Math.min and Number(...) compile to none, comparisons to mispredicted ones
    // (9 ns). NaN needs no test in here either: the sum of squares shows it afterwards.
    for (let i = from; i < to; i++) {
      const value = values[i] as number;
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
      sumOfSquares += value * value;
      zeros += Number(value === 0);
    }
    // Squares of float32 numbers do not overflow in float64: only NaN and infinities make this infinite or NaN.
    if (!Number.isFinite(sumOfSquares)) {
      const finite = this.#finiteOf(values, from, to);
      this.#observeSample(finite, 0, finite.length);
      return;
    }
    if (from === to) return;
    this.count += to - from;
    this.zeros += zeros;
    this.sum += sum;
    this.sumOfSquares += sumOfSquares;
    this.#addSample(min, max);
    if (this.histogram === undefined) return;
    this.histogram.reserve(Math.max(-min, max));
    this.histogram.add(values, from, to, zeros);
  }

  #addSample(min: number, max: number): void {
    if (min < this.min) this.min = min;
    if (max > this.max) this.max = max;
    // Plus zero: minus zero becomes zero, as it does in JSON.
    this.sampleMin.push(min + 0);
    this.sampleMax.push(max + 0);
  }

  /** Counts what is not finite, and copies the rest. */
  #finiteOf(values: Float32Array, from: number, to: number): Float32Array {
    const finite = new Float32Array(to - from);
    let length = 0;
    for (let i = from; i < to; i++) {
      const value = values[i] as number;
      if (Number.isFinite(value)) finite[length++] = value;
      else if (Number.isNaN(value)) this.nan++;
      else this.infinite++;
    }
    return finite.subarray(0, length);
  }

  #observeChannels(values: Float32Array, channels: number): void {
    if (values.length === 0) return;
    const found = new Float64Array(channels);
    for (let row = 0; row < values.length; row += channels) {
      for (let channel = 0; channel < channels; channel++) {
        const magnitude = Math.abs(values[row + channel] as number);
        if (magnitude > (found[channel] as number) && magnitude < Infinity)
          found[channel] = magnitude;
      }
    }
    this.#mergeChannels(found);
  }

  #mergeChannels(found: Float64Array): void {
    const kept = this.channelAbsMax;
    if (kept === undefined) {
      this.channelAbsMax = found.slice();
      return;
    }
    if (kept.length !== found.length) {
      throw new EngineryError(
        'CALIBRATION_FAILED',
        `expected the same last dimension in every sample of a tensor that a MatMul reads, got ${kept.length} and ${found.length}`,
      );
    }
    for (let i = 0; i < kept.length; i++) kept[i] = Math.max(kept[i] ?? 0, found[i] ?? 0);
  }
}
