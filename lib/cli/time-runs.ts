/** Runs an engine n times one after the other and keeps the time of each. */

import { performance } from 'node:perf_hooks';

import { abortable } from '../common/index.js';
import { percentile } from '../report/index.js';
import type { Tensor } from '../tensor/index.js';
import type { Engine } from '../session/index.js';

export interface TimedRuns {
  /** What the last run gave. */
  readonly results: Record<string, Tensor>;
  readonly timesMs: readonly number[];
}

export async function timeRuns(
  engine: Engine,
  feeds: Record<string, Tensor>,
  count: number,
  signal: AbortSignal,
): Promise<TimedRuns> {
  const timesMs: number[] = [];
  let results: Record<string, Tensor> = {};
  for (let i = 0; i < count; i++) {
    const startMs = performance.now();
    // onnxruntime-common's OnnxValue is a Tensor in every build for Node.
    results = await abortable('the run', engine.run(feeds), signal);
    timesMs.push(performance.now() - startMs);
  }
  return { results, timesMs };
}

/** The first run apart (it warms up), then the others; a single run is its own figure. */
export interface Latency {
  readonly runs: number;
  readonly firstMs: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export function latencyOf(timesMs: readonly number[]): Latency {
  const [firstMs = NaN, ...rest] = timesMs;
  const sorted = (rest.length > 0 ? rest : [firstMs]).sort((a, b) => a - b);
  return {
    runs: timesMs.length,
    firstMs,
    minMs: sorted[0] ?? NaN,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? NaN,
  };
}
