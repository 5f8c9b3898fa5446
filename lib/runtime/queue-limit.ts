/** How many runs of a session may wait: a caller that starts runs faster than they end must hear of it. */

import { EngineryError } from '../common/index.js';

/**
 * Waiting runs before the next one is refused. QUEUE_REASON
 */
export const QUEUE_LIMIT = 10_000;

/** The largest limit that can be asked for: more runs than that in flight are an error of the caller. */
export const MOST_WAITING = 1_000_000;

export function overloaded(limit: number, option: string): EngineryError {
  return new EngineryError(
    'OVERLOADED',
    `expected at most ${limit} waiting runs, got another one; await runs before starting more, or raise ${option}`,
  );
}
