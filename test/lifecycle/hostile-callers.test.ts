/** Callers whose code runs where nobody expects it: getters in arguments, replaced timers, handlers that take long. */

import { describe, expect, it } from 'vitest';

import { runProgram } from '../fixtures/child.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { scaled } from '../scale.js';

needsOpenvino();

const WAYS = [
  ['asynchronous', 0],
  ['inline', 1_000_000],
] as const;

describe.each(WAYS)('a getter in dims of %s runs', (_way, inlineBelowUs) => {
  const prepare = `
    const engine = await openvino('small/dynamic.onnx', {
      openvino: { inlineBelowUs: ${inlineBelowUs}, inferRequests: 1 },
    });
    const tensor = (dims) =>
      ({ type: 'float32', dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(1) });
    const feeds = () => ({ a: tensor([2, 3]), b: tensor([3, 4]) });
    for (let i = 0; i < 40; i++) await engine.run(feeds());
    const late = [];
    const spoilt = (act) => {
      const dims = [2, 3];
      Object.defineProperty(dims, 0, { enumerable: true, get() { act(); return 2; } });
      return { type: 'float32', dims, data: new Float32Array(6).fill(1) };
    };
  `;

  it('may run the model again', async () => {
    const result = await runProgram(`${prepare}
      for (let i = 0; i < ${scaled(500)}; i++) {
        const a = spoilt(() => { for (let k = 0; k < 3; k++) late.push(engine.run(feeds())); });
        late.push(engine.run({ a, b: tensor([3, 4]) }));
        for (const { y } of await Promise.all(late.splice(0))) if (y.data[0] !== 3.5) process.exit(3);
      }
      console.log('survived');
    `);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: 'survived\n' });
  });

  it('may release the model', async () => {
    const result = await runProgram(`${prepare}
      const a = spoilt(() => { if (late.length === 0) late.push(engine.release()); });
      const outcome = await engine.run({ a, b: tensor([3, 4]) }).then(({ y }) => y.data[0], (e) => e.code);
      await Promise.all(late);
      console.log(outcome);
    `);
    expect(result).toMatchObject({ code: 0, signal: null });
    expect(['3.5', 'ERR_ENGINERY_DISPOSED']).toContain(result.stdout.trim());
  });
});

describe('the global setImmediate', () => {
  it.each(WAYS)(
    'may be replaced by a test framework during %s runs',
    async (_way, inlineBelowUs) => {
      const result = await runProgram(`
      const engine = await openvino('small/add.onnx', { openvino: { inlineBelowUs: ${inlineBelowUs} } });
      globalThis.setImmediate = () => ({});
      for (let i = 0; i < 2000; i++) await engine.run(addFeeds());
      console.log('done');
      process.exit(0);
    `);
      expect(result).toMatchObject({ code: 0, signal: null, stdout: 'done\n' });
    },
  );
});

describe('code that computes after each of many short runs', () => {
  it('leaves timers their turns', async () => {
    // Each continuation takes half a millisecond, and there is always another run that has ended meanwhile.
    const result = await runProgram(`
      const engine = await openvino('small/add.onnx', { openvino: { inlineBelowUs: 0 } });
      const feeds = addFeeds();
      let ticks = 0;
      let runs = 0;
      const timer = setInterval(() => ticks++, 1);
      const loop = async () => {
        while (runs < 2000) {
          await engine.run(feeds);
          runs++;
          for (const end = performance.now() + 0.5; performance.now() < end; );
        }
      };
      await Promise.all([loop(), loop(), loop(), loop()]);
      clearInterval(timer);
      console.log(JSON.stringify({ ticks }));
    `);
    expect(result).toMatchObject({ code: 0, signal: null });
    // Turn by turn there is a tick every few runs; without turns there were two or three in all.
    const { ticks } = JSON.parse(result.stdout) as { ticks: number };
    expect(ticks).toBeGreaterThan(50);
  });
});

describe('the addon called with anything', () => {
  it('throws typed errors only', async () => {
    const result = await runProgram(`
      import { createRequire } from 'node:module';
      const addon = createRequire(model(''))(${JSON.stringify('../build/Release/enginery.node')});
      await openvino('small/add.onnx');
      let seed = 7;
      const random = (count) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % count;
      const junk = () => [
        undefined, null, NaN, -1, 2 ** 53, 1.5, '', 'CPU', true, Symbol('x'), 10n, {}, [], [[]], () => 1,
        new Float32Array(4), new Uint8Array(new SharedArrayBuffer(8)), new ArrayBuffer(8), new Date(),
        new Proxy({}, { get() { throw new Error('no'); } }), new Proxy([], {}), { length: 3 }, Object.create(null),
        { path: '/nowhere', device: 'CPU', properties: {}, shapes: {}, requests: 0 },
        [1, , 3], { get path() { throw new Error('planned'); } },
      ][random(26)];
      const names = Object.keys(addon).filter(
        (name) => typeof addon[name] === 'function' && !['setHandler', 'stop', 'drain'].includes(name));
      let thrown = 0;
      for (let i = 0; i < ${scaled(100_000)}; i++) {
        const args = Array.from({ length: random(6) }, junk);
        try {
          addon[names[random(names.length)]](...args);
        } catch (error) {
          thrown++;
          if (!String(error.code).startsWith('ERR_ENGINERY_') && !['no', 'planned'].includes(error.message)) {
            console.error(error);
            process.exit(3);
          }
        }
      }
      console.log(thrown > 100);
      process.exit(0);
    `);
    expect(result).toMatchObject({ code: 0, signal: null, stdout: 'true\n' });
  });
});
