// @ts-check
/**
 * `npm run prebuild [-- --arch arm64]`: the stripped addon in prebuilds/linux-<arch>/, by prebuildify, its symbols checked.
 */

import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { readArguments, refuseArguments } from './arguments.mjs';
import { checkSymbols } from './check-symbols.mjs';
import { hostArch } from './deps/clients.mjs';
import { addonSources, missingForBuild } from './native.mjs';
import { root } from './paths.mjs';
import { findProgram } from './process.mjs';
import { isFresh } from './setup/fresh.mjs';

/** It has no types. @type {(options: object, done: (error?: Error) => void) => void} */
const prebuildify = createRequire(import.meta.url)('prebuildify');

const { values } = readArguments(
  'prebuild',
  `npm run prebuild [-- --arch arm64]: makes the addon of the package in prebuilds/ (${hostArch})`,
  { options: { arch: { type: 'string', default: hostArch } } },
);
const { arch } = values;
const cross = arch === 'arm64' && hostArch !== 'arm64';
if (arch !== hostArch && !cross) {
  refuseArguments('prebuild', `expected --arch ${hostArch} or arm64, got ${arch}`);
}

/** @returns {string | undefined} */
function missing() {
  if (cross && findProgram('aarch64-linux-gnu-g++') === undefined) {
    return 'aarch64-linux-gnu-g++ is missing; install it with: apt-get install -y g++-aarch64-linux-gnu';
  }
  return missingForBuild();
}

const lack = missing();
if (lack !== undefined) {
  console.error(`prebuild: ${lack}`);
  process.exit(1);
}

const output = join(root, 'prebuilds', `linux-${arch}`, 'enginery.glibc.node');
if (!isFresh(output, addonSources)) {
  const workFolder = join(root, 'build', `prebuild-${arch}`);
  mkdirSync(workFolder, { recursive: true });
  await promisify(prebuildify)({
    arch,
    platform: 'linux',
    name: 'enginery',
    napi: true,
    tagLibc: true,
    strip: true,
    stripBin: cross ? 'aarch64-linux-gnu-strip' : 'strip',
    nodeGyp: join(root, 'scripts', 'prebuild', 'build-for.mjs'),
    cwd: workFolder,
    out: root,
    // With napi the version only names a folder for headers, which our builder does not use.
    targets: [`node@${process.versions.node}`],
  });
}

const wrong = checkSymbols(output);
for (const line of wrong) console.error(`prebuild: ${line}`);
console.log(`prebuild: ${output}: ${wrong.length === 0 ? 'symbols checked' : 'refused'}`);
if (wrong.length > 0) process.exitCode = 1;
