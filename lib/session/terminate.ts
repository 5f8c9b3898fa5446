/** `runOptions.terminate`: onnxruntime's flag, honoured when it becomes true during the run. */

/** How often the flag is looked at; a plain property tells nobody when it changes. */
const POLL_MS = 5;

export interface TerminateWatch {
  /** Aborts when the caller's signal does or when the flag is set; undefined where there is neither. */
  readonly signal: AbortSignal | undefined;
  isTerminated(): boolean;
  end(): void;
}

/** Watches the flag of `options` while a run lasts, and the caller's signal beside it. */
export function watchTerminate(
  options: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): TerminateWatch {
  const isSet = (): boolean => options['terminate'] === true;
  // Options without the property are not watched: the caller cannot mean to set it.
  if (!('terminate' in options)) {
    return { signal, isTerminated: () => false, end: () => undefined };
  }
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(signal?.reason);
  };
  if (isSet() || signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setInterval(() => {
    try {
      if (isSet()) abort();
    } catch {
      // A getter of the caller; thrown here it would end the process. The run ends, and asking again rejects it.
      abort();
    }
  }, POLL_MS);
  // The run itself keeps the process alive.
  timer.unref();
  return {
    signal: controller.signal,
    isTerminated: () => controller.signal.aborted && isSet(),
    end: () => {
      clearInterval(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}
