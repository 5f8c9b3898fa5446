// @ts-check
/**
 * Builds the C++ side.
 *
 *   node scripts/native.mjs addon               build/Release/enginery.node by cmake-js, the build of record
 *   node scripts/native.mjs gyp                 the same file by node-gyp
 *   node scripts/native.mjs test [--sanitize]   the C++ units, run by ctest; under ASAN and UBSAN when asked
 *   node scripts/native.mjs bench               build/bench/native/wake_up, which `npm run bench` compares with
 *   node scripts/native.mjs tidy-database       compile_commands.json of the addon and its units, for clang-tidy
 */

import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { checkoutEnvironment } from './environment.mjs';
import { depsFolder, localBin, root } from './paths.mjs';
import { capture, findProgram, show } from './process.mjs';
import { isFresh } from './setup/fresh.mjs';

/** What node-gyp-build loads from a checkout. */
export const addonPath = join(root, 'build', 'Release', 'enginery.node');

const INSTALL_COMPILER = 'apt-get install -y cmake g++ make';

/**
 * What a native build lacks here, with the command that brings it, or undefined.
 * @returns {string | undefined}
 */
export function missingForBuild() {
  if (findProgram('cmake') === undefined)
    return `CMake is missing; install it with: ${INSTALL_COMPILER}`;
  if (findProgram('c++', 'g++', 'clang++') === undefined) {
    return `a C++17 compiler is missing; install one with: ${INSTALL_COMPILER}`;
  }
  if (findProgram('make', 'ninja') === undefined) {
    return `make and ninja are missing; install one with: ${INSTALL_COMPILER}`;
  }
  if (!existsSync(join(depsFolder, 'openvino', 'include'))) {
    return "OpenVINO's C headers are missing in build/deps; bring them with: node scripts/deps.mjs base";
  }
  return undefined;
}

/** What the addon is made from. */
export const addonSources = ['native', 'CMakeLists.txt', 'package.json'].map((name) =>
  join(root, name),
);

/** Whether the addon is newer than its sources. */
export const isAddonFresh = () => isFresh(addonPath, addonSources);

/**
 * Runs cmake-js; throws with the compiler's words.
 * @param {string} folder Where CMake works.
 * @param {string} output Where enginery.node goes.
 * @param {readonly string[]} [options] More for cmake-js.
 */
export function runCmakeJs(folder, output, options = []) {
  // cmake-js takes a cache for a finished configuration; one that failed leaves its cache too.
  if (!['build.ninja', 'Makefile'].some((name) => existsSync(join(folder, name)))) {
    rmSync(folder, { recursive: true, force: true });
  }
  capture(
    localBin('cmake-js'),
    ['build', '--out', folder, `--CDCMAKE_LIBRARY_OUTPUT_DIRECTORY=${output}`, ...options],
    { cwd: root },
  );
}

/** Builds the addon where node-gyp does too, because node-gyp-build looks there. */
export function buildAddon() {
  runCmakeJs(join(root, 'build', 'cmake'), join(root, 'build', 'Release'));
  // A change that needed no new link (a comment, the version's place) still counts as built.
  const now = new Date();
  utimesSync(addonPath, now, now);
}

/** Builds the addon with node-gyp, without its download of Node's headers. */
function buildByGyp() {
  // An installed Node has them beside it, with common.gypi; where it has not, node-gyp brings its own.
  const nodedir = resolve(process.execPath, '..', '..');
  const hasHeaders = existsSync(join(nodedir, 'include', 'node', 'common.gypi'));
  capture(
    localBin('node-gyp'),
    ['configure', 'build', '--jobs=max', ...(hasHeaders ? [`--nodedir=${nodedir}`] : [])],
    { cwd: root },
  );
}

/**
 * Configures and builds the C++ units; returns the build folder.
 * @param {{ sanitize: boolean }} options
 */
function buildUnits({ sanitize }) {
  const folder = join(root, 'build', sanitize ? 'test-native-asan' : 'test-native');
  capture(
    'cmake',
    [
      ...['-S', root, '-B', folder, '-DENGINERY_BUILD_ADDON=OFF', '-DENGINERY_BUILD_TESTS=ON'],
      ...(findProgram('ninja') ? ['-G', 'Ninja'] : []),
      `-DCMAKE_BUILD_TYPE=${sanitize ? 'Debug' : 'Release'}`,
      `-DENGINERY_SANITIZE=${sanitize ? 'address,undefined' : ''}`,
    ],
    { cwd: root },
  );
  capture('cmake', ['--build', folder, '--parallel', '2'], { cwd: root });
  return folder;
}

/** Builds the native part of the benchmark. */
export function buildBench() {
  const folder = join(root, 'build', 'bench', 'native');
  if (isFresh(join(folder, 'wake_up'), [join(root, 'test', 'bench', 'wake_up.cc')])) return;
  capture(
    'cmake',
    [
      ...['-S', root, '-B', folder, '-DENGINERY_BUILD_ADDON=OFF', '-DENGINERY_BUILD_BENCH=ON'],
      ...(findProgram('ninja') ? ['-G', 'Ninja'] : []),
      '-DCMAKE_BUILD_TYPE=Release',
    ],
    { cwd: root },
  );
  capture('cmake', ['--build', folder, '--target', 'wake_up'], { cwd: root });
}

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Builds and runs the C++ units; a reason instead where they cannot be built here.
 * @param {{ sanitize: boolean }} options
 * @returns {Counts | string}
 */
export function runUnits(options) {
  const missing = missingForBuild();
  if (missing !== undefined) return missing;
  const units = join(root, 'test', 'native');
  const hasUnits =
    existsSync(units) &&
    readdirSync(units, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.cc'));
  if (!hasUnits) return 'there are no units in test/native';
  let folder;
  try {
    folder = buildUnits(options);
  } catch (error) {
    if (!String(error).includes('GTest')) throw error;
    return 'GoogleTest is missing; install it with: apt-get install -y libgtest-dev';
  }
  const report = join(folder, 'junit.xml');
  const status = show(
    'ctest',
    ['--test-dir', folder, '--output-on-failure', '--parallel', '2', '--output-junit', report],
    {
      env: {
        ...process.env,
        ...checkoutEnvironment(),
        UBSAN_OPTIONS: 'print_stacktrace=1',
        LSAN_OPTIONS: `suppressions=${join(root, 'test', 'native', 'lsan.supp')}`,
        // oneTBB opens its helper with RTLD_DEEPBIND, which ASAN refuses; this is oneTBB's own way out.
        TBB_ENABLE_SANITIZERS: '1',
      },
    },
  );
  const suite = /<testsuite[^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] ?? '';
  /** @param {string} name */
  const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? '0');
  const failed = count('failures');
  const skipped = count('skipped') + count('disabled');
  if (status !== 0 && failed === 0) throw new Error(`ctest ended with ${status}`);
  return { passed: count('tests') - failed - skipped, failed, skipped };
}

/** Writes compile_commands.json for the addon and the units; returns its folder. */
export function writeTidyDatabase() {
  const folder = join(root, 'build', 'tidy');
  capture(
    'cmake',
    [
      ...['-S', root, '-B', folder, '-DCMAKE_BUILD_TYPE=Release', '-DENGINERY_BUILD_TESTS=ON'],
      '-DENGINERY_BUILD_BENCH=ON',
      ...(findProgram('ninja') ? ['-G', 'Ninja'] : []),
    ],
    { cwd: root },
  );
  return folder;
}

function main() {
  const [what = '', ...options] = process.argv.slice(2);
  const missing = missingForBuild();
  if (missing !== undefined) {
    console.error(`native: ${missing}`);
    process.exitCode = 1;
    return;
  }
  switch (what) {
    case 'addon':
      buildAddon();
      console.log(`native: built ${addonPath}`);
      return;
    case 'gyp':
      buildByGyp();
      console.log(`native: built ${addonPath} by node-gyp`);
      return;
    case 'test': {
      const counts = runUnits({ sanitize: options.includes('--sanitize') });
      if (typeof counts === 'string') {
        console.log(`native units skipped: ${counts}`);
        return;
      }
      console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
      if (counts.failed > 0) process.exitCode = 1;
      return;
    }
    case 'bench':
      buildBench();
      console.log('native: built build/bench/native/wake_up');
      return;
    case 'tidy-database':
      console.log(`native: ${writeTidyDatabase()}`);
      return;
    default:
      console.error(
        `native: expected addon, gyp, test, bench or tidy-database, got ${what || 'nothing'}`,
      );
      process.exitCode = 2;
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) main();
