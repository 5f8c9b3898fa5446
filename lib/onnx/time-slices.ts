/** Runs long synchronous work in slices, so that timers and input of the event loop get their turn in between. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { throwIfAborted } from '../common/index.js';

/** Work that says by `yield` where it can pause. */
export type Pausing<T> = Generator<undefined, T, undefined>;

/** Items that work goes through between two yields. */
export const ITEMS_PER_YIELD = 256;

const SLICE_MS = 5;

/** Lets the event loop turn once. Rejects with CANCELLED when `signal` is aborted by then. */
export async function pause(what: string, signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  throwIfAborted(what, signal);
}

/** Runs `work` to its end. Rejects with CANCELLED when `signal` aborts in a pause. */
export async function runInSlices<T>(
  what: string,
  work: Pausing<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let sliceEnd = performance.now() + SLICE_MS;
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() < sliceEnd) continue;
    await pause(what, signal);
    sliceEnd = performance.now() + SLICE_MS;
  }
}
