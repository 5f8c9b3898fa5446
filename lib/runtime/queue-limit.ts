/** How many runs of a session may wait: a caller that starts runs faster than they end must hear of it. */

import { EngineryError } from '../common/index.js';

/**
 * Waiting runs before the next one is refused. One costs 9 KB beside the copy of its inputs, and 0.1 ms to start:
 * 10,000 are 95 MB and a second (small/slow.onnx, 2 cores, OpenVINO and ONNX Runtime alike); 100,000 take half a minute
 * in which nothing else happens, so that whoever has them waiting has no use for their results.
 */
export const QUEUE_LIMIT = 10_000;

/** The largest limit that can be asked for. */
export const MOST_WAITING = 1_000_000;

export function overloaded(limit: number, option: string): EngineryError {
  return new EngineryError(
    'OVERLOADED',
    `expected at most ${limit} waiting runs, got another one; await runs before starting more, or raise ${option}`,
  );
}
