// @ts-check
/** Compiles lib/ to dist/: the generated ONNX code first, then tsc; removes what has no source any more. */

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { generate, isGenerated } from './codegen.mjs';
import { localBin, root } from './paths.mjs';
import { capture } from './process.mjs';
import { isFresh } from './setup/fresh.mjs';

const dist = join(root, 'dist');
const stamp = join(dist, '.built');

/** What dist/ is made from. */
const sources = ['lib', 'tsconfig.json', 'tsconfig.base.json', 'package.json'].map((name) =>
  join(root, name),
);

/** Whether dist/ is newer than its sources. */
export const isDistFresh = () => isGenerated() && isFresh(stamp, sources);

/** A file of a source that was removed or renamed would still be packed. */
function removeOrphans() {
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const source = /^(.*?)(?:\.d\.ts|\.js)$/.exec(name)?.[1];
    if (source !== undefined && !existsSync(join(root, 'lib', `${source}.ts`))) {
      rmSync(join(dist, name));
    }
  }
}

/** Builds; throws with the compiler's words. */
export function build() {
  if (!isGenerated()) generate();
  removeOrphans();
  capture(localBin('tsc'), ['--project', 'tsconfig.json', '--pretty', 'false'], { cwd: root });
  writeFileSync(stamp, '');
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  build();
  console.log('build: lib/ is compiled to dist/');
}
