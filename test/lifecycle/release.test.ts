/** Releasing a session: accepted runs end, later calls are refused, nothing stays open. */

import { createEngine, type Engine, type Tensor } from 'enginery';
import { describe, expect, it } from 'vitest';

import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  values,
} from '../fixtures/engines.js';
import { modelPath } from '../fixtures/models.js';
import { seededRandom } from '../fixtures/random.js';
import { scaled } from '../scale.js';

needsOpenvino();

const one = float32([1, 16], new Float32Array(16).fill(1));
const slow = (): Record<string, Tensor> => ({
  x: float32([1, 512], new Float32Array(512).fill(1)),
});

describe('release', () => {
  it('waits for runs in flight and in the queue', async () => {
    const engine = await openvinoEngine('small/slow.onnx', { openvino: { inferRequests: 2 } });
    const order: string[] = [];
    const runs = Array.from({ length: 5 }, async (_, i) => {
      const results = await engine.run(slow());
      order.push(`run ${i}`);
      return values(output(results, 'y'))[511];
    });
    const release = engine.release().then(() => order.push('release'));
    expect(await failureOf(engine.run(slow()))).toMatchObject({ code: code('DISPOSED') });
    expect(await failureOf(engine.release())).toMatchObject({ code: code('DISPOSED') });
    const results = await Promise.all(runs);
    results.forEach((value) => {
      expect(value).toBeCloseTo(1, 4);
    });
    await release;
    expect(order.at(-1)).toBe('release');
    expect(order).toHaveLength(6);
  });

  it('lets the failure of a run in flight through', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx', { openvino: { inlineBelowUs: 0 } });
    const bad = failureOf(engine.run({ a: float32([1, 2]), b: float32([3, 1]) }));
    const good = engine.run({ a: float32([1, 1]), b: float32([1, 1]) });
    await engine.release();
    expect(await bad).toMatchObject({ code: code('INFERENCE_FAILED') });
    expect(values(output(await good, 'y'))).toEqual([0.5]);
  });

  it('is what await using does, once', async () => {
    let kept: Engine;
    {
      await using engine = await createEngine(modelPath('small/add.onnx'), {
        providers: ['openvino'],
      });
      kept = engine;
      await engine.run({ a: one, b: one });
    }
    expect(await failureOf(kept.run({ a: one, b: one }))).toMatchObject({ code: code('DISPOSED') });
    {
      await using engine = await createEngine(modelPath('small/add.onnx'), {
        providers: ['openvino'],
      });
      await engine.release();
    }
  });

  it('of one session leaves the others alone', async () => {
    const engines = await Promise.all(
      Array.from({ length: 4 }, async () =>
        openvinoEngine('small/add.onnx', { openvino: { inlineBelowUs: 0 } }),
      ),
    );
    const runs = engines.map(async (engine) => engine.run({ a: one, b: one }));
    await engines[1]?.release();
    await engines[3]?.release();
    for (const results of await Promise.all(runs))
      expect(values(output(results, 'sum'))[0]).toBe(2);
    const again = await engines[0]?.run({ a: one, b: one });
    expect(values(again?.['sum'])[0]).toBe(2);
  });

  it('refuses just the runs that come after it', async () => {
    for (let turn = 0; turn < scaled(1000); turn++) {
      const engine = await openvinoEngine('small/add.onnx', { openvino: { inlineBelowUs: 0 } });
      const calls: Promise<unknown>[] = [];
      for (let i = 0; i < 8; i++) {
        if (i === turn % 8) calls.push(engine.release());
        calls.push(engine.run({ a: one, b: one }));
        if ((turn >> i) % 2 === 1) await Promise.resolve();
      }
      const settled = await Promise.allSettled(calls);
      const failures = settled.filter((call) => call.status === 'rejected');
      for (const { reason } of failures) expect(reason).toMatchObject({ code: code('DISPOSED') });
      expect(failures).toHaveLength(8 - (turn % 8));
    }
  });

  it('may come at any moment: every call ends, with a result or a typed error', async () => {
    const random = seededRandom(20_261_121);
    const pending: Promise<unknown>[] = [];
    let engine = await openvinoEngine('small/add.onnx', { openvino: { inferRequests: 2 } });
    const outcome = (call: Promise<unknown>): Promise<unknown> =>
      call.then(
        () => 'done',
        (error: unknown) => (error as { code?: string }).code,
      );
    const turns = scaled(10_000);
    for (let turn = 0; turn < turns; turn++) {
      const action = random.integer(100);
      if (action < 70) pending.push(outcome(engine.run({ a: one, b: one })));
      else if (action < 80)
        pending.push(outcome(engine.run({ a: one, b: one }, { signal: AbortSignal.abort() })));
      else if (action < 90) await new Promise(setImmediate);
      else {
        pending.push(outcome(engine.release()));
        if (action < 95) {
          engine = await openvinoEngine('small/add.onnx', {
            openvino: {
              inferRequests: 1 + random.integer(3),
              inlineBelowUs: random.integer(2) * 1_000_000,
            },
          });
        }
      }
    }
    const outcomes = new Set(await Promise.all(pending));
    for (const one of outcomes) {
      expect(['done', code('DISPOSED'), code('CANCELLED')]).toContain(one);
    }
    expect(outcomes).toContain('done');
    expect(outcomes).toContain(code('DISPOSED'));
  });
});
