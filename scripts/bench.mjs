// @ts-check
/** `npm run bench`: brings and builds what the benchmark needs, then runs test/bench/main.ts. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { bringGroups } from './deps.mjs';
import { checkoutEnvironment } from './environment.mjs';
import { makeLargeModels, modelsFolder } from './models.mjs';
import { buildBench } from './native.mjs';
import { root } from './paths.mjs';
import { show } from './process.mjs';
import { setUp } from './setup.mjs';
import { compiledTool } from './tools.mjs';

const args = process.argv.slice(2);
const text = args.join(' ');

if (!args.includes('--help')) {
  const { failed } = await setUp();
  if (failed.length > 0) process.exit(1);
  // The vendor's own loop; where it cannot be had, the benchmark says so and goes on without.
  const names = /--contestants[ =](\S+)/.exec(text)?.[1];
  if (names === undefined || names.includes('openvino-python')) await bringGroups(['bench']);
  const models = /--models[ =](\S+)/.exec(text)?.[1]?.split(',');
  await makeLargeModels(
    (name) =>
      !existsSync(join(modelsFolder, name)) &&
      (models === undefined || models.includes(name.replace('.onnx', ''))),
  );
  buildBench();
}
process.exitCode = show(process.execPath, [compiledTool('test/bench/main'), ...args], {
  cwd: root,
  env: { ...process.env, ...checkoutEnvironment() },
});
