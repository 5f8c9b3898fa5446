/** What the parent asks of a contestant and what it answers: one JSON object per line, in and out. */

import type { LoadFigures } from '../../lib/bench/index.js';

/** An input's values in a file, so that programs in other languages read the same bytes. */
export interface FeedFile {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly file: string;
}

/** How a session is made. */
export interface LoadRequest {
  readonly command: 'load';
  /** The name that later requests use. */
  readonly session: string;
  readonly model: string;
  /** Symbolic sizes made fixed. */
  readonly overrides: Readonly<Record<string, number>>;
  readonly feeds: readonly FeedFile[];
  readonly hint: 'latency' | 'throughput';
  /** Threads of inference; absent: the runtime's own choice. */
  readonly threads?: number;
  /** Requests of the pool, for the vendor's loop; absent: the contestant's own choice. */
  readonly requests?: number;
  /** Enginery's option. */
  readonly inlineBelowUs?: number;
}

export interface LoadAnswer {
  /** Library, session and first inference. */
  readonly loadMs: number;
  readonly rssBytes: number;
  /** What computes, with its version. */
  readonly runtime: string;
  /** Runs computed at once, where the contestant chooses. */
  readonly requests?: number;
}

export interface MeasureRequest {
  readonly command: 'measure';
  readonly session: string;
  readonly inFlight: number;
  readonly seconds: number;
  /** Watch the event loop too. Its timer of 1 ms costs a few percent of a core, so not while speed is measured. */
  readonly watchesEventLoop?: boolean;
}

export interface MeasureAnswer extends LoadFigures {
  readonly delayP99Ms?: number;
  readonly delayMaxMs?: number;
}

export type Request = LoadRequest | MeasureRequest;
export type Answer = LoadAnswer | MeasureAnswer | { readonly error: string };
