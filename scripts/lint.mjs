// @ts-check
/**
 * `npm run lint`: every check of the code that runs nothing of it. All of them run, then the failures are named.
 * Names select some: `npm run lint -- eslint prettier`.
 */

import { checkNativeArrows } from './check-native-arrows.mjs';
import { checkSymbols } from './check-symbols.mjs';
import { clangFormat, clangTidy } from './clang.mjs';
import { bringGroups } from './deps.mjs';
import { addonPath } from './native.mjs';
import { localBin, root } from './paths.mjs';
import { show } from './process.mjs';
import { setUp } from './setup.mjs';

/** @param {string} name @param {readonly string[]} args */
const local = (name, args) => show(localBin(name), args, { cwd: root });

/** @type {Readonly<Record<string, () => number | Promise<number>>>} Each gives an exit status. */
const checks = {
  types: () => local('tsc', ['--noEmit', '-p', 'tsconfig.json']),
  'types of tests': () => local('tsc', ['-p', 'tsconfig.test.json']),
  'types of tools': () => local('tsc', ['--noEmit', '-p', 'tsconfig.tools.json']),
  'types of scripts': () => local('tsc', ['-p', 'tsconfig.scripts.json']),
  eslint: () => local('eslint', ['--max-warnings=0', '.']),
  prettier: () => local('prettier', ['--check', '--log-level=warn', '.']),
  arrows: () => local('depcruise', ['--config', '.dependency-cruiser.cjs', 'lib']),
  'native arrows': () => {
    const wrong = checkNativeArrows();
    for (const line of wrong) console.error(line);
    return wrong.length === 0 ? 0 : 1;
  },
  'clang-format': () => clangFormat('check'),
  'clang-tidy': clangTidy,
  symbols: () => {
    // Before stripping: hidden names are still there to be seen.
    const wrong = checkSymbols(addonPath);
    for (const line of wrong) console.error(line);
    return wrong.length === 0 ? 0 : 1;
  },
  docs: async () => {
    // Loads packages that the set-up above may just have installed.
    const { stalePages } = await import('./docs.mjs');
    const stale = await stalePages();
    for (const page of stale) console.error(`docs/api/${page} is not what lib/ says: npm run docs`);
    return stale.length === 0 ? 0 : 1;
  },
  publint: () => local('publint', ['--strict']),
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in checks));
if (unknown !== undefined) {
  console.error(`lint: expected names of ${Object.keys(checks).join(', ')}, got ${unknown}`);
  process.exit(2);
}

const { failed } = await setUp();
await bringGroups(['lint']);
for (const [name, check] of Object.entries(checks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const start = performance.now();
  let status = 1;
  try {
    status = await check();
  } catch (error) {
    // A check that cannot run has failed; the others still tell what they find.
    console.error(error instanceof Error ? error.message : error);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`lint: ${name}: ${status === 0 ? 'clean' : 'FAILED'} (${seconds} s)`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`lint: failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
