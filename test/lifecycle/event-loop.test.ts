/** The event loop goes on while models run: timers fire, and short runs go inline only within their budget. */

import { describe, expect, it } from 'vitest';

import type { Engine, Tensor } from 'enginery';

import { float32, needsOpenvino, openvinoEngine, values } from '../fixtures/engines.js';

needsOpenvino();

const one = float32([1, 16], new Float32Array(16).fill(1));
const feeds = { a: one, b: one };

const addEngine = async (inlineBelowUs?: number): Promise<Engine> =>
  openvinoEngine(
    'small/add.onnx',
    inlineBelowUs === undefined ? {} : { openvino: { inlineBelowUs } },
  );

/** Was the run over when the call returned? A tensor of the caller shows it. */
function runsInline(engine: Engine): [isInline: boolean, run: Promise<unknown>] {
  const sum = float32([1, 16]);
  const run = engine.run(feeds, { sum });
  return [values(sum)[0] === 2, run];
}

async function warm(engine: Engine): Promise<void> {
  for (let i = 0; i < 40; i++) await engine.run(feeds);
  // A fresh turn with its whole budget.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

describe('beside a loop of runs', () => {
  it.each([
    ['short runs', undefined, 1],
    ['short runs that never go inline', 0, 1],
    ['short runs that always may', 1_000_000, 1],
    ['short runs in four loops', undefined, 4],
    ['short asynchronous runs in four loops', 0, 4],
    ['short asynchronous runs in thirty loops', 0, 30],
  ])('an interval fires: %s', async (_what, inlineBelowUs, loops) => {
    const engine = await addEngine(inlineBelowUs);
    let fired = 0;
    let turns = 0;
    const interval = setInterval(() => {
      fired++;
    }, 10);
    const loop = async (): Promise<void> => {
      // Without an end when the interval starves: the limit is a minute's worth of runs.
      while (fired < 5 && turns < 5_000_000) {
        turns++;
        await engine.run(feeds);
      }
    };
    await Promise.all(Array.from({ length: loops }, loop));
    clearInterval(interval);
    expect(fired).toBeGreaterThanOrEqual(5);
  });

  it('immediates run in between: short runs', async () => {
    const engine = await addEngine();
    await warm(engine);
    let turns = 0;
    const state = { isOver: false };
    setImmediate(() => {
      state.isOver = true;
    });
    while (!state.isOver && turns < 1_000_000) {
      turns++;
      await engine.run(feeds);
    }
    expect(state.isOver).toBe(true);
  });

  it('an interval fires: long runs in flight', async () => {
    const engine = await openvinoEngine('small/slow.onnx');
    const x = float32([1, 512]);
    let fired = 0;
    const interval = setInterval(() => {
      fired++;
    }, 1);
    await Promise.all(Array.from({ length: 4 }, async () => engine.run({ x })));
    clearInterval(interval);
    expect(fired).toBeGreaterThan(5);
  });
});

describe('a run', () => {
  it('is asynchronous at first, and inline once its model is known to be short', async () => {
    const engine = await addEngine(1_000_000);
    const [isFirstInline, first] = runsInline(engine);
    await first;
    expect(isFirstInline).toBe(false);
    await warm(engine);
    const [isInline, run] = runsInline(engine);
    await run;
    expect(isInline).toBe(true);
  });

  it('is never inline with inlineBelowUs 0', async () => {
    const engine = await addEngine(0);
    await warm(engine);
    const [isInline, run] = runsInline(engine);
    await run;
    expect(isInline).toBe(false);
  });

  it('is never inline where runs are longer than the limit', async () => {
    const engine = await openvinoEngine('small/slow.onnx', { openvino: { inlineBelowUs: 100 } });
    const x = float32([1, 512], new Float32Array(512).fill(1));
    for (let i = 0; i < 10; i++) await engine.run({ x });
    const y = float32([1, 512]);
    const run = engine.run({ x }, { y });
    expect(values(y)[0]).toBe(0);
    await run;
    expect(values(y)[0]).toBeCloseTo(1, 4);
  });

  it('of a new shape is asynchronous again', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx', {
      openvino: { inlineBelowUs: 1_000_000 },
    });
    const run = (n: number): [number, Promise<unknown>] => {
      const y = float32([1, 1]);
      const running = engine.run({ a: float32([1, n]), b: float32([n, 1]) }, { y });
      return [values(y)[0] ?? NaN, running];
    };
    for (let i = 0; i < 40; i++) await run(3)[1];
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    const [known, knownRun] = run(3);
    await knownRun;
    const [fresh, freshRun] = run(4);
    await freshRun;
    expect([known, fresh]).toEqual([0.5, 0]);
  });

  it('goes inline within the budget of a turn, and the other way beyond it', async () => {
    const engine = await addEngine(1_000_000);
    await warm(engine);
    const runs: Promise<unknown>[] = [];
    let isInline = true;
    let count = 0;
    // Not awaited: all of it is one turn. A run takes at least a microsecond, the budget is a thousand.
    while (isInline && count < 5000) {
      const [wasInline, run] = runsInline(engine);
      isInline = wasInline;
      runs.push(run);
      count++;
    }
    expect(isInline).toBe(false);
    expect(count).toBeGreaterThan(1);
    const results = await Promise.all(runs);
    for (const result of results) {
      const { sum } = result as Record<string, Tensor>;
      expect(values(sum)).toEqual(new Array(16).fill(2));
    }
  });

  it('has the same outputs on both ways', async () => {
    const inline = await openvinoEngine('digits/digits_cnn.onnx', {
      openvino: { inlineBelowUs: 1_000_000 },
    });
    const asynchronous = await openvinoEngine('digits/digits_cnn.onnx', {
      openvino: { inlineBelowUs: 0 },
    });
    for (let i = 0; i < 40; i++) {
      const input = float32(
        [1, 1, 8, 8],
        Float32Array.from({ length: 64 }, (_, j) => ((i * j) % 17) / 16),
      );
      const [one, other] = await Promise.all([inline.run({ input }), asynchronous.run({ input })]);
      expect(values(one['logits'])).toEqual(values(other['logits']));
    }
  });
});

describe('answers with large tensors', () => {
  it('come in turns of their own, so that timers run between the copies they lead to', async () => {
    const engine = await openvinoEngine('small/large-input.onnx', {
      openvino: { inferRequests: 4 },
    });
    const x = float32([4, 1024, 1024]);
    await Promise.all(Array.from({ length: 4 }, async () => engine.run({ x })));
    let turn = 0;
    const state = { isOver: false };
    const count = (): void => {
      turn++;
      if (!state.isOver) setImmediate(count);
    };
    const turns: number[] = [];
    const runs = Array.from({ length: 4 }, async () => {
      await engine.run({ x });
      turns.push(turn);
    });
    // All four end while this thread is busy: their answers wait together.
    const endMs = performance.now() + 1000;
    while (performance.now() < endMs);
    count();
    await Promise.all(runs);
    state.isOver = true;
    expect(new Set(turns).size).toBe(4);
  });
});
