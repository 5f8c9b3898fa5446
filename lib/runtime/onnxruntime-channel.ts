/**
 * The way to a worker and back: a thread when the caller is the main thread, a process of its own when the caller is a
 * worker thread itself. Node ends the threads of a terminated worker at once and without any notice, and inside a call
 * of onnxruntime-node that aborts the whole process (onnxruntime-busy.ts); a child process just goes.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';

import { packageFolder } from '../common/index.js';
import { BusyFlag, holdExitFor } from './onnxruntime-busy.js';
import type {
  WorkerMessage,
  WorkerReply,
  WorkerStart,
  WorkerTensor,
} from './onnxruntime-messages.js';

export interface ChannelEvents {
  message(reply: WorkerReply): void;
  /** The worker is gone or going; it may be told several times, the first reason counts. */
  end(what: string, cause?: unknown): void;
  /** Nothing more comes. */
  exit(): void;
}

export interface Channel {
  /** Throws Node's DataCloneError for what cannot be cloned. `transfer` is a wish: a process gets copies. */
  post(message: WorkerMessage, transfer: readonly ArrayBuffer[]): void;
  /** The Node process stays alive for this worker, or does not. */
  ref(): void;
  unref(): void;
}

const WORKER_FILE = join(packageFolder, 'dist/runtime/onnxruntime-worker.js');

function openThread(events: ChannelEvents): Channel {
  const flag = new BusyFlag();
  const start: WorkerStart = { busy: flag.buffer };
  // Loaders and preloads of the application are not for this thread: execArgv is empty.
  const worker = new Worker(WORKER_FILE, {
    workerData: start,
    execArgv: [],
    name: 'enginery onnxruntime',
  });
  const letExit = holdExitFor(flag);
  worker.on('message', (reply: WorkerReply) => {
    events.message(reply);
  });
  worker.on('messageerror', (error) => {
    events.end(`sent an unreadable answer: ${error.message}`, error);
  });
  worker.on('error', (error: unknown) => {
    events.end(`failed: ${error instanceof Error ? error.message : String(error)}`, error);
  });
  worker.on('exit', (code) => {
    letExit();
    events.end(`ended with exit code ${code}`);
    events.exit();
  });
  return {
    post: (message, transfer) => {
      worker.postMessage(message, transfer);
    },
    ref: () => {
      worker.ref();
    },
    unref: () => {
      worker.unref();
    },
  };
}

/** Node's deserializer makes views into memory it uses for other things too; results get buffers of their own. */
function withOwnBuffers(reply: WorkerReply): WorkerReply {
  if (!('value' in reply) || !(reply.value instanceof Map)) return reply;
  const value = new Map<string, WorkerTensor>();
  for (const [name, tensor] of reply.value as ReadonlyMap<string, WorkerTensor>) {
    value.set(name, { ...tensor, data: tensor.data.slice() });
  }
  return { id: reply.id, value };
}

function openProcess(events: ChannelEvents): Channel {
  const child: ChildProcess = fork(WORKER_FILE, {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (reply) => {
    events.message(withOwnBuffers(reply as WorkerReply)); // only the worker file writes to this pipe
  });
  child.on('error', (error) => {
    events.end(`failed: ${error.message}`, error);
  });
  child.on('exit', (code, signal) => {
    events.end(signal === null ? `ended with exit code ${code}` : `ended by ${signal}`);
    events.exit();
  });
  return {
    post: (message) => {
      child.send(message, () => {
        // A pipe that is closed: the exit of the process tells.
      });
    },
    ref: () => {
      child.ref();
      child.channel?.ref();
    },
    unref: () => {
      child.unref();
      child.channel?.unref();
    },
  };
}

/** Starts a worker. Throws what Node throws when it refuses to. */
export function openChannel(events: ChannelEvents): Channel {
  const channel = isMainThread ? openThread(events) : openProcess(events);
  channel.unref();
  return channel;
}
