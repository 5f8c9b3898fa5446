/** One ONNX Runtime worker seen from the caller's side: requests, their answers, and every way it can end. */

import {
  type CodedError,
  EngineryError,
  isCodedError,
  isRecord,
  messageFromUnknown,
} from '../common/index.js';
import { type Channel, type ChannelEvents, openChannel } from './onnxruntime-channel.js';
import { errorFromFailure } from './onnxruntime-errors.js';
import type {
  WorkerCallKind,
  WorkerCalls,
  WorkerReply,
  WorkerRequest,
} from './onnxruntime-messages.js';
import type { OnnxruntimePackage } from './onnxruntime-package.js';

interface Pending {
  readonly provider: string;
  resolve(value: unknown): void;
  reject(error: CodedError): void;
}

/** The session a request is for: its number in the worker, and the execution provider's name for messages. */
export interface SessionAddress {
  readonly id: number;
  readonly provider: string;
}

/** The process stays alive for this worker only while a request is unanswered, or its end is waited for. */
export class WorkerConnection {
  readonly #engine: OnnxruntimePackage;
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #isClosing = false;
  #end: CodedError | undefined;

  /** Starts the worker. Throws INFERENCE_FAILED when Node refuses to. */
  constructor(engine: OnnxruntimePackage) {
    this.#engine = engine;
    let exit = (): void => undefined;
    this.#exited = new Promise((resolve) => {
      exit = resolve;
    });
    const events: ChannelEvents = {
      message: (reply) => {
        this.#settle(reply);
      },
      end: (what, cause) => {
        this.#fail(this.#endError(what, cause));
      },
      exit,
    };
    try {
      this.#channel = openChannel(events);
    } catch (error) {
      throw this.#endError(`could not be started: ${messageFromUnknown(error)}`, error);
    }
  }

  /** Why the worker is gone, or undefined while it serves. */
  get end(): CodedError | undefined {
    return this.#end;
  }

  /**
   * Asks the worker; `transfer` lists the buffers that move there. Rejects with the typed error of what it refused, or
   * of its end. What cannot be cloned throws Node's DataCloneError as it is.
   */
  async call<Kind extends WorkerCallKind>(
    kind: Kind,
    session: SessionAddress,
    request: WorkerCalls[Kind]['request'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<WorkerCalls[Kind]['reply']> {
    if (this.#end !== undefined) throw this.#end;
    const id = this.#nextId++;
    // `request` is the one of this kind, which TypeScript does not follow through the spread.
    const message = { ...request, kind, id, session: session.id } as WorkerRequest;
    this.#channel.post(message, transfer);
    const value = await new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { provider: session.provider, resolve, reject });
      this.#channel.ref();
    });
    // The worker answers every kind with its own reply: the table of messages says so on both sides.
    return value as WorkerCalls[Kind]['reply'];
  }

  /** Ends the worker after what it was asked before; the process waits for it. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#channel.ref();
    this.closeUnattended();
    await this.#exited;
  }

  /** Ends the worker as `close` does, without anyone waiting. */
  closeUnattended(): void {
    this.#channel.post({ kind: 'close' }, []);
  }

  #settle(reply: WorkerReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    // A closing worker may still owe the answer of an endProfiling(): its exit is what the process waits for.
    if (this.#pending.size === 0 && !this.#isClosing) this.#channel.unref();
    if ('failure' in reply) {
      pending.reject(errorFromFailure(reply.failure, this.#engine, pending.provider));
    } else pending.resolve(reply.value);
  }

  #fail(error: CodedError): void {
    this.#end ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#end);
    this.#pending.clear();
    this.#channel.unref();
  }

  #endError(what: string, cause?: unknown): CodedError {
    if (isCodedError(cause)) return cause;
    const isMemory = isRecord(cause) && cause['code'] === 'ERR_WORKER_OUT_OF_MEMORY';
    return new EngineryError(
      isMemory ? 'OUT_OF_MEMORY' : 'INFERENCE_FAILED',
      `the worker of onnxruntime-node ${this.#engine.version} ${what}; create another session to go on`,
      cause === undefined ? undefined : { cause },
    );
  }
}
