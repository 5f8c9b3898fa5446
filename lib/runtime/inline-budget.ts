/**
 * Short runs on the caller's thread, within a budget (DESIGN section 8): handing a run of 10 us to another thread and
 * back costs 75 us, while a thread that only computes starves its timers.
 */

import { callNextTurn } from '../common/index.js';

/** Runs whose times decide; half a dozen outliers among them change nothing, since the median counts. */
const WINDOW = 32;
/** Runs that a new shape needs before its times are believed. */
const FIRST_RUNS = 8;
/** Inline time in one turn of the event loop. */
const TURN_BUDGET_US = 1000;

/** The times of the last runs of one input-shape signature, and whether they are short enough. */
export class RunTimes {
  readonly #timesUs = new Float64Array(WINDOW);
  #count = 0;
  #isShort = false;

  get isShort(): boolean {
    return this.#isShort;
  }

  add(timeUs: number, belowUs: number): void {
    this.#timesUs[this.#count++ % WINDOW] = timeUs;
    // The median of 32 numbers costs a microsecond: every eighth run is often enough.
    if (this.#count % FIRST_RUNS !== 0) return;
    const sorted = this.#timesUs.slice(0, Math.min(this.#count, WINDOW)).sort();
    this.#isShort = (sorted[sorted.length >> 1] ?? Infinity) < belowUs;
  }
}

/** What the budget allows for the next short run. */
export type InlinePlan = 'inline' | 'inline-then-yield' | 'asynchronous';

let turnUs = 0;
let hasYielded = false;
let isResetScheduled = false;

function resetTurn(): void {
  turnUs = 0;
  hasYielded = false;
  isResetScheduled = false;
}

/**
 * May a short run go inline in this turn? When the budget is spent one more does and settles from a setImmediate, so
 * that a loop of awaits lets the event loop turn; further ones in the same turn go the asynchronous way.
 */
export function planInline(): InlinePlan {
  if (turnUs < TURN_BUDGET_US) return 'inline';
  if (hasYielded) return 'asynchronous';
  hasYielded = true;
  return 'inline-then-yield';
}

/** Takes an inline run's time from this turn's budget. */
export function spendInline(timeUs: number): void {
  turnUs += timeUs;
  if (isResetScheduled) return;
  isResetScheduled = true;
  callNextTurn(resetTurn);
}
