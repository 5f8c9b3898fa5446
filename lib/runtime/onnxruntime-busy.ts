/**
 * Tells the thread of the caller whether a worker thread is inside ONNX Runtime. Node ends worker threads when the
 * process exits, and onnxruntime-node's binding aborts the whole process when that happens during a call (seen with 1.30:
 * "terminate called after throwing an instance of 'Napi::Error'"), so that the exit waits for the call.
 * Node itself joins the thread there: the wait costs no time that would not pass anyway.
 */

const IDLE = 0;
const BUSY = 1;
const STOPPED = 2;

/** A worker that lost its life inside a call (out of memory) never says so: the exit goes on after this time. */
const LONGEST_WAIT_MS = 60_000;

/** One word of shared memory: the worker enters and leaves, the caller's thread stops it for good. */
export class BusyFlag {
  readonly buffer: SharedArrayBuffer;
  readonly #state: Int32Array<SharedArrayBuffer>;

  constructor(buffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#state = new Int32Array(buffer);
  }

  /** In the worker, before a call. False: the process exits, do not call. */
  enter(): boolean {
    return Atomics.compareExchange(this.#state, 0, IDLE, BUSY) === IDLE;
  }

  /** In the worker, after a call. */
  leave(): void {
    Atomics.compareExchange(this.#state, 0, BUSY, IDLE);
    Atomics.notify(this.#state, 0);
  }

  /** On the caller's thread, while the process exits: waits for the call in progress, and lets no other one begin. */
  stop(): void {
    const deadline = performance.now() + LONGEST_WAIT_MS;
    while (Atomics.compareExchange(this.#state, 0, IDLE, STOPPED) === BUSY) {
      const left = deadline - performance.now();
      if (left <= 0 || Atomics.wait(this.#state, 0, BUSY, left) === 'timed-out') return;
    }
  }
}

const live = new Set<BusyFlag>();
let isListening = false;

/** Makes the exit of the process wait for `flag`, until the returned function is called. */
export function holdExitFor(flag: BusyFlag): () => void {
  if (!isListening) {
    isListening = true;
    process.on('exit', () => {
      for (const held of live) held.stop();
    });
  }
  live.add(flag);
  return () => {
    live.delete(flag);
  };
}
