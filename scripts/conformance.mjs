// @ts-check
/**
 * `npm run conformance`: runs the ONNX backend vectors on onnxruntime-node, on OpenVINO by itself, on provider
 * 'openvino' alone and with fallback on, and writes docs/conformance.md.
 *
 *   npm run conformance -- [--data folder] [--filter text] [--json file]
 *
 * With --data or --filter nothing is written to docs/. Node 24: `npx node@24 scripts/conformance.mjs --filter FLOAT16`.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runTasks } from './conformance/pool.mjs';
import { casesOf, lackOfSet, setAt, SETS } from './conformance/sets.mjs';
import { checkoutEnvironment } from './environment.mjs';
import { root } from './paths.mjs';
import { setUp } from './setup.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    filter: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});

const { missing, failed } = await setUp();
for (const line of [...missing, ...failed]) console.error(`conformance: ${line}`);
// Only now is dist/ surely there.
const { createProgress } = await import('../dist/report/index.js');
const { count, MODE_NAMES, regressions, setNames, summaryTable } =
  await import('./conformance/summary.mjs');
const { documentFrom } = await import('./conformance/document.mjs');

const sets = values.data === undefined ? SETS : [setAt(values.data)];
const lacks = sets.map(lackOfSet).filter((lack) => lack !== undefined);
for (const lack of lacks) console.error(`conformance: left out: ${lack}`);
const cases = sets.flatMap(casesOf).filter(({ name }) => name.includes(values.filter));
if (cases.length === 0) {
  console.error(`conformance: no cases${values.filter === '' ? '' : ` with "${values.filter}"`}`);
  process.exit(1);
}

const tasks = cases.flatMap((one) => MODE_NAMES.map((mode) => ({ case: one, mode })));
const progress = await createProgress(process.stderr);
const results = await runTasks(tasks, {
  env: checkoutEnvironment(),
  onResult: (done) => {
    const percent = Math.floor((100 * done) / tasks.length);
    progress.update(`${cases.length} cases, ${MODE_NAMES.length} ways each: ${percent} %`);
  },
});
progress.finish();

console.log(summaryTable(results));
const lost = regressions(results);
for (const { case: one, reason = '' } of lost) {
  console.log(`onnxruntime-node passes ${one.set} ${one.name}, with fallback it fails: ${reason}`);
}
for (const set of setNames(results)) {
  const served = count(results, { set, mode: 'fallback', outcome: 'passed', provider: 'openvino' });
  const alone = count(results, { set, mode: 'openvino alone', outcome: 'passed' });
  console.log(
    `${set}: OpenVINO itself serves ${served} cases rightly, by itself it passes ${alone}`,
  );
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, undefined, 1));
if (values.data === undefined && values.filter === '') {
  const path = join(root, 'docs', 'conformance.md');
  writeFileSync(path, await documentFrom(results, { lacks }));
  console.log(`written: ${path}`);
}
if (lost.length > 0) process.exitCode = 1;
