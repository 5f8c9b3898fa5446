#!/usr/bin/env node
// @ts-check
/**
 * What prebuildify runs in node-gyp's place: it takes `rebuild ... --arch=<arch>` and leaves build/Release/enginery.node in
 * the current folder, made by cmake-js, so that what ships comes from the build of record.
 */

import { join } from 'node:path';

import { runCmakeJs } from '../native.mjs';

const build = join(process.cwd(), 'build');
const arch = process.env['PREBUILD_ARCH'] ?? process.arch;
const isCross = arch === 'arm64' && process.arch !== 'arm64';

runCmakeJs(join(build, 'cmake'), join(build, 'Release'), [
  ...['--arch', arch],
  ...(isCross
    ? [
        '--CDCMAKE_SYSTEM_NAME=Linux',
        '--CDCMAKE_SYSTEM_PROCESSOR=aarch64',
        '--CDCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
      ]
    : []),
]);
