/** Several JavaScript threads: each has its own sessions, comes and goes as it likes, and leaves nothing behind. */

import { describe, expect, it } from 'vitest';

import { runProgram, workerUrl } from '../fixtures/child.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { scaled } from '../scale.js';

needsOpenvino();

/** Helpers of the programs here: a worker that says when it is running, and one that answers. */
const HELPERS = `
  import { Worker } from 'node:worker_threads';
  const started = (url) => {
    const worker = new Worker(new URL(url));
    return new Promise((settle, reject) => {
      worker.once('message', () => settle(worker));
      worker.once('error', reject);
    });
  };
  const answer = (url) => {
    const worker = new Worker(new URL(url));
    return new Promise((settle, reject) => {
      let said;
      worker.on('message', (message) => { said = message; });
      worker.once('error', reject);
      worker.once('exit', (code) => settle([code, said]));
    });
  };
  const megabytes = () => process.memoryUsage.rss() / 2 ** 20;
`;

const PORT = `import { parentPort } from 'node:worker_threads';`;

/** A worker that runs without an end: \`atOnce\` loops on a model. */
function endless(model: string, inlineBelowUs: number, atOnce: number): string {
  const feeds = model === 'small/add.onnx' ? 'addFeeds()' : 'slowFeeds()';
  return workerUrl(`
    ${PORT}
    const engine = await openvino('${model}', { openvino: { inlineBelowUs: ${inlineBelowUs} } });
    await engine.run(${feeds});
    const loop = async () => { for (;;) await engine.run(${feeds}); };
    for (let i = 0; i < ${atOnce}; i++) loop();
    parentPort.postMessage('running');
  `);
}

describe('threads', () => {
  it('make sessions and run them at the same time, the main thread too', async () => {
    const url = workerUrl(`
      ${PORT}
      const values = [];
      for (let i = 0; i < 3; i++) {
        const engine = await openvino('digits/digits_cnn.onnx', { openvino: { inlineBelowUs: i * 100 } });
        const runs = Array.from({ length: 20 }, () => engine.run({ input: float32([1, 1, 8, 8], 0.5) }));
        for (const { logits } of await Promise.all(runs)) values.push(logits.data[3]);
        await engine.release();
      }
      parentPort.postMessage(values);
    `);
    const { code, signal, stdout, stderr } = await runProgram(`
      ${HELPERS}
      const url = ${JSON.stringify(url)};
      const threads = [answer(url), answer(url), answer(url), answer(url)];
      const engine = await openvino('digits/digits_cnn.onnx');
      const { logits } = await engine.run({ input: float32([1, 1, 8, 8], 0.5) });
      const answers = await Promise.all(threads);
      await engine.release();
      const all = new Set(answers.flatMap(([, values]) => values).concat(logits.data[3]));
      console.log(JSON.stringify({ codes: answers.map(([code]) => code), count: answers[0][1].length, different: all.size }));
    `);
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ codes: [0, 0, 0, 0], count: 60, different: 1 });
  });

  it('cannot take each other’s native objects: memory of an engine crosses as a copy or not at all', async () => {
    const url = workerUrl(`
      ${PORT}
      parentPort.once('message', async (data) => {
        const engine = await openvino('small/add.onnx');
        const a = new Tensor('float32', data, [1, 16]);
        const { sum } = await engine.run({ a, b: a });
        parentPort.postMessage(sum.data[0]);
        await engine.release();
        parentPort.close();
      });
    `);
    const { code, signal, stdout } = await runProgram(`
      ${HELPERS}
      const engine = await openvino('small/add.onnx');
      const a = engine.allocate('a');
      a.data.fill(4);
      const worker = new Worker(new URL(${JSON.stringify(url)}));
      worker.postMessage(a.data);
      console.log(await new Promise((settle) => worker.once('message', settle)));
      await engine.release();
    `);
    expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: '8\n' });
  });
});

describe('a thread that is terminated', () => {
  it.each([
    ['short runs one after the other', endless('small/add.onnx', 0, 1)],
    ['short runs in flight and in the queue', endless('small/add.onnx', 0, 6)],
    ['inline runs', endless('small/add.onnx', 1_000_000, 1)],
    ['long runs in flight and in the queue', endless('small/slow.onnx', 0, 4)],
  ])('amid %s harms nobody and leaves no memory behind', async (_what, url) => {
    // A session of the slow model that is left behind costs 7 MB.
    const { code, signal, stdout, stderr } = await runProgram(`
      ${HELPERS}
      const url = ${JSON.stringify(url)};
      const turns = ${scaled(200)};
      const once = async (delay) => {
        const worker = await started(url);
        await new Promise((settle) => setTimeout(settle, delay));
        await worker.terminate();
      };
      for (let i = 0; i < 3; i++) await once(i);
      const before = megabytes();
      for (let i = 0; i < turns; i++) await once(i % 7);
      const engine = await openvino('small/add.onnx');
      const { sum } = await engine.run(addFeeds());
      console.log(JSON.stringify({ sum: sum.data[0], grown: megabytes() - before }));
      await engine.release();
    `);
    expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
    const { sum, grown } = JSON.parse(stdout) as { sum: number; grown: number };
    expect(sum).toBe(3);
    expect(grown).toBeLessThan(20);
  });

  it('while it makes sessions harms nobody', async () => {
    const url = workerUrl(`
      ${PORT}
      const loop = async () => { for (;;) await (await openvino('digits/digits_cnn.onnx')).release(); };
      loop();
      parentPort.postMessage('running');
    `);
    const { code, signal, stdout, stderr } = await runProgram(`
      ${HELPERS}
      for (let i = 0; i < ${scaled(200)}; i++) {
        const worker = await started(${JSON.stringify(url)});
        await new Promise((settle) => setTimeout(settle, (i * 13) % 90));
        await worker.terminate();
      }
      const engine = await openvino('digits/digits_cnn.onnx');
      console.log((await engine.run({ input: float32([1, 1, 8, 8]) })).logits.dims.join());
      await engine.release();
    `);
    expect({ code, signal, stdout, stderr }).toEqual({
      code: 0,
      signal: null,
      stdout: '1,10\n',
      stderr: '',
    });
  });

  it('may be several at once, while the main thread runs', async () => {
    const { code, signal, stdout, stderr } = await runProgram(`
      ${HELPERS}
      const url = ${JSON.stringify(endless('small/add.onnx', 0, 3))};
      const engine = await openvino('small/add.onnx');
      let isOver = false;
      let wrong = 0;
      const main = (async () => {
        while (!isOver) if ((await engine.run(addFeeds())).sum.data[15] !== 3) wrong++;
      })();
      for (let i = 0; i < ${scaled(50)}; i++) {
        const workers = await Promise.all([started(url), started(url), started(url), started(url)]);
        await Promise.all(workers.map((worker) => worker.terminate()));
      }
      isOver = true;
      await main;
      console.log(wrong);
      await engine.release();
    `);
    expect({ code, signal, stdout, stderr }).toEqual({
      code: 0,
      signal: null,
      stdout: '0\n',
      stderr: '',
    });
  });
});

describe('a thread that ends by itself', () => {
  it.each([
    ['with process.exit amid runs', 'process.exit(5);', 5],
    ['at the end of its program, with sessions not released', '', 0],
    ['with an uncaught error amid runs', "setImmediate(() => { throw new Error('worker'); });", 1],
  ])('%s has its exit code', async (_what, end, exitCode) => {
    const url = workerUrl(`
      ${PORT}
      const engine = await openvino('small/slow.onnx');
      engine.run(slowFeeds()).catch(() => {});
      engine.run(slowFeeds()).catch(() => {});
      engine.run(slowFeeds()).catch(() => {});
      ${end}
    `);
    const { code, signal, stdout, stderr } = await runProgram(`
      ${HELPERS}
      const worker = new Worker(new URL(${JSON.stringify(url)}));
      worker.on('error', () => {});
      const code = await new Promise((settle) => worker.once('exit', settle));
      const engine = await openvino('small/add.onnx');
      console.log(code, (await engine.run(addFeeds())).sum.data[0]);
      await engine.release();
    `);
    expect({ code, signal, stdout, stderr }).toEqual({
      code: 0,
      signal: null,
      stdout: `${exitCode} 3\n`,
      stderr: '',
    });
  });
});
