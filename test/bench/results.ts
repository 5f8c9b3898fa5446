/** What a run of the benchmark measured, and the ratios in it. */

import { median } from '../../lib/bench/index.js';
import type { ContestantName } from './contestant.js';
import type { LoadAnswer, MeasureAnswer } from './protocol.js';
import type { Variant } from './subjects.js';

/** One run in flight on a session made for latency, or as many as its pool has on one made for throughput. */
export type Mode = 'latency' | 'throughput';

/** By contestant, one value for each round. */
export type Samples<T> = Readonly<Partial<Record<ContestantName, readonly T[]>>>;

export interface Cell {
  readonly model: string;
  readonly variant: Variant;
  readonly mode: Mode;
  readonly inFlight: number;
  readonly samples: Samples<MeasureAnswer>;
}

/** Fresh processes: load time and memory. */
export interface LoadCell {
  readonly model: string;
  readonly variant: Variant;
  readonly samples: Samples<LoadAnswer>;
}

export interface EventLoopCell {
  readonly model: string;
  readonly inFlight: number;
  readonly inputBytes: number;
  readonly samples: Samples<MeasureAnswer>;
}

/** In microseconds, one value for each round. */
export interface HandOver {
  /** A bare round trip between two threads that sleep. */
  readonly wakeUpUs: readonly number[];
  /** A call of the tiny model that goes to the runtime's thread and back. */
  readonly asynchronousUs: readonly number[];
  /** The same call inline. */
  readonly inlineUs: readonly number[];
}

export interface Results {
  readonly cells: readonly Cell[];
  readonly loads: readonly LoadCell[];
  readonly eventLoop: readonly EventLoopCell[];
  readonly handOver: HandOver | undefined;
  /** What could not be measured, and why. */
  readonly leftOut: readonly string[];
}

/** Median of the ratios of rounds; undefined where one of the two did not take part. */
export function ratioOf<T>(
  samples: Samples<T>,
  [over, under]: readonly [over: ContestantName, under: ContestantName],
  figure: (sample: T) => number,
): number | undefined {
  return pairedRatio(samples[over]?.map(figure), samples[under]?.map(figure));
}

/** Median of the ratios of values that were measured side by side. */
export function pairedRatio(
  over: readonly number[] | undefined,
  under: readonly number[] | undefined,
): number | undefined {
  if (over === undefined || under === undefined) return undefined;
  const ratios = over.slice(0, under.length).map((value, i) => value / (under[i] ?? NaN));
  return ratios.length === 0 ? undefined : median(ratios);
}

/** Median over the rounds; undefined where the contestant did not take part. */
export function figureOf<T>(
  samples: Samples<T>,
  name: ContestantName,
  figure: (sample: T) => number,
): number | undefined {
  const values = samples[name]?.map(figure);
  return values === undefined || values.length === 0 ? undefined : median(values);
}

/** What a mode is about, larger is better for throughput, smaller for latency. */
export function mainFigure(mode: Mode): (sample: MeasureAnswer) => number {
  return mode === 'latency' ? (sample) => sample.p50Ms : (sample) => sample.perSecond;
}
