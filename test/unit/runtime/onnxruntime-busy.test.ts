/** The flag that keeps Node from ending a worker inside a call. */

import { Worker } from 'node:worker_threads';

import { describe, expect, it } from 'vitest';

import { BusyFlag } from '../../../lib/runtime/onnxruntime-busy.js';

describe('BusyFlag', () => {
  it('lets nothing begin once it is stopped', () => {
    const flag = new BusyFlag();
    expect(flag.enter()).toBe(true);
    flag.leave();
    flag.stop();
    expect(flag.enter()).toBe(false);
    flag.leave();
    expect(flag.enter()).toBe(false);
  });

  it('waits for the call in progress', async () => {
    const flag = new BusyFlag();
    // Busy until the waiting thread is asleep: notify() tells how many it woke.
    const program = `
      const { workerData, parentPort } = require('node:worker_threads');
      const state = new Int32Array(workerData);
      Atomics.store(state, 0, 1);
      parentPort.postMessage('busy');
      const until = Date.now() + 100;
      while (Date.now() < until);
      Atomics.compareExchange(state, 0, 1, 0);
      Atomics.notify(state, 0);
    `;
    const worker = new Worker(program, { eval: true, workerData: flag.buffer });
    await new Promise((resolve) => worker.once('message', resolve));
    flag.stop();
    expect(flag.enter()).toBe(false);
    await worker.terminate();
  });
});
