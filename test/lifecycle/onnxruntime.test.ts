/** Workers of ONNX Runtime come and go: crashes, process exit, garbage, a caller's own worker that ends in mid-run. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  compile,
  distUrl,
  fakeOnnxruntime,
  float32,
  modelPath,
  rejection,
  runScript,
} from '../fixtures/onnxruntime.js';

const folders: string[] = [];
function fake(body: string, version?: string): string {
  const folder = fakeOnnxruntime(body, version);
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const feeds = { x: float32([1], [1]) };
const fetches = { x: null };

describe('a worker that ends by itself', () => {
  it.each([
    ['exits', 'async run() { process.exit(3); }', 'exit code 3'],
    [
      'throws outside of any call',
      'async run() { setImmediate(() => { throw new Error("boom"); }); return new Promise(() => {}); }',
      'boom',
    ],
  ])('that %s rejects started and waiting runs, and later ones', async (_what, body, words) => {
    const model = await compile('small/add.onnx', { packagePath: fake(body) });
    const runs = [1, 2, 3].map(async () => rejection(model.run(feeds, fetches, {})));
    for (const error of await Promise.all(runs)) {
      expect(error).toMatchObject({ code: 'ERR_ENGINERY_INFERENCE_FAILED' });
      expect(error.message).toContain(words);
    }
    expect(await rejection(model.run(feeds, fetches, {}))).toMatchObject({
      code: 'ERR_ENGINERY_INFERENCE_FAILED',
    });
    await model.release();
  });

  it('out of memory is told apart', async () => {
    const packagePath = fake(`async run() {
      const error = Object.assign(new Error('heap limit'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
      setImmediate(() => { throw error; });
      return new Promise(() => {});
    }`);
    const model = await compile('small/add.onnx', { packagePath });
    expect(await rejection(model.run(feeds, fetches, {}))).toMatchObject({
      code: 'ERR_ENGINERY_OUT_OF_MEMORY',
    });
    await model.release();
  });

  it('leaves the runs of the other workers alone', async () => {
    const body = `async run(feeds) {
      if (feeds.x.data[0] === 13) process.exit(1);
      return feeds;
    }`;
    const model = await compile('small/add.onnx', { packagePath: fake(body), workers: 2 });
    const bad = rejection(model.run({ x: float32([1], [13]) }, fetches, {}));
    const good = [1, 2, 3].map(async () => model.run(feeds, fetches, {}));
    expect(await bad).toMatchObject({ code: 'ERR_ENGINERY_INFERENCE_FAILED' });
    for (const result of await Promise.all(good)) expect(result).toEqual({ x: float32([1], [1]) });
    await model.release();
  });

  it('during the creation of the session is a refusal, too', async () => {
    const body = 'static async create() { process.exit(4); }';
    expect(await rejection(compile('small/add.onnx', { packagePath: fake(body) }))).toMatchObject({
      code: 'ERR_ENGINERY_INFERENCE_FAILED',
    });
  });
});

describe('a package', () => {
  it('that cannot be loaded is not found, in its own words', async () => {
    const packagePath = fake('');
    writeFileSync(join(packagePath, 'index.js'), 'throw new Error("wrong ELF class");');
    const error = await rejection(compile('small/add.onnx', { packagePath }));
    expect(error).toMatchObject({ code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND' });
    expect(error.message).toContain('wrong ELF class');
  });

  it('whose outputs cannot be transferred has them copied', async () => {
    const body = `async run(feeds) {
      const data = new Float32Array([5, 6]);
      const { data: same } = feeds.x;
      return { x: new Tensor('float32', new Float32Array(new SharedArrayBuffer(8)).fill(same[0]), [2]) };
    }`;
    const model = await compile('small/add.onnx', { packagePath: fake(body) });
    const { x } = await model.run(feeds, fetches, {});
    expect([...(x?.data as Float32Array)]).toEqual([1, 1]);
    await model.release();
  });

  it('older than 1.25 gets one worker for all sessions, that outlives them', async () => {
    const packagePath = fake(
      `async run(feeds) { return { x: new Tensor('float32', Float32Array.of(require('worker_threads').threadId), [1]) }; }`,
      '1.24.3',
    );
    const threads: number[] = [];
    for (let round = 0; round < 2; round++) {
      const models = await Promise.all(
        [1, 2].map(async () => compile('small/add.onnx', { packagePath, workers: 3 })),
      );
      for (const model of models) {
        expect(model.description['workers']).toBe('1');
        const { x } = await model.run(feeds, fetches, {});
        threads.push((x?.data as Float32Array)[0] ?? NaN);
        await model.release();
      }
    }
    expect(new Set(threads).size).toBe(1);
  });
});

describe('a process', () => {
  it('ends by itself although a session was never released', async () => {
    const { code, stdout } = await runScript(`
      const model = await compile(slow);
      await model.run(slowFeeds, { y: null }, {});
      globalThis.kept = model;
      console.log('done');
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'done\n' });
  });

  it('stays until accepted runs have ended, as with onnxruntime-node', async () => {
    const { code, stdout } = await runScript(`
      const model = await compile(slow);
      model.run(slowFeeds, { y: null }, {}).then(() => console.log('ran'));
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ran\n' });
  });

  it('settles a release that is the last thing it waits for', async () => {
    const { code, stdout } = await runScript(`
      const model = await compile(slow);
      await model.release();
      console.log('released');
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'released\n' });
  });

  it('keeps its exit code when it exits in mid-run', async () => {
    const { code, stderr } = await runScript(`
      const model = await compile(slow);
      model.run(slowFeeds, { y: null }, {});
      setTimeout(() => process.exit(7), 20);
    `);
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
  });

  it('keeps its exit code when it exits while a session is made', async () => {
    const { code, stderr } = await runScript(`
      compile(slow);
      setImmediate(() => process.exit(9));
    `);
    expect({ code, stderr }).toEqual({ code: 9, stderr: '' });
  });

  it('ends with the uncaught error of the application in mid-run', async () => {
    const { code, stderr } = await runScript(`
      const model = await compile(slow);
      model.run(slowFeeds, { y: null }, {});
      setImmediate(() => { throw new Error('application'); });
    `);
    expect(code).toBe(1);
    expect(stderr).toContain('application');
  });

  it('goes on after a worker of its own was terminated in mid-run and in mid-creation', async () => {
    const { code, stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads';
      const program = \`
        import { onnxruntimeProvider } from '${distUrl('runtime/onnxruntime.js')}';
        import { parentPort } from 'node:worker_threads';
        const compile = () => onnxruntimeProvider('cpu').compile(
          { format: 'onnx', path: '${modelPath('small/slow.onnx')}' },
          { precision: 'fp32', shapes: new Map(), session: {} });
        const model = await compile();
        model.run({ x: { type: 'float32', dims: [1, 512], data: new Float32Array(512) } }, { y: null }, {});
        compile();
        parentPort.postMessage('running');
        await new Promise(() => setInterval(() => {}, 1000));
      \`;
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(program)));
        await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
        await worker.terminate();
      }
      const model = await compile(slow);
      console.log((await model.run(slowFeeds, { y: null }, {})).y.dims.join());
      await model.release();
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1,512\n', stderr: '' });
  });

  it('serves a worker of its own as it serves the main thread, and ends with it', async () => {
    const { code, stdout, stderr } = await runScript(`
      import { Worker } from 'node:worker_threads';
      const program = \`
        import { onnxruntimeProvider } from '${distUrl('runtime/onnxruntime.js')}';
        const model = await onnxruntimeProvider('cpu').compile(
          { format: 'onnx', path: '${modelPath('small/identity-int64.onnx')}' },
          { precision: 'fp32', shapes: new Map(), session: {} });
        const x = { type: 'int64', dims: [2], data: new BigInt64Array([1n, -2n]) };
        const { y } = await model.run({ x }, { y: null }, {});
        const failed = await model.run({ x: { ...x, dims: [1, 2] } }, { y: null }, {}).catch((error) => error.code);
        console.log(y.data.join(), y.data.buffer.byteLength, failed);
      \`;
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(program)));
      worker.on('exit', (code) => console.log('exit', code));
    `);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: '1,-2 16 ERR_ENGINERY_INVALID_ARGUMENT\nexit 0\n',
      stderr: '',
    });
  });

  it('ends the worker of a session that became garbage, not before its run ended', async () => {
    const packagePath = fake(`
      async run(feeds) { await new Promise((resolve) => setTimeout(resolve, 200)); require('fs').writeSync(1, 'ran '); return feeds; }
      async release() { require('fs').writeSync(1, 'released '); process.on('exit', () => require('fs').writeSync(1, 'ended ')); }
    `);
    const { code, stdout } = await runScript(
      `
      let hasEnded = false;
      await (async () => {
        const model = await compile(slow, ${JSON.stringify(packagePath)});
        model.run({ x: { type: 'float32', dims: [1], data: new Float32Array(1) } }, { x: null }, {})
          .then(() => { hasEnded = true; });
      })();
      const threads = () => process.report.getReport().workers.length;
      while (!hasEnded || threads() > 0) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      console.log('done');
      `,
      { args: ['--expose-gc'] },
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ran released ended done\n' });
  });
});

describe('many sessions', () => {
  it('at once and one after the other, released while running, all end', async () => {
    for (let round = 0; round < 3; round++) {
      const models = await Promise.all(
        [1, 2, 3, 4].map(async () => compile('digits/digits_cnn.onnx')),
      );
      const input = float32([1, 1, 8, 8], new Float32Array(64));
      const runs = models.map(async (model) => model.run({ input }, { logits: null }, {}));
      const releases = models.map(async (model) => model.release());
      expect((await Promise.all(runs)).map((result) => result['logits']?.dims)).toEqual(
        new Array(4).fill([1, 10]),
      );
      await Promise.all(releases);
    }
  });
});

describe('without its files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'enginery-empty-'));
    folders.push(folder);
  });

  it('the provider tells where it looked and the command', async () => {
    const error = await rejection(compile('small/add.onnx', { packagePath: folder }));
    expect(error).toMatchObject({ code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND' });
    expect(error.message).toContain(folder);
    expect(error.message).toContain('npm install onnxruntime-node');
  });

  it('a version outside the range is refused by number', async () => {
    for (const version of ['1.19.2', '2.0.0', 'nonsense']) {
      const error = await rejection(compile('small/add.onnx', { packagePath: fake('', version) }));
      expect(error).toMatchObject({ code: 'ERR_ENGINERY_RUNTIME_VERSION' });
      expect(error.message).toContain(version);
    }
  });
});
