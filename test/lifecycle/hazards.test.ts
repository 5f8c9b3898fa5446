/**
 * What a caller may do to its memory while a run lasts: the run has the values of the call, or its error is typed.
 * Both ways of a run are tested, and runs that wait in the queue.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';

import { Tensor, type Engine } from 'enginery';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { runProgram } from '../fixtures/child.js';
import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  values,
} from '../fixtures/engines.js';
import { node24 } from '../fixtures/onnxruntime.js';
import { resizableBuffer, type ResizableBuffer } from '../fixtures/resizable.js';
import { scaled } from '../scale.js';

needsOpenvino();

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const COUNT = 4096;
const TURNS = scaled(1000);
/** Pages are given back and taken again: what is read after a free shows. */
const GC_EVERY = 10;

/** Values that tell the turn and the place. */
function fill(data: Float32Array, turn: number): void {
  for (let i = 0; i < data.length; i++) data[i] = turn * 10_000 + i;
}

function expectFilled(tensor: Tensor, turn: number): void {
  const data = tensor.data as Float32Array;
  expect(data.length).toBe(COUNT);
  for (let i = 0; i < COUNT; i++) {
    if (data[i] !== turn * 10_000 + i) expect([i, data[i]]).toEqual([i, turn * 10_000 + i]);
  }
}

function resizable(): ResizableBuffer {
  return resizableBuffer(COUNT * 4, COUNT * 16);
}

interface Way {
  readonly name: string;
  readonly inlineBelowUs: number;
  /** Runs begun at once: more than there are infer requests, so that most of them wait. */
  readonly atOnce: number;
}

const WAYS: readonly Way[] = [
  { name: 'asynchronous', inlineBelowUs: 0, atOnce: 1 },
  { name: 'inline', inlineBelowUs: 1_000_000, atOnce: 1 },
  { name: 'queued', inlineBelowUs: 0, atOnce: 8 },
];

describe.each(WAYS)('during an $name run', ({ inlineBelowUs, atOnce }) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await openvinoEngine('small/identity-float32.onnx', {
      openvino: { inlineBelowUs, inferRequests: 2 },
    });
    for (let i = 0; i < 10; i++) await engine.run({ x: float32([COUNT]) });
  });
  /** Whatever happened, the session is sound. */
  afterEach(async () => {
    const data = new Float32Array(COUNT);
    fill(data, 1);
    expectFilled(output(await engine.run({ x: new Tensor('float32', data, [COUNT]) }), 'y'), 1);
  });

  /** Begins runs on fresh memory, lets `harm` do its work right after each call, and compares what comes out. */
  async function survive(
    memory: () => ArrayBufferLike,
    harm: (data: Float32Array) => void,
  ): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += atOnce) {
      const runs = Array.from({ length: atOnce }, async (_, i) => {
        const data = new Float32Array(memory(), 0, COUNT);
        fill(data, turn + i);
        const run = engine.run({ x: new Tensor('float32', data, [COUNT]) });
        harm(data);
        return run;
      });
      const results = await Promise.all(runs);
      results.forEach((result, i) => {
        expectFilled(output(result, 'y'), turn + i);
      });
    }
    gc();
  }

  it('a buffer may shrink to nothing', async () => {
    await survive(resizable, (data) => {
      (data.buffer as ResizableBuffer).resize(0);
    });
  });

  it('a buffer may shrink under a view that follows its length', async () => {
    for (let turn = 0; turn < TURNS; turn++) {
      const buffer = resizable();
      const data = new Float32Array(buffer);
      fill(data, turn);
      const run = engine.run({ x: new Tensor('float32', data, [COUNT]) });
      buffer.resize(4);
      buffer.resize(COUNT * 8);
      expectFilled(output(await run, 'y'), turn);
    }
  });

  it('a buffer may grow', async () => {
    await survive(resizable, (data) => {
      (data.buffer as ResizableBuffer).resize(COUNT * 16);
    });
  });

  it('a buffer may be transferred and collected', async () => {
    let transfers = 0;
    await survive(
      () => new ArrayBuffer(COUNT * 4),
      (data) => {
        structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
        if (++transfers % GC_EVERY === 0) gc();
      },
    );
  });

  it('a buffer may go to another thread, which overwrites it', async () => {
    const worker = new Worker(
      `require('node:worker_threads').parentPort.on('message', (buffer) => new Float32Array(buffer).fill(-1));`,
      { eval: true },
    );
    await survive(
      () => new ArrayBuffer(COUNT * 4),
      (data) => {
        worker.postMessage(data.buffer, [data.buffer as ArrayBuffer]);
      },
    );
    await worker.terminate();
  });

  it('its values may be overwritten', async () => {
    await survive(
      () => new ArrayBuffer(COUNT * 4),
      (data) => {
        data.fill(NaN);
      },
    );
  });

  it('shared memory may be overwritten by its owner', async () => {
    await survive(
      () => new SharedArrayBuffer(COUNT * 4),
      (data) => {
        data.fill(NaN);
      },
    );
  });

  it('shared memory may be written by another thread: each value is one that was there', async () => {
    const shared = new SharedArrayBuffer(COUNT * 4);
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(
      `const { workerData, parentPort } = require('node:worker_threads');
       const data = new Float32Array(workerData.shared);
       const stop = workerData.stop;
       parentPort.postMessage('writing');
       for (let i = 0; Atomics.load(stop, 0) === 0; i++) data.fill(i % 2 === 0 ? 3 : 7);`,
      { eval: true, workerData: { shared, stop } },
    );
    await new Promise((settle) => worker.once('message', settle));
    const x = new Tensor('float32', new Float32Array(shared), [COUNT]);
    for (let turn = 0; turn < TURNS; turn += atOnce) {
      const runs = Array.from({ length: atOnce }, async () => engine.run({ x }));
      for (const results of await Promise.all(runs)) {
        const seen = new Set(values(output(results, 'y')));
        for (const value of seen) expect([0, 3, 7]).toContain(value);
      }
    }
    Atomics.store(stop, 0, 1);
    await new Promise((settle) => worker.once('exit', settle));
  });

  it('memory that is gone before the call is a typed error', async () => {
    for (let turn = 0; turn < TURNS; turn++) {
      const buffer = resizable();
      const x = new Tensor('float32', new Float32Array(buffer, 0, COUNT), [COUNT]);
      if (turn % 2 === 0) structuredClone(buffer, { transfer: [buffer] });
      else buffer.resize(4 * (turn % COUNT));
      expect(await failureOf(engine.run({ x }))).toMatchObject({ code: code('INVALID_ARGUMENT') });
    }
  });

  it('memory of the caller for an output may go: a typed error, and nothing is written elsewhere', async () => {
    const feed = new Float32Array(COUNT);
    fill(feed, 5);
    for (let turn = 0; turn < TURNS; turn++) {
      const buffer = resizable();
      const y = new Tensor('float32', new Float32Array(buffer, 0, COUNT), [COUNT]);
      const run = engine.run({ x: new Tensor('float32', feed, [COUNT]) }, { y });
      if (turn % 3 === 0) structuredClone(buffer, { transfer: [buffer] });
      else buffer.resize(turn % 3 === 1 ? 0 : COUNT * 8);
      const error = await run.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      // Grown it still holds the output; inline the output was there when the call returned.
      if (turn % 3 === 2 || inlineBelowUs > 0) expect(error).toBeUndefined();
      else expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    }
  });

  it('memory of the engine stays where it is when it is transferred', async () => {
    const x = engine.allocate('x', [COUNT]);
    const y = engine.allocate('y', [COUNT]);
    for (let turn = 0; turn < TURNS; turn++) {
      fill(x.data as Float32Array, turn);
      const run = engine.run({ x }, { y });
      for (const tensor of [x, y]) {
        const { buffer } = tensor.data as Float32Array<ArrayBuffer>;
        try {
          // Node 20 copies what may not be transferred, later ones refuse it.
          structuredClone(buffer, { transfer: [buffer] });
        } catch (error) {
          expect(error).toMatchObject({ name: 'DataCloneError' });
        }
        expect(buffer.byteLength).toBe(4 * COUNT);
      }
      await run;
      expectFilled(y, turn);
    }
  });

  it('memory of the engine may lose its last reference', async () => {
    for (let turn = 0; turn < TURNS; turn += atOnce) {
      const runs = Array.from({ length: atOnce }, async (_, i) => {
        const x = engine.allocate('x', [COUNT]);
        fill(x.data as Float32Array, turn + i);
        return engine.run({ x }, { y: engine.allocate('y', [COUNT]) });
      });
      if (turn % GC_EVERY === 0) gc();
      (await Promise.all(runs)).forEach((results, i) => {
        expectFilled(output(results, 'y'), turn + i);
      });
    }
  });
});

describe('a large input', () => {
  it.each([0, 1_000_000])(
    'may be transferred right after the call (inlineBelowUs %i)',
    async (inlineBelowUs) => {
      const engine = await openvinoEngine('small/large-input.onnx', {
        openvino: { inlineBelowUs },
      });
      const runs = [1, 2, 3, 4, 5].map(async (value) => {
        const data = new Float32Array(2 ** 22).fill(value);
        const run = engine.run({ x: new Tensor('float32', data, [4, 1024, 1024]) });
        structuredClone(data.buffer, { transfer: [data.buffer] });
        return run;
      });
      gc();
      (await Promise.all(runs)).forEach((results, i) => {
        const data = output(results, 'y').data as Float32Array;
        expect(data.every((value) => value === 2 * (i + 1) + 1)).toBe(true);
      });
    },
  );
});

describe('a large output', () => {
  it('belongs to the caller, who may take it away while the request that wrote it runs again', async () => {
    const engine = await openvinoEngine('small/large-input.onnx', {
      openvino: { inferRequests: 1 },
    });
    const kept: Float32Array[] = [];
    for (let value = 0; value < 6; value++) {
      const x = new Tensor('float32', new Float32Array(2 ** 22).fill(value), [4, 1024, 1024]);
      kept.push(output(await engine.run({ x }), 'y').data as Float32Array);
      if (value === 2) {
        const { buffer } = kept[0] as Float32Array<ArrayBuffer>;
        structuredClone(buffer, { transfer: [buffer] });
        gc();
      }
    }
    expect(kept[0]?.length).toBe(0);
    kept.slice(1).forEach((data, i) => {
      expect(data.every((value) => value === 2 * (i + 1) + 1)).toBe(true);
    });
  });
});

describe('ArrayBuffer.prototype.transfer', () => {
  it.for([0, 1_000_000])(
    'takes memory of the engine away and harms no run (inlineBelowUs %i)',
    async (inlineBelowUs, context) => {
      const node = 'transfer' in ArrayBuffer.prototype ? process.execPath : await node24();
      context.skip(node instanceof Error, node instanceof Error ? node.message : '');
      const result = await runProgram(
        `
        const engine = await openvino('small/identity-float32.onnx', { openvino: { inlineBelowUs: ${inlineBelowUs} } });
        const count = 65536;
        let refused = 0;
        for (let turn = 0; turn < ${TURNS}; turn++) {
          const x = engine.allocate('x', [count]);
          const y = engine.allocate('y', [count]);
          x.data.fill(turn);
          const run = engine.run({ x }, { y });
          const moved = x.data.buffer.transfer(turn % 3 === 0 ? 8 : undefined);
          const result = y.data.buffer.transfer();
          if (turn % 2 === 0) gc();
          await run;
          if (new Float32Array(result)[count - 1] !== turn) throw new Error('another result');
          await engine.run({ x }).catch(({ code }) => { refused += code === 'ERR_ENGINERY_INVALID_ARGUMENT' ? 1 : 0; });
        }
        console.log(refused);
        await engine.release();
        `,
        { node: String(node), flags: ['--expose-gc'] },
      );
      expect(result).toEqual({ code: 0, signal: null, stdout: `${TURNS}\n`, stderr: '' });
    },
  );
});
