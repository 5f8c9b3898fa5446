/** Memory: sessions that are dropped are freed, cycles leave nothing behind, what a run used is given back. */

import { describe, expect, it } from 'vitest';

import { runProgram } from '../fixtures/child.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { scaled } from '../scale.js';

needsOpenvino();

const HEAD = `
  const megabytes = () => process.memoryUsage.rss() / 2 ** 20;
  /** Finalizers run between turns of the event loop. */
  const collect = async () => {
    for (let i = 0; i < 3; i++) {
      gc();
      await new Promise(setImmediate);
    }
  };
  /** Megabytes by which the process grows in \`turns\` turns after it has settled. */
  const growth = async (warmUp, turns, turn) => {
    for (let i = 0; i < warmUp; i++) await turn(i);
    await collect();
    const before = megabytes();
    for (let i = 0; i < turns; i++) await turn(i);
    await collect();
    return megabytes() - before;
  };
`;

async function growthOf(warmUp: number, turns: number, turn: string): Promise<number> {
  const { code, signal, stdout, stderr } = await runProgram(
    `${HEAD}\nconsole.log(await growth(${warmUp}, ${turns}, async (i) => { ${turn} }));`,
    { flags: ['--expose-gc'] },
  );
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return Number(stdout);
}

describe('memory', () => {
  it('of sessions that are released is given back', async () => {
    // The first 500 settle the allocator (serving.md section 7, item 18). Afterwards a cycle leaves about 1 KB and at
    // the full count this fails: the cause is not found yet (docs/reliability.md).
    const grown = await growthOf(
      Math.max(50, scaled(500)),
      scaled(10_000),
      `const engine = await openvino('small/add.onnx');
       await engine.run(addFeeds());
       await engine.release();`,
    );
    expect(grown).toBeLessThan(8);
  });

  it('of sessions that are dropped is given back when they are collected', async () => {
    // A session of this model holds 7 MB: 30 of them would show as 210.
    const grown = await growthOf(
      5,
      30,
      `const engine = await openvino('small/slow.onnx');
       await engine.run(slowFeeds());
       if (i % 5 === 4) await collect();`,
    );
    expect(grown).toBeLessThan(60);
  });

  it('of creations that were cancelled is given back', async () => {
    const grown = await growthOf(
      5,
      30,
      `const controller = new AbortController();
       const making = openvino('small/slow.onnx', { signal: controller.signal }).catch(() => {});
       setTimeout(() => controller.abort(), 10);
       await making;
       await new Promise((settle) => setTimeout(settle, 60));`,
    );
    expect(grown).toBeLessThan(60);
  });

  it.each([0, 1_000_000])('of runs is given back (inlineBelowUs %i)', async (inlineBelowUs) => {
    // Inputs and outputs of 16 MB: a single one that stays shows.
    const grown = await growthOf(
      5,
      20,
      `globalThis.engine ??= await openvino('small/large-input.onnx', { openvino: { inlineBelowUs: ${inlineBelowUs} } });
       globalThis.input ??= float32([4, 1024, 1024]);
       await engine.run({ x: input });
       await collect();`,
    );
    expect(grown).toBeLessThan(50);
  });

  it('of runs that fail is given back', async () => {
    const grown = await growthOf(
      2000,
      scaled(250_000),
      `globalThis.engine ??= await openvino('small/dynamic.onnx');
       await engine.run({ a: float32([1, 200]), b: float32([201, 1]) }).catch(() => {});`,
    );
    expect(grown).toBeLessThan(8);
  });

  // More shapes than we remember the times of. OpenVINO itself keeps kernels for 5000 of them (0.6 MB each here), so
  // that all of them have been seen before the counting starts. The process goes on growing for 40,000 runs, by 27 MB,
  // and then no more (0.3 MB in 20,000 runs): that is what the warm-up is for.
  it('of changing shapes is given back', async () => {
    const grown = await growthOf(
      Math.max(1000, scaled(50_000)),
      scaled(50_000),
      `globalThis.engine ??= await openvino('small/dynamic.onnx');
       const n = 1 + (i % 100);
       await engine.run({ a: float32([1, n]), b: float32([n, 1]) });`,
    );
    expect(grown).toBeLessThan(20);
  });

  it('that the engine allocated is given back', async () => {
    const grown = await growthOf(
      5,
      30,
      `globalThis.engine ??= await openvino('small/large-input.onnx');
       await engine.run({ x: engine.allocate('x') }, { y: engine.allocate('y') });
       await collect();`,
    );
    expect(grown).toBeLessThan(100);
  });
});
