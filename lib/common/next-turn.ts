/** setImmediate as it was when we were loaded: test frameworks replace the global, and then no run would ever end. */

import timers from 'node:timers';

const { setImmediate } = timers;

/** Calls `callback` in a later phase of the event loop. */
export function callNextTurn(callback: () => void): void {
  setImmediate(callback);
}

/** Resolves in a later phase of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
