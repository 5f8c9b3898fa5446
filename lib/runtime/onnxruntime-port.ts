/** The worker's end of a channel: the same in a thread and in a process of its own. */

import { parentPort, workerData } from 'node:worker_threads';

import { BusyFlag } from './onnxruntime-busy.js';
import type { WorkerMessage, WorkerReply, WorkerStart } from './onnxruntime-messages.js';

export interface Port {
  listen(receive: (message: WorkerMessage) => void): void;
  /** Throws Node's DataCloneError when a buffer of `transfer` cannot be transferred. */
  post(reply: WorkerReply, transfer: readonly ArrayBuffer[]): void;
  /** The worker ends when it has nothing more to do. */
  close(): void;
  /** Before a call of ONNX Runtime. False: do not call, the process exits. */
  enter(): boolean;
  leave(): void;
}

type ParentPort = NonNullable<typeof parentPort>;

function threadPort(parent: ParentPort): Port {
  const { busy } = workerData as WorkerStart; // what onnxruntime-channel.ts passes
  const flag = new BusyFlag(busy);
  // A call that ends this thread (process.exit, an uncaught error) does not come back to leave().
  process.on('exit', () => {
    flag.leave();
  });
  return {
    listen: (receive) => {
      parent.on('message', receive);
    },
    post: (reply, transfer) => {
      parent.postMessage(reply, transfer);
    },
    close: () => {
      parent.close();
    },
    enter: () => flag.enter(),
    leave: () => {
      flag.leave();
    },
  };
}

function processPort(): Port {
  // The other side is gone: nobody waits for an answer.
  process.on('disconnect', () => {
    process.exit(0);
  });
  return {
    listen: (receive) => {
      process.on('message', receive);
    },
    post: (reply) => {
      process.send?.(reply, undefined, undefined, () => {
        // A pipe that is closed: 'disconnect' ends this process.
      });
    },
    close: () => {
      process.disconnect();
    },
    enter: () => true,
    leave: () => undefined,
  };
}

export function openPort(): Port {
  return parentPort === null ? processPort() : threadPort(parentPort);
}
