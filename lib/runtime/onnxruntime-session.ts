/** One session of ONNX Runtime in one worker thread: its own thread, or the shared one of versions that allow no other. */

import { abortable, type CodedError, throwIfAborted } from '../common/index.js';
import { hasFourBitBoundary } from '../onnx/index.js';
import { common } from '../tensor/index.js';
import { type SessionAddress, WorkerConnection } from './onnxruntime-connection.js';
import type { SessionFacts, WorkerTensor } from './onnxruntime-messages.js';
import type { OnnxruntimePackage } from './onnxruntime-package.js';
import type { ModelSource } from './provider.js';

/** What a session is made of. */
export interface SessionPlan {
  readonly engine: OnnxruntimePackage;
  /** The execution provider's name. */
  readonly provider: string;
  readonly model: ModelSource;
  /** onnxruntime-node's session options, executionProviders included. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** One run, its inputs copied already. */
export interface SessionRun {
  readonly feeds: ReadonlyMap<string, WorkerTensor>;
  /** The buffers of the feeds, which move to the worker. */
  readonly transfer: readonly ArrayBuffer[];
  readonly fetches: readonly string[];
  /** onnxruntime-node's run options. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Workers that stay until the process ends, by package folder (`OnnxruntimePackage.isReloadable`). */
const sharedWorkers = new Map<string, WorkerConnection>();
let nextSession = 1;

function connect(engine: OnnxruntimePackage): WorkerConnection {
  if (engine.isReloadable) return new WorkerConnection(engine);
  const shared = sharedWorkers.get(engine.path);
  if (shared !== undefined && shared.end === undefined) return shared;
  const connection = new WorkerConnection(engine);
  sharedWorkers.set(engine.path, connection);
  return connection;
}

export class WorkerSession {
  readonly facts: SessionFacts;
  readonly #connection: WorkerConnection;
  readonly #address: SessionAddress;
  readonly #isShared: boolean;

  private constructor(
    connection: WorkerConnection,
    address: SessionAddress,
    isShared: boolean,
    facts: SessionFacts,
  ) {
    this.#connection = connection;
    this.#address = address;
    this.#isShared = isShared;
    this.facts = facts;
  }

  /** Creates the session. An abort rejects at once; what comes up after it is closed. */
  static async open(plan: SessionPlan, signal?: AbortSignal): Promise<WorkerSession> {
    throwIfAborted('the creation of the session', signal);
    const isShared = !plan.engine.isReloadable;
    const connection = connect(plan.engine);
    const address = { id: nextSession++, provider: plan.provider };
    // The worker gets bytes of its own: ours stay, another provider or worker may need them.
    const model = plan.model.path ?? plan.model.bytes?.slice() ?? '';
    const transfer = typeof model === 'string' ? [] : [model.buffer];
    const isModelKept = plan.model.format === 'ort';
    const { outline } = plan.model;
    const isFourBit = outline !== undefined && hasFourBitBoundary(outline);
    const made = connection
      .call(
        'create',
        address,
        {
          packagePath: plan.engine.path,
          model,
          isModelKept,
          isFourBit,
          options: plan.options,
          ...(common.env.logLevel !== undefined && { logLevel: common.env.logLevel }),
        },
        transfer,
      )
      .then((facts) => new WorkerSession(connection, address, isShared, facts));
    try {
      return await abortable('the creation of the session', made, signal, (session) => {
        if (isShared) session.closeUnattended();
      });
    } catch (error) {
      if (!isShared) connection.closeUnattended();
      throw error;
    }
  }

  /** Why the worker is gone, or undefined while it serves. */
  get end(): CodedError | undefined {
    return this.#connection.end;
  }

  async run({
    feeds,
    transfer,
    fetches,
    options = {},
  }: SessionRun): Promise<ReadonlyMap<string, WorkerTensor>> {
    return this.#connection.call('run', this.#address, { feeds, fetches, options }, transfer);
  }

  async endProfiling(): Promise<void> {
    await this.#connection.call('endProfiling', this.#address, {});
  }

  /** Releases the session and waits for the end of its thread. A worker that is gone already holds nothing. */
  async close(): Promise<void> {
    if (this.#connection.end !== undefined) return;
    if (this.#isShared) await this.#connection.call('release', this.#address, {});
    else await this.#connection.close();
  }

  /** The same without anyone waiting. */
  closeUnattended(): void {
    if (!this.#isShared) this.#connection.closeUnattended();
    else {
      this.#connection.call('release', this.#address, {}).catch(() => {
        // The shared worker has ended: the session went with it.
      });
    }
  }
}
