// @ts-check
/** Compiles the programs of the checkout that are TypeScript (models/, test/bench/) to build/tools/. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { localBin, root } from './paths.mjs';
import { capture } from './process.mjs';
import { isFresh } from './setup/fresh.mjs';

const folder = join(root, 'build', 'tools');
const stamp = join(folder, '.built');
const sources = ['lib', 'models', 'test/bench', 'tsconfig.tools.json', 'tsconfig.base.json'].map(
  (name) => join(root, name),
);

/**
 * The compiled form of a program, which is up to date then; throws with the compiler's words.
 * @param {string} name Its path in the repository, without the ending.
 */
export function compiledTool(name) {
  if (!isFresh(stamp, sources)) {
    capture(localBin('tsc'), ['--project', 'tsconfig.tools.json', '--pretty', 'false'], {
      cwd: root,
    });
    writeFileSync(stamp, '');
  }
  return join(folder, `${name}.js`);
}
