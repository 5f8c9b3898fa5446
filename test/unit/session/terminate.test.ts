/** onnxruntime's terminate flag beside an AbortSignal. */

import { getEventListeners } from 'node:events';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { watchTerminate } from '../../../lib/session/terminate.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Longer than the flag is left unlooked at. */
function aWhile(): void {
  vi.advanceTimersByTime(100);
}

describe('watchTerminate', () => {
  it('watches nothing where the options have no such property', () => {
    const { signal } = new AbortController();
    const watch = watchTerminate({ tag: 'x' }, signal);
    expect(watch.signal).toBe(signal);
    expect(watch.isTerminated()).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    watch.end();
    expect(watchTerminate({}, undefined).signal).toBeUndefined();
  });

  it('is aborted from the start where the flag is set before the run', () => {
    const watch = watchTerminate({ terminate: true }, undefined);
    expect(watch.signal?.aborted).toBe(true);
    expect(watch.isTerminated()).toBe(true);
    watch.end();
  });

  it('aborts when the flag is set during the run', () => {
    const options = { terminate: false };
    const watch = watchTerminate(options, undefined);
    aWhile();
    expect(watch.signal?.aborted).toBe(false);
    options.terminate = true;
    aWhile();
    expect(watch.signal?.aborted).toBe(true);
    expect(watch.isTerminated()).toBe(true);
    watch.end();
  });

  it('a flag that cannot be read any more ends the run, and not the process', () => {
    let isBroken = false;
    const options = {
      get terminate(): boolean {
        if (isBroken) throw new Error('broken');
        return false;
      },
    };
    const watch = watchTerminate(options, undefined);
    isBroken = true;
    aWhile();
    expect(watch.signal?.aborted).toBe(true);
    expect(() => watch.isTerminated()).toThrow('broken');
    watch.end();
  });

  it('looks no more once the run has ended, and holds no timer', () => {
    const options = { terminate: false };
    const watch = watchTerminate(options, undefined);
    watch.end();
    expect(vi.getTimerCount()).toBe(0);
    options.terminate = true;
    aWhile();
    expect(watch.signal?.aborted).toBe(false);
  });

  it('aborts with the caller’s signal and its reason, which is no termination', () => {
    const controller = new AbortController();
    const watch = watchTerminate({ terminate: false }, controller.signal);
    controller.abort('enough');
    expect(watch.signal?.aborted).toBe(true);
    expect(watch.signal?.reason).toBe('enough');
    expect(watch.isTerminated()).toBe(false);
    watch.end();
  });

  it('knows a signal that is aborted already', () => {
    const watch = watchTerminate({ terminate: false }, AbortSignal.abort('enough'));
    expect(watch.signal?.reason).toBe('enough');
    watch.end();
  });

  it('leaves no listener on the caller’s signal', () => {
    const { signal } = new AbortController();
    const watch = watchTerminate({ terminate: false }, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    watch.end();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
