/** A closed loop of runs: so many in flight, each started when one has ended, for so long. */

import { performance } from 'node:perf_hooks';
import { percentile } from '../report/index.js';

export interface LoadOptions {
  /** Runs at once. */
  readonly inFlight: number;
  /** No run starts later than this; those in flight end and count. */
  readonly seconds: number;
}

export interface LoadFigures {
  readonly runs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Time of all threads of the process, per run. */
  readonly cpuMs: number;
}

/** Calls `run` again and again; rejects with the first failure. */
export async function applyLoad(
  run: () => Promise<unknown>,
  { inFlight, seconds }: LoadOptions,
): Promise<LoadFigures> {
  const timesMs: number[] = [];
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  const loop = async (): Promise<void> => {
    let beginMs = performance.now();
    // At least one run, however short the time is.
    do {
      await run();
      const nowMs = performance.now();
      timesMs.push(nowMs - beginMs);
      beginMs = nowMs;
    } while (beginMs < endMs);
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  const sorted = Float64Array.from(timesMs).sort();
  return {
    runs: sorted.length,
    perSecond: (sorted.length * 1000) / elapsedMs,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    cpuMs: (user + system) / 1000 / sorted.length,
  };
}
