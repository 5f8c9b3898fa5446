/**
 * The table of what OpenVINO computes wrongly. Each rule is still needed: without it OpenVINO gives something else than
 * ONNX Runtime. And each is enough: provider 'openvino' refuses the model, and with fallback on the result is right.
 */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { TensorValue } from '../../lib/runtime/provider.js';
import { WRONG_RESULTS } from '../../lib/runtime/openvino-wrong-results.js';
import { differenceOf } from '../../scripts/conformance/compare.mjs';
import { MODES } from '../../scripts/conformance/modes.mjs';
import { code, failureOf, needsOpenvino } from '../fixtures/engines.js';
import { temporaryFolder } from '../fixtures/models.js';
import { builtOnnx } from '../fixtures/onnxruntime.js';
import { WRONG_CASES, wrongModel } from '../fixtures/wrong-results.js';

needsOpenvino();

type Values = Readonly<Record<string, TensorValue>>;

/** Rules that this machine's CPU needs only when OpenVINO is kept from its newer instructions. */
const OLDER_CPU = new Set(['bytes-divide']);

/** Refused by ONNX Runtime too: nobody computes it rightly. */
const NOBODY = new Set(['recurrent-layout']);

interface Written {
  readonly path: string;
  readonly feeds: Values;
}

async function written(name: string): Promise<Written> {
  const example = WRONG_CASES[name];
  if (example === undefined) throw new Error(`no model for rule ${name}`);
  const { bytes, feeds } = wrongModel(await builtOnnx(), example);
  const path = join(temporaryFolder(), 'model.onnx');
  writeFileSync(path, bytes);
  return { path, feeds };
}

async function runOn(mode: string, { path, feeds }: Written): Promise<Values> {
  const open = MODES[mode];
  if (open === undefined) throw new Error(`no mode ${mode}`);
  const session = await open(path);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function differences(actual: Values, expected: Values): string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    return differenceOf(name, actual[name], value) ?? [];
  });
}

/** What OpenVINO gives in a process of its own that may use fewer instructions of the CPU. */
function runOnOlderCpu({ path, feeds }: Written): Values {
  const modes = resolve(import.meta.dirname, '../../scripts/conformance/modes.mjs');
  const program = `
    import { MODES } from ${JSON.stringify(modes)};
    const feeds = ${JSON.stringify(feeds, (_, value: unknown) => (ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value))};
    for (const feed of Object.values(feeds)) feed.data = Uint8Array.from(feed.data);
    const session = await MODES['openvino alone'](${JSON.stringify(path)});
    const results = await session.run(feeds);
    for (const result of Object.values(results)) result.data = [...result.data];
    console.log(JSON.stringify(results));
    process.exit(0);`;
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, ONEDNN_MAX_CPU_ISA: 'SSE41' },
    encoding: 'utf8',
  });
  const results = JSON.parse(text) as Record<string, TensorValue & { data: number[] }>;
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, dims, data }]) => [
      name,
      { type, dims, data: Uint8Array.from(data) },
    ]),
  );
}

it('has a model for every rule', () => {
  expect(Object.keys(WRONG_CASES)).toEqual(WRONG_RESULTS.map(({ name }) => name));
});

describe.each(WRONG_RESULTS.map(({ name }) => name))('rule %s', (name) => {
  it('is needed: OpenVINO computes it wrongly', async () => {
    const model = await written(name);
    const theirs = OLDER_CPU.has(name)
      ? runOnOlderCpu(model)
      : await runOn('openvino alone', model);
    if (NOBODY.has(name)) {
      // Batch and sequence lengths differ: the dims show which of them was taken for the other.
      expect(theirs['y0']?.dims).not.toEqual([3, 4, 1, 2]);
      return;
    }
    expect(differences(theirs, await runOn('onnxruntime-node', model))).not.toEqual([]);
  });

  it('makes provider openvino refuse the model', async () => {
    const failure = await failureOf(runOn('openvino', await written(name)));
    expect(failure).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
    expect(failure.message).toContain(WRONG_RESULTS.find((rule) => rule.name === name)?.does);
  });

  if (NOBODY.has(name)) return;
  it('gives the right result with fallback on', async () => {
    const model = await written(name);
    const expected = await runOn('onnxruntime-node', model);
    expect(differences(await runOn('fallback', model), expected)).toEqual([]);
  });
});
