/** Cancelling: by AbortSignal on create and run, by onnxruntime's terminate flag; what goes on is left alone. */

import { getEventListeners } from 'node:events';

import { createEngine, InferenceSession, type Engine, type Tensor } from 'enginery';
import { describe, expect, it } from 'vitest';

import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  session,
  values,
} from '../fixtures/engines.js';
import { modelPath } from '../fixtures/models.js';
import { scaled } from '../scale.js';

needsOpenvino();

const feeds = (): Record<string, Tensor> => ({
  x: float32([1, 512], new Float32Array(512).fill(1)),
});
/** One request: the first run computes, the others wait. */
const slowEngine = async (): Promise<Engine> =>
  openvinoEngine('small/slow.onnx', { openvino: { inferRequests: 1, inlineBelowUs: 0 } });

async function expectSound(engine: Engine): Promise<void> {
  const y = values(output(await engine.run(feeds()), 'y'));
  expect(y[0]).toBeCloseTo(1, 4);
}

describe('create', () => {
  const MODEL = modelPath('digits/digits_cnn.onnx');

  it('is cancelled by a signal that is aborted already', async () => {
    const reason = new Error('enough');
    const error = await failureOf(createEngine(MODEL, { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ name: 'AbortError', code: code('CANCELLED') });
    expect(error.cause).toBe(reason);
  });

  it('is cancelled at any moment of its way, and the next one works', async () => {
    const turns = scaled(500);
    let cancelled = 0;
    for (let turn = 0; turn < turns; turn++) {
      const controller = new AbortController();
      const creating = createEngine(MODEL, { providers: ['openvino'], signal: controller.signal });
      const timer = setTimeout(() => {
        controller.abort();
      }, turn % 10);
      const made = await creating.catch((error: unknown) => error);
      clearTimeout(timer);
      if (made instanceof InferenceSession) await made.release();
      else {
        expect(made).toMatchObject({ code: code('CANCELLED') });
        cancelled++;
      }
    }
    expect(cancelled).toBeGreaterThan(0);
    const engine = await openvinoEngine('digits/digits_cnn.onnx');
    expect(engine.provider).toBe('openvino');
  });

  it('leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    await openvinoEngine('small/add.onnx', { signal });
    await failureOf(openvinoEngine('small/unsupported-op.onnx', { signal }));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('of InferenceSession takes a signal, too', async () => {
    const controller = new AbortController();
    const creating = InferenceSession.create(MODEL, { signal: controller.signal });
    controller.abort();
    expect(await failureOf(creating)).toMatchObject({ code: code('CANCELLED') });
  });
});

describe('a run', () => {
  it('is cancelled before it starts by a signal that is aborted already', async () => {
    const engine = await slowEngine();
    const reason = new Error('enough');
    const error = await failureOf(engine.run(feeds(), { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ name: 'AbortError', code: code('CANCELLED') });
    expect(error.cause).toBe(reason);
    await expectSound(engine);
  });

  it('that computes is cancelled, and those behind it are not', async () => {
    const engine = await slowEngine();
    const controller = new AbortController();
    const first = failureOf(engine.run(feeds(), { signal: controller.signal }));
    const second = engine.run(feeds());
    await new Promise((settle) => setTimeout(settle, 5));
    controller.abort();
    expect(await first).toMatchObject({ name: 'AbortError', code: code('CANCELLED') });
    expect(values(output(await second, 'y'))[7]).toBeCloseTo(1, 4);
    await expectSound(engine);
  });

  it('that waits is cancelled at once, and the one that computes is not', async () => {
    const engine = await slowEngine();
    const controller = new AbortController();
    const ended: string[] = [];
    const first = engine.run(feeds()).then((results) => {
      ended.push('first');
      return results;
    });
    const second = failureOf(engine.run(feeds(), { signal: controller.signal })).then((error) => {
      ended.push('second');
      return error;
    });
    const third = engine.run(feeds());
    controller.abort();
    expect(await second).toMatchObject({ code: code('CANCELLED') });
    expect(ended).toEqual(['second']);
    expect(values(output(await first, 'y'))[0]).toBeCloseTo(1, 4);
    expect(values(output(await third, 'y'))[0]).toBeCloseTo(1, 4);
  });

  it('shares a signal with others: all of them end', async () => {
    const engine = await slowEngine();
    const controller = new AbortController();
    const runs = Array.from({ length: 6 }, async () =>
      failureOf(engine.run(feeds(), { signal: controller.signal })),
    );
    await new Promise((settle) => setTimeout(settle, 5));
    controller.abort('stop');
    for (const error of await Promise.all(runs)) {
      expect(error).toMatchObject({ code: code('CANCELLED'), cause: 'stop' });
    }
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await expectSound(engine);
  });

  it('that has ended cares for no signal, nor does the next one', async () => {
    const engine = await slowEngine();
    const controller = new AbortController();
    await engine.run(feeds(), { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    const next = engine.run(feeds());
    controller.abort();
    expect(values(output(await next, 'y'))[0]).toBeCloseTo(1, 4);
  });

  it('may be cancelled in any state, time and again', async () => {
    const engine = await openvinoEngine('small/add.onnx', {
      openvino: { inferRequests: 2, inlineBelowUs: 0 },
    });
    const one = float32([1, 16], new Float32Array(16).fill(1));
    const turns = scaled(1000);
    for (let turn = 0; turn < turns; turn++) {
      const controller = new AbortController();
      const runs = Array.from({ length: 5 }, async () =>
        engine.run({ a: one, b: one }, { signal: controller.signal }).then(
          () => 'done',
          (error: unknown) => (error as { code: string }).code,
        ),
      );
      if (turn % 3 === 1) await new Promise(setImmediate);
      if (turn % 3 === 2) await Promise.race(runs);
      controller.abort();
      for (const outcome of await Promise.all(runs)) {
        expect(['done', code('CANCELLED')]).toContain(outcome);
      }
      const { sum } = await engine.run({ a: one, b: one });
      expect(values(sum)[15]).toBe(2);
    }
  });

  it('of a model with dynamic shapes leaves the runs around it alone', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx', {
      openvino: { inferRequests: 4, inlineBelowUs: 0 },
    });
    const turns = scaled(40_000);
    const inFlight = new Set<AbortController>();
    let started = 0;
    let cancelled = 0;
    const lane = async (): Promise<void> => {
      while (started < turns) {
        const turn = started++;
        const n = [1, 3, 200, 1, 400][turn % 5] ?? 1;
        const k = [1, 64, 7][turn % 3] ?? 1;
        const value = 2 + (turn % 900);
        const controller = new AbortController();
        inFlight.add(controller);
        const feeds = {
          a: float32([n, k], new Float32Array(n * k).fill(value)),
          b: float32([k, n], new Float32Array(n * k).fill(1)),
        };
        const made = await engine.run(feeds, { signal: controller.signal }).catch(String);
        inFlight.delete(controller);
        if (typeof made === 'string') cancelled++;
        else {
          const y = values(output(made, 'y'));
          expect([y.length, y[0], y[n * n - 1]]).toEqual([n * n, value * k + 0.5, value * k + 0.5]);
        }
        if (turn % 3 === 0) await new Promise(setImmediate);
        if (turn % 3 !== 2) [...inFlight][turn % inFlight.size]?.abort();
      }
    };
    await Promise.all(Array.from({ length: 6 }, lane));
    expect(cancelled).toBeGreaterThan(0);
  });

  it('that starts where the inline time is spent has the values and the signal of its call', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx', { openvino: { inferRequests: 1 } });
    const feeds = (size: number): Record<string, Tensor> => ({
      a: float32([size, size], new Float32Array(size * size).fill(1)),
      b: float32([size, size], new Float32Array(size * size).fill(1)),
    });
    for (let i = 0; i < 100; i++) await engine.run(feeds(1));
    const busy = engine.run(feeds(1000));
    const controller = new AbortController();
    // In one turn, so many that some find the time spent and the one request busy.
    const given = Array.from({ length: 2000 }, () => feeds(1));
    const runs = given.map(async (one, i) =>
      engine.run(one, i % 2 === 0 ? {} : { signal: controller.signal }).then(
        ({ y }) => Number(y?.data[0]),
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    for (const { a } of given) (a?.data as Float32Array).fill(7);
    controller.abort();
    expect(new Set(await Promise.all(runs))).toEqual(new Set([1.5, code('CANCELLED')]));
    await busy;
  });

  it('with a timeout has the reason of the timeout', async () => {
    const engine = await slowEngine();
    const busy = engine.run(feeds());
    const error = await failureOf(engine.run(feeds(), { signal: AbortSignal.timeout(1) }));
    expect(error).toMatchObject({ code: code('CANCELLED') });
    expect(error.cause).toMatchObject({ name: 'TimeoutError' });
    await busy;
  });
});

describe.each(['openvino', 'cpu'])('the terminate flag of onnxruntime, on %s', (provider) => {
  const words = 'Exiting due to terminate flag being set to true';
  const make = async (): Promise<InferenceSession> =>
    session('small/slow.onnx', { executionProviders: [provider], strict: true });

  it('is not looked at after a run whose other options cannot be read', async () => {
    const made = await make();
    let looks = 0;
    const options = {
      get terminate(): boolean {
        looks++;
        return false;
      },
      get extra(): never {
        throw new Error('no extra');
      },
    };
    expect(await failureOf(made.run(feeds(), options))).toMatchObject({ message: 'no extra' });
    const before = looks;
    await new Promise((settle) => setTimeout(settle, 50));
    expect(looks).toBe(before);
  });

  it('set before the run cancels it', async () => {
    const made = await make();
    const error = await failureOf(made.run(feeds(), { terminate: true }));
    expect(error).toMatchObject({ code: code('CANCELLED') });
    expect(error.message).toContain(words);
  });

  it('set while the run lasts cancels it, and the next run is sound', async () => {
    const made = await make();
    const options = { terminate: false };
    const waiting = Array.from({ length: 12 }, async () => failureOf(made.run(feeds(), options)));
    setTimeout(() => {
      options.terminate = true;
    }, 2);
    const errors = await Promise.allSettled(waiting);
    // Those behind the first are surely not through when the flag is seen.
    const last = errors.at(-1);
    expect(last?.status).toBe('fulfilled');
    expect(last?.status === 'fulfilled' && last.value).toMatchObject({ code: code('CANCELLED') });
    expect(values(output(await made.run(feeds(), { terminate: false }), 'y'))[0]).toBeCloseTo(1, 4);
  });

  it('that stays false changes nothing', async () => {
    const made = await make();
    const results = await made.run(feeds(), ['y'], { terminate: false });
    expect(values(output(results, 'y'))[0]).toBeCloseTo(1, 4);
  });
});
