/**
 * The sessions of one model. Each computes one run after the other; the others wait here in order, where they can be
 * dropped, except that a session whose runs are short gets the next ones ahead of time.
 */

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

/**
 * The way to a worker and back takes about 0.1 ms, in which it computes nothing: with runs sent ahead, four in flight of
 * the model of one Add went from 6,700 to 33,700 runs a second, of digits_cnn from 5,000 to 6,100 (two ahead of them:
 * 20,900 and 5,600). A run that was sent cannot be dropped, so that long ones, which gain nothing, wait here.
 */
const MOST_RUNS_SENT = 4;
const SHORT_RUN_MS = 5;

/** A session and the runs that were sent to it. */
interface Slot {
  readonly session: WorkerSession;
  sent: number;
  /** When it last answered, and whether that run was short. */
  answeredAt: number;
  isShort: boolean;
}

/** onnxruntime-node's words for a session that is used after its release. */
export function disposedError(): EngineryError {
  return new EngineryError(
    'DISPOSED',
    'Session already disposed. Create another session to run the model again.',
  );
}

export class SessionPool {
  readonly #slots: Set<Slot>;
  readonly #queue = new Set<Job>();
  readonly #queueLimit: number;
  #isReleased = false;
  #failure: unknown;
  #onDrained: (() => void) | undefined;

  /** At most `queueLimit` runs wait. */
  constructor(sessions: readonly WorkerSession[], queueLimit: number) {
    this.#slots = new Set(
      sessions.map((session) => ({ session, sent: 0, answeredAt: 0, isShort: false })),
    );
    this.#queueLimit = queueLimit;
  }

  /** Throws DISPOSED after the release. */
  requireOpen(): void {
    if (this.#isReleased) throw disposedError();
  }

  /**
   * Accepts a run, or throws OVERLOADED. An abort rejects at once: a waiting run is dropped, the answer of one that was
   * sent is not looked at.
   */
  async run(run: PoolRun): Promise<WorkerResults> {
    this.requireOpen();
    // With no session left there is nothing to wait for: that is another reason.
    if (
      this.#slots.size > 0 &&
      this.#leastBusy() === undefined &&
      this.#queue.size >= this.#queueLimit
    ) {
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
    return [...this.#slots].map(async ({ session }) => session.endProfiling());
  }

  /** Accepted runs end first, then the threads; resolves when they are gone. */
  async release(): Promise<void> {
    this.requireOpen();
    this.#isReleased = true;
    await this.#drain();
    await Promise.all([...this.#slots].map(async ({ session }) => session.close()));
    this.#slots.clear();
  }

  /** The release of a pool that nobody holds any more; the process does not wait for it. */
  releaseUnattended(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    void this.#drain().then(() => {
      for (const { session } of this.#slots) session.closeUnattended();
      this.#slots.clear();
    });
  }

  #dispatch(): void {
    for (const job of this.#queue) {
      const slot = this.#leastBusy();
      if (slot === undefined) break;
      this.#queue.delete(job);
      void this.#serve(slot, job);
    }
    if (this.#slots.size === 0) this.#failAll();
    this.#settleDrain();
  }

  /** The session with the fewest runs, of those that take one more. */
  #leastBusy(): Slot | undefined {
    let least: Slot | undefined;
    for (const slot of this.#slots) {
      const isFull = slot.sent >= (slot.isShort ? MOST_RUNS_SENT : 1);
      if (!isFull && slot.sent < (least?.sent ?? Infinity)) least = slot;
    }
    return least;
  }

  async #serve(slot: Slot, job: Job): Promise<void> {
    slot.sent++;
    const sentAt = performance.now();
    try {
      job.resolve(await slot.session.run(job));
    } catch (error) {
      job.reject(error);
    }
    slot.sent--;
    const now = performance.now();
    // What was sent ahead began when the run before it was answered.
    slot.isShort = now - Math.max(sentAt, slot.answeredAt) < SHORT_RUN_MS;
    slot.answeredAt = now;
    // A worker that ended serves no more; the others go on.
    if (slot.session.end !== undefined) {
      this.#failure = slot.session.end;
      this.#slots.delete(slot);
    }
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
    if (this.#onDrained === undefined || this.#queue.size > 0) return;
    if ([...this.#slots].every(({ sent }) => sent === 0)) this.#onDrained();
  }
}
