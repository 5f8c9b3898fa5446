// @ts-check
/** `npm pack` begins with this: refuses a tarball without the addon, then compiles lib/ to dist/. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { build } from './build.mjs';
import { root } from './paths.mjs';

// The platform of the first promise; the arm64 addon is made on a machine that has its compiler.
const addon = join('prebuilds', 'linux-x64', 'enginery.glibc.node');
if (existsSync(join(root, addon))) {
  build();
  console.error('prepack: lib/ is compiled to dist/');
} else {
  console.error(
    `prepack: ${addon} is missing, and the package needs it; make it with: npm run prebuild`,
  );
  process.exitCode = 1;
}
