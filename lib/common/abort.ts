/** AbortSignal in one place: the error it becomes and the way to stop waiting for a promise. */

import { EngineryError } from './errors.js';

/** The error of an aborted operation; the signal's reason is its `cause`. */
export function abortError(what: string, signal?: AbortSignal): EngineryError {
  const options = signal?.reason === undefined ? undefined : { cause: signal.reason as unknown };
  return new EngineryError('CANCELLED', `${what} was cancelled`, options);
}

/** Throws when `signal` is aborted. */
export function throwIfAborted(what: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(what, signal);
}

/**
 * Settles with `promise`, or rejects as soon as `signal` aborts. The promise itself goes on; `onLate` receives its
 * value when it comes after the abort, so that what it holds can be released.
 */
export async function abortable<T>(
  what: string,
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  onLate?: (value: T) => void,
): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    let isAborted = false;
    const abort = (): void => {
      isAborted = true;
      reject(abortError(what, signal));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', abort);
        if (isAborted) onLate?.(value);
        else resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        // After an abort the caller already has its answer; the late failure changes nothing.
        if (!isAborted) reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
