/** Memory: sessions that are dropped are freed, cycles leave nothing behind, what a run used is given back. */

import { describe, expect, it } from 'vitest';

import { needsOpenvino } from '../fixtures/engines.js';
import { growthOf } from '../fixtures/memory.js';
import { scaled } from '../scale.js';

needsOpenvino();

describe('memory', () => {
  it('of sessions that are released is given back', async () => {
    const { rssMegabytes, nativeBytesPerTurn } = await growthOf(
      500,
      Math.max(500, scaled(10_000)),
      `const engine = await openvino('small/add.onnx');
       await engine.run(addFeeds());
       await engine.release();`,
    );
    expect(rssMegabytes).toBeLessThan(5);
    expect(nativeBytesPerTurn).toBeLessThan(512);
  });

  it.each([0, 1_000_000])('of runs stays flat (inlineBelowUs %i)', async (inlineBelowUs) => {
    const { rssMegabytes, nativeBytesPerTurn } = await growthOf(
      5000,
      scaled(200_000),
      `globalThis.engine ??= await openvino('small/add.onnx', { openvino: { inlineBelowUs: ${inlineBelowUs} } });
       globalThis.feeds ??= addFeeds();
       await engine.run(feeds);`,
    );
    expect(rssMegabytes).toBeLessThan(5);
    expect(nativeBytesPerTurn).toBeLessThan(32);
  });

  // What the two tests above would see of a leak, at their full and at their smallest count.
  it('that leaks by 1 KB a turn is seen', async () => {
    const native = await growthOf(500, 10_000, 'heap.leak(1024);');
    expect(native.rssMegabytes).toBeGreaterThan(5);
    const script = await growthOf(
      500,
      10_000,
      '(globalThis.kept ??= []).push(new Float64Array(128));',
    );
    expect(script.rssMegabytes).toBeGreaterThan(5);
    const few = await growthOf(
      100,
      500,
      `const engine = await openvino('small/add.onnx');
       await engine.run(addFeeds());
       await engine.release();
       heap.leak(1024);`,
    );
    expect(few.nativeBytesPerTurn).toBeGreaterThan(512);
  });

  it('of sessions that are dropped is given back when they are collected', async () => {
    // A session of this model holds 7 MB: 30 of them would show as 210.
    const { rssMegabytes } = await growthOf(
      5,
      30,
      `const engine = await openvino('small/slow.onnx');
       await engine.run(slowFeeds());
       if (i % 5 === 4) await collect();`,
    );
    expect(rssMegabytes).toBeLessThan(60);
  });

  it('of creations that were cancelled is given back', async () => {
    const { rssMegabytes } = await growthOf(
      5,
      30,
      `const controller = new AbortController();
       const making = openvino('small/slow.onnx', { signal: controller.signal }).catch(() => {});
       setTimeout(() => controller.abort(), 10);
       await making;
       await new Promise((settle) => setTimeout(settle, 60));`,
    );
    expect(rssMegabytes).toBeLessThan(60);
  });

  it.each([0, 1_000_000])('of runs is given back (inlineBelowUs %i)', async (inlineBelowUs) => {
    // Inputs and outputs of 16 MB: a single one that stays shows.
    const { rssMegabytes } = await growthOf(
      5,
      20,
      `globalThis.engine ??= await openvino('small/large-input.onnx', { openvino: { inlineBelowUs: ${inlineBelowUs} } });
       globalThis.input ??= float32([4, 1024, 1024]);
       await engine.run({ x: input });
       await collect();`,
    );
    expect(rssMegabytes).toBeLessThan(50);
  });

  it('of runs that fail is given back', async () => {
    const { rssMegabytes } = await growthOf(
      2000,
      scaled(250_000),
      `globalThis.engine ??= await openvino('small/dynamic.onnx');
       await engine.run({ a: float32([1, 200]), b: float32([201, 1]) }).catch(() => {});`,
    );
    expect(rssMegabytes).toBeLessThan(8);
  });

  // More shapes than we remember the times of. OpenVINO itself keeps kernels for 5000 of them (0.6 MB each here), so
  // that all of them have been seen before the counting starts. The process goes on growing for 40,000 runs, by 27 MB,
  // and then no more (0.3 MB in 20,000 runs): that is what the warm-up is for.
  it('of changing shapes is given back', async () => {
    const { rssMegabytes } = await growthOf(
      Math.max(1000, scaled(50_000)),
      scaled(50_000),
      `globalThis.engine ??= await openvino('small/dynamic.onnx');
       const n = 1 + (i % 100);
       await engine.run({ a: float32([1, n]), b: float32([n, 1]) });`,
    );
    expect(rssMegabytes).toBeLessThan(20);
  });

  it('that the engine allocated is given back', async () => {
    const { rssMegabytes } = await growthOf(
      5,
      30,
      `globalThis.engine ??= await openvino('small/large-input.onnx');
       await engine.run({ x: engine.allocate('x') }, { y: engine.allocate('y') });
       await collect();`,
    );
    expect(rssMegabytes).toBeLessThan(100);
  });
});
