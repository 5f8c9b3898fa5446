// @ts-check
/** `npm start`: sets everything up, then classifies the 500 held-out digits on every runtime found. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { checkoutEnvironment } from './environment.mjs';
import { root } from './paths.mjs';
import { show } from './process.mjs';
import { setUp } from './setup.mjs';

const example = join(root, 'examples', 'digits.mjs');
const { missing, failed } = await setUp();

if (existsSync(join(root, 'dist', 'index.js')) && existsSync(example)) {
  process.exitCode = show(process.execPath, [example, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, ...checkoutEnvironment() },
  });
} else {
  console.error(
    'start: the digits cannot be classified from this checkout, because lib/ is not compiled (see above).\n' +
      'start: the published package needs no build and no Python: npm install enginery',
  );
  process.exitCode = 1;
}
for (const line of missing) console.error(`start: left out: ${line}`);
for (const line of failed) console.error(`start: failed: ${line}`);
