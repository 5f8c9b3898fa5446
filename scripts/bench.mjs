// @ts-check
/** `npm run bench`: brings and builds what the benchmark needs, then runs test/bench/main.ts. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bringGroups } from './deps.mjs';
import { checkoutEnvironment } from './environment.mjs';
import { makeLargeModels, modelsFolder } from './models.mjs';
import { buildBench } from './native.mjs';
import { root } from './paths.mjs';
import { show } from './process.mjs';
import { setUp } from './setup.mjs';
import { compiledTool } from './tools.mjs';

/** @param {import('../test/bench/options.js').BenchOptions} options */
async function prepare({ models, contestants }) {
  await makeLargeModels(
    (name) => models.includes(name.replace(/\.onnx$/, '')) && !existsSync(join(modelsFolder, name)),
  );
  // Before the long steps: a name that is no model is told at once.
  for (const name of models) filesOf(name);
  // The vendor's own loop; where it cannot be had, the benchmark says so and goes on without.
  if (contestants.includes('openvino-python')) await bringGroups(['bench']);
  buildBench();
}

const args = process.argv.slice(2);
const { failed } = await setUp();
if (failed.length > 0) process.exit(1);
const main = compiledTool('test/bench/main');
/** @type {typeof import('../test/bench/options.js')} */
const { optionsFrom } = await import(pathToFileURL(compiledTool('test/bench/options')).href);
/** @type {typeof import('../test/bench/subjects.js')} */
const { filesOf } = await import(pathToFileURL(compiledTool('test/bench/subjects')).href);
try {
  const options = optionsFrom(args);
  if (options !== undefined) await prepare(options);
} catch (error) {
  // Arguments that cannot be read, or a build that failed: the words say which.
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}
process.exitCode = show(process.execPath, [main, ...args], {
  cwd: root,
  env: { ...process.env, ...checkoutEnvironment() },
});
