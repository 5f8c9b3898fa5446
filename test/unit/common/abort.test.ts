/** Waiting that an AbortSignal ends. */

import { getEventListeners } from 'node:events';

import { describe, expect, it, vi } from 'vitest';

import { abortError, abortable, throwIfAborted } from '../../../lib/common/abort.js';

/** A promise and what settles it. */
function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

describe('abortError', () => {
  it('is an AbortError with the reason of the signal as its cause', () => {
    const reason = new Error('changed my mind');
    expect(abortError('the run', AbortSignal.abort(reason))).toMatchObject({
      name: 'AbortError',
      code: 'ERR_ENGINERY_CANCELLED',
      message: 'the run was cancelled',
      cause: reason,
    });
  });

  it('has no cause without a signal', () => {
    expect('cause' in abortError('the run')).toBe(false);
  });
});

describe('throwIfAborted', () => {
  it('throws for an aborted signal only', () => {
    throwIfAborted('the run', undefined);
    throwIfAborted('the run', new AbortController().signal);
    expect(() => {
      throwIfAborted('the run', AbortSignal.abort());
    }).toThrow('the run was cancelled');
  });
});

describe('abortable', () => {
  it('gives the value of the promise, with and without a signal', async () => {
    const { signal } = new AbortController();
    expect(await abortable('x', Promise.resolve(1), undefined)).toBe(1);
    expect(await abortable('x', Promise.resolve(1), signal)).toBe(1);
  });

  it('gives the failure of the promise', async () => {
    const error = new Error('x');
    const { signal } = new AbortController();
    await expect(abortable('x', Promise.reject(error), signal)).rejects.toBe(error);
  });

  it('leaves no listener behind, however it ends', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    await abortable('x', Promise.resolve(1), signal);
    await expect(abortable('x', Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
    expect(listeners(signal)).toBe(0);
    const { promise, resolve } = deferred<number>();
    const waiting = abortable('x', promise, signal);
    expect(listeners(signal)).toBe(1);
    controller.abort();
    await expect(waiting).rejects.toThrow('cancelled');
    resolve(1);
    await promise;
    expect(listeners(signal)).toBe(0);
  });

  it('rejects as soon as the signal aborts, before the promise settles', async () => {
    const controller = new AbortController();
    const { promise } = deferred<number>();
    const waiting = abortable('creating the session', promise, controller.signal);
    controller.abort('enough');
    await expect(waiting).rejects.toMatchObject({
      code: 'ERR_ENGINERY_CANCELLED',
      message: 'creating the session was cancelled',
      cause: 'enough',
    });
  });

  it('rejects at once for a signal that is already aborted', async () => {
    const { promise } = deferred<number>();
    await expect(abortable('x', promise, AbortSignal.abort())).rejects.toThrow('cancelled');
  });

  it('hands a value that comes after the abort to onLate, so that it can be released', async () => {
    const controller = new AbortController();
    const { promise, resolve } = deferred<string>();
    const onLate = vi.fn();
    const waiting = abortable('x', promise, controller.signal, onLate);
    controller.abort();
    await expect(waiting).rejects.toThrow('cancelled');
    expect(onLate).not.toHaveBeenCalled();
    resolve('a model');
    await promise;
    expect(onLate).toHaveBeenCalledExactlyOnceWith('a model');
  });

  it('keeps a failure after the abort to itself', async () => {
    const controller = new AbortController();
    const { promise, reject } = deferred<string>();
    const onLate = vi.fn();
    const waiting = abortable('x', promise, controller.signal, onLate);
    controller.abort();
    await expect(waiting).rejects.toThrow('cancelled');
    reject(new Error('late'));
    await expect(promise).rejects.toThrow('late');
    expect(onLate).not.toHaveBeenCalled();
  });

  it('does not call onLate for a value that came in time', async () => {
    const controller = new AbortController();
    const onLate = vi.fn();
    await abortable('x', Promise.resolve(1), controller.signal, onLate);
    controller.abort();
    expect(onLate).not.toHaveBeenCalled();
  });
});
