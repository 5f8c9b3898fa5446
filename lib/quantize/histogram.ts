/** A histogram of magnitudes, one side per sign, that grows by doubling its range (quantization.md section 4.2). */

/** Bins of each sign. */
export const BINS = 2048;

/**
 * Counts of positive and negative values by magnitude: bin i of a side holds [i, i+1) * limit/2048, the last one also
 * the limit itself. Zeros are not in it.
 */
export class Histogram {
  /** The largest magnitude that fits; 0 until the first value comes. */
  limit = 0;
  readonly positive = new Float64Array(BINS);
  readonly negative = new Float64Array(BINS);

  /** Makes room for magnitudes up to `magnitude`: the first one sets the limit, later ones double it. */
  reserve(magnitude: number): void {
    if (this.limit === 0) this.limit = magnitude;
    while (this.limit < magnitude) this.#double();
  }

  /** Counts the values of [from, to), all finite and within the limit; returns how many of them are zero. */
  add(values: Float32Array, from: number, to: number): number {
    const { positive, negative } = this;
    const binsPerUnit = this.limit === 0 ? 0 : BINS / this.limit;
    let zeros = 0;
    // 2.5 ns per element; the indices are in range by construction, so the reads are never undefined.
    for (let i = from; i < to; i++) {
      const value = values[i] as number;
      if (value > 0) {
        let bin = (value * binsPerUnit) | 0;
        if (bin >= BINS) bin = BINS - 1;
        (positive[bin] as number)++;
      } else if (value < 0) {
        let bin = (-value * binsPerUnit) | 0;
        if (bin >= BINS) bin = BINS - 1;
        (negative[bin] as number)++;
      } else {
        zeros++;
      }
    }
    return zeros;
  }

  /**
   * Adds the counts of `other`. Exact up to bin edges when the limits are a power of two apart, as they are for shards
   * that began with the same value; otherwise each of the finer bins goes where its centre falls.
   */
  merge(other: Histogram): void {
    if (other.limit === 0) return;
    const finer = this.limit < other.limit ? this : other;
    const limit = Math.max(this.limit, other.limit);
    const source = finer === other ? other.#copy() : this;
    if (source.limit > 0) {
      while (source.limit * 2 <= limit) source.#double();
      if (source.limit < limit) source.#rebin(limit);
    }
    if (finer === this) {
      this.limit = limit;
      addCounts(this.positive, other.positive);
      addCounts(this.negative, other.negative);
    } else {
      addCounts(this.positive, source.positive);
      addCounts(this.negative, source.negative);
    }
  }

  #copy(): Histogram {
    const copy = new Histogram();
    copy.limit = this.limit;
    copy.positive.set(this.positive);
    copy.negative.set(this.negative);
    return copy;
  }

  #double(): void {
    halve(this.positive);
    halve(this.negative);
    this.limit *= 2;
  }

  #rebin(limit: number): void {
    const ratio = this.limit / limit;
    moveByCentre(this.positive, ratio);
    moveByCentre(this.negative, ratio);
    this.limit = limit;
  }
}

/** Merges neighbouring bins into the lower half. */
function halve(counts: Float64Array): void {
  for (let i = 0; i < BINS / 2; i++) {
    counts[i] = (counts[2 * i] ?? 0) + (counts[2 * i + 1] ?? 0);
  }
  counts.fill(0, BINS / 2);
}

/** Moves each bin to where its centre lies in bins that are 1/ratio as wide; ratio < 1, so never upwards. */
function moveByCentre(counts: Float64Array, ratio: number): void {
  for (let i = 1; i < BINS; i++) {
    const count = counts[i] ?? 0;
    const target = Math.floor((i + 0.5) * ratio);
    if (count === 0 || target === i) continue;
    counts[i] = 0;
    counts[target] = (counts[target] ?? 0) + count;
  }
}

function addCounts(target: Float64Array, source: Float64Array): void {
  for (let i = 0; i < BINS; i++) target[i] = (target[i] ?? 0) + (source[i] ?? 0);
}
