/** A session that is given more runs than it can make: the last ones are refused, the accepted ones end. */

import { describe, expect, it } from 'vitest';

import type { Engine, EngineOptions } from 'enginery';

import { code, failureOf, float32, needsOpenvino, openvinoEngine } from '../fixtures/engines.js';

needsOpenvino();

const x = float32([1, 512]);

/** A session of small/slow.onnx, of whose runs `atOnce` are computed at once. */
const SESSIONS: readonly (readonly [string, number, (queueLimit: number) => EngineOptions])[] = [
  [
    'openvino',
    2,
    (queueLimit) => ({ openvino: { inferRequests: 2, inlineBelowUs: 0, queueLimit } }),
  ],
  ['cpu', 1, (queueLimit) => ({ providers: ['cpu'], onnxruntime: { queueLimit } })],
];

describe.each(SESSIONS)('with provider %s', (_provider, atOnce, optionsFor) => {
  const engineOf = async (queueLimit: number): Promise<Engine> =>
    openvinoEngine('small/slow.onnx', optionsFor(queueLimit));

  it.each([0, 3])('%i runs wait and the next one is refused by name', async (queueLimit) => {
    const engine = await engineOf(queueLimit);
    const accepted = Array.from({ length: atOnce + queueLimit }, async () => engine.run({ x }));
    const error = await failureOf(engine.run({ x }));
    expect(error).toMatchObject({ code: code('OVERLOADED'), name: 'EngineryError' });
    expect(error.message).toContain('queueLimit');
    for (const results of await Promise.all(accepted)) expect(results).toHaveProperty('y');
    // There is room again.
    expect(await engine.run({ x })).toHaveProperty('y');
  });

  it('a run that leaves the queue makes room', async () => {
    const engine = await engineOf(1);
    const runs = Array.from({ length: atOnce }, async () => engine.run({ x }));
    const controller = new AbortController();
    const waiting = engine.run({ x }, { signal: controller.signal });
    expect(await failureOf(engine.run({ x }))).toMatchObject({ code: code('OVERLOADED') });
    controller.abort();
    expect(await failureOf(waiting)).toMatchObject({ code: code('CANCELLED') });
    expect(await engine.run({ x })).toHaveProperty('y');
    await Promise.all(runs);
  });

  it.each([-1, 1.5, 1_000_001, '5'])('a limit of %j is refused', async (queueLimit) => {
    const error = await failureOf(engineOf(queueLimit as number));
    expect(error.code).toMatch(/INVALID_ARGUMENT|OUT_OF_RANGE/);
    expect(error.message).toContain('queueLimit');
  });
});
