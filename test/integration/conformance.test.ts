/**
 * The ONNX backend vectors: a fixed share of them in `npm test`, all in `npm run test:long`. `npm run conformance` runs
 * the same and writes docs/conformance.md.
 */

import { beforeAll, describe, expect, it } from 'vitest';

import { runTasks, type Result } from '../../scripts/conformance/pool.mjs';
import { casesOf, lackOfSet, SETS, type Case } from '../../scripts/conformance/sets.mjs';
import { byCase, MODE_NAMES, regressions } from '../../scripts/conformance/summary.mjs';
import { node24 } from '../fixtures/onnxruntime.js';
import { seededRandom } from '../fixtures/random.js';
import { lackOfOpenvino } from '../requirements.js';
import { scaled } from '../scale.js';

const SEED = 20261121;

/** The share of the cases that this run takes: the same ones each time. */
function share(cases: readonly Case[]): Case[] {
  const random = seededRandom(SEED);
  const left = [...cases];
  return Array.from({ length: Math.min(left.length, scaled(cases.length)) }, () => {
    const [taken] = left.splice(random.integer(left.length), 1);
    if (taken === undefined) throw new Error('no case is left');
    return taken;
  });
}

function run(cases: readonly Case[], modes: readonly string[], node?: string): Promise<Result[]> {
  const tasks = modes.flatMap((mode) => cases.map((one) => ({ case: one, mode })));
  return runTasks(tasks, node === undefined ? {} : { node });
}

function told(results: readonly Result[]): string[] {
  return results.map(({ case: one, outcome, reason = '' }) => `${one.name}: ${outcome}: ${reason}`);
}

it('has the vectors that CI must have', () => {
  if (process.env['CI']) expect(SETS.map(lackOfSet)).toEqual(SETS.map(() => undefined));
});

describe.each(SETS)('$name', (set) => {
  const lack = lackOfSet(set) ?? lackOfOpenvino();
  let results: Result[] = [];

  beforeAll(async () => {
    if (lack === undefined) results = await run(share(casesOf(set)), MODE_NAMES);
  });

  it('passes with fallback on whatever onnxruntime-node passes', (context) => {
    context.skip(lack !== undefined, lack);
    expect(results.some(({ outcome }) => outcome === 'passed')).toBe(true);
    expect(told(regressions(results))).toEqual([]);
  });

  it('gives no wrong result on provider openvino where onnxruntime-node has the right one', (context) => {
    context.skip(lack !== undefined, lack);
    const wrong = [...byCase(results).values()].flatMap((modes) => {
      const ours = modes.get('openvino');
      const isRightElsewhere = modes.get('onnxruntime-node')?.outcome === 'passed';
      const isServed = ours?.outcome !== 'passed' && ours?.outcome !== 'refused';
      return ours !== undefined && isRightElsewhere && isServed ? [ours] : [];
    });
    expect(told(wrong)).toEqual([]);
  });

  it('keeps from OpenVINO only what a rule names', (context) => {
    context.skip(lack !== undefined, lack);
    const kept = [...byCase(results).values()].flatMap((modes) => {
      const ours = modes.get('openvino');
      const isLost =
        modes.get('openvino alone')?.outcome === 'passed' && ours?.outcome !== 'passed';
      return isLost && ours !== undefined ? [ours] : [];
    });
    const unnamed = kept.filter(
      ({ reason = '' }) =>
        !/which computes them as float32|expected operators that OpenVINO computes/.test(reason),
    );
    expect(told(unnamed)).toEqual([]);
  });

  it('passes float16 on Node 24, which has Float16Array', async (context) => {
    const node = await node24();
    const missing = lack ?? (typeof node === 'string' ? undefined : node.message);
    context.skip(missing !== undefined, missing);
    const cases = casesOf(set).filter(({ name }) => /float16/i.test(name) && !/bfloat/i.test(name));
    const ours = await run(cases, ['onnxruntime-node', 'fallback']);
    const onNode24 = await run(cases, ['fallback'], String(node));
    // The baseline is that of this Node: onnxruntime-node 1.30 takes no Float16Array.
    const baseline = ours.filter(({ mode }) => mode === 'onnxruntime-node');
    expect(cases.length).toBeGreaterThan(0);
    expect(told(regressions([...baseline, ...onNode24]))).toEqual([]);
  });
});
