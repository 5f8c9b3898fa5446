/** The sessions of one model: one run at a time in each, the others wait here in order, where they can be dropped. */

import { abortError, EngineryError } from '../common/index.js';
import type { WorkerTensor } from './onnxruntime-messages.js';
import type { SessionRun, WorkerSession } from './onnxruntime-session.js';
import { overloaded } from './queue-limit.js';

export type WorkerResults = ReadonlyMap<string, WorkerTensor>;

/** A run that may be dropped while it waits. */
export interface PoolRun extends SessionRun {
  readonly signal: AbortSignal | undefined;
}

interface Job extends PoolRun {
  resolve(results: WorkerResults): void;
  reject(error: unknown): void;
}

/** onnxruntime-node's words for a session that is used after its release. */
export function disposedError(): EngineryError {
  return new EngineryError(
    'DISPOSED',
    'Session already disposed. Create another session to run the model again.',
  );
}

export class SessionPool {
  readonly #idle: WorkerSession[];
  readonly #busy = new Set<WorkerSession>();
  readonly #queue = new Set<Job>();
  readonly #queueLimit: number;
  #isReleased = false;
  #failure: unknown;
  #onDrained: (() => void) | undefined;

  /** At most `queueLimit` runs wait. */
  constructor(sessions: readonly WorkerSession[], queueLimit: number) {
    this.#idle = [...sessions];
    this.#queueLimit = queueLimit;
  }

  /** Throws DISPOSED after the release. */
  requireOpen(): void {
    if (this.#isReleased) throw disposedError();
  }

  /** Accepts a run, or throws OVERLOADED. An abort rejects at once: a waiting run is dropped, the answer of a started one is not looked at. */
  async run(run: PoolRun): Promise<WorkerResults> {
    this.requireOpen();
    // With no session left there is nothing to wait for: that is another reason.
    if (this.#idle.length === 0 && this.#busy.size > 0 && this.#queue.size >= this.#queueLimit) {
      throw overloaded(this.#queueLimit, 'option onnxruntime.queueLimit, or onnxruntime.workers');
    }
    const { signal } = run;
    return new Promise<WorkerResults>((resolve, reject) => {
      const abort = (): void => {
        this.#queue.delete(job);
        reject(abortError('the run', signal));
        this.#settleDrain();
      };
      const job: Job = {
        ...run,
        resolve: (results) => {
          signal?.removeEventListener('abort', abort);
          resolve(results);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#queue.add(job);
      this.#dispatch();
    });
  }

  /** Ends the profiles of all sessions; runs that have not started are not in them, as with onnxruntime-node. */
  endProfiling(): Promise<void>[] {
    this.requireOpen();
    return [...this.#idle, ...this.#busy].map(async (session) => session.endProfiling());
  }

  /** Accepted runs end first, then the threads; resolves when they are gone. */
  async release(): Promise<void> {
    this.requireOpen();
    this.#isReleased = true;
    await this.#drain();
    await Promise.all(this.#idle.splice(0).map(async (session) => session.close()));
  }

  /** The release of a pool that nobody holds any more; the process does not wait for it. */
  releaseUnattended(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    void this.#drain().then(() => {
      for (const session of this.#idle.splice(0)) session.closeUnattended();
    });
  }

  #dispatch(): void {
    while (this.#queue.size > 0) {
      const session = this.#idle.shift();
      if (session === undefined) break;
      const [job] = this.#queue;
      if (job === undefined) break;
      this.#queue.delete(job);
      this.#busy.add(session);
      void this.#serve(session, job);
    }
    if (this.#idle.length === 0 && this.#busy.size === 0) this.#failAll();
    this.#settleDrain();
  }

  async #serve(session: WorkerSession, job: Job): Promise<void> {
    try {
      job.resolve(await session.run(job));
    } catch (error) {
      job.reject(error);
    }
    this.#busy.delete(session);
    // A worker that ended serves no more; the others go on.
    if (session.end === undefined) this.#idle.push(session);
    else this.#failure = session.end;
    this.#dispatch();
  }

  #failAll(): void {
    for (const job of this.#queue) job.reject(this.#failure);
    this.#queue.clear();
  }

  async #drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#settleDrain();
    });
  }

  #settleDrain(): void {
    if (this.#queue.size === 0 && this.#busy.size === 0) this.#onDrained?.();
  }
}
