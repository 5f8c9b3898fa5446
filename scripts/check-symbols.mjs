// @ts-check
/**
 * What a built addon asks of the machine that loads it, and what it must not show.
 *
 *   node scripts/check-symbols.mjs [file.node ...]      default: every file in prebuilds/
 */

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { root } from './paths.mjs';
import { capture, findProgram } from './process.mjs';

/** The newest versions that may be needed: Ubuntu 22.04, JetPack 6 (CONVENTIONS section 5 rule 13). */
const LIMITS = { GLIBC: '2.35', GLIBCXX: '3.4.30', CXXABI: '1.3.13', GCC: '12.0.0' };

/** Libraries that every glibc machine with a C++ runtime has. */
const ALLOWED_LIBRARIES = new Set([
  ...['libc.so.6', 'libm.so.6', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1'],
  ...['libstdc++.so.6', 'libgcc_s.so.1', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'],
]);

/** Names that would clash when TensorRT 10 and 11 are in one process (CONVENTIONS section 1, native/). */
const FORBIDDEN_NAMES = /\b(?:nvinfer1|nvonnxparser|enginery::tensorrt)::/;

/** @param {string} a @param {string} b */
function isNewer(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/**
 * @param {string} versions What `readelf --version-info` printed.
 * @returns {string[]} Each version that is needed and too new.
 */
export function tooNew(versions) {
  const needed = new Set(
    [...versions.matchAll(/Name: ([A-Z]+)_([\d.]+)/g)].map((match) => match[0]),
  );
  return [...needed].flatMap((line) => {
    const [, name = '', version = ''] = /Name: ([A-Z]+)_([\d.]+)/.exec(line) ?? [];
    const limit = new Map(Object.entries(LIMITS)).get(name);
    return limit !== undefined && isNewer(version, limit)
      ? [`needs ${name}_${version}; at most ${name}_${limit} is allowed`]
      : [];
  });
}

/**
 * @param {string} file
 * @returns {string[]} What is wrong, one line each.
 */
export function checkSymbols(file) {
  // readelf reads every architecture; nm of another one may not.
  const libraries = [
    ...capture('readelf', ['--dynamic', '--wide', file]).matchAll(/NEEDED.*\[(.+?)\]/g),
  ].map((match) => match[1] ?? '');
  const names = capture('readelf', ['--syms', '--dyn-syms', '--wide', file]);
  const demangled = findProgram('c++filt') ? capture('c++filt', [], { input: names }) : names;
  const leaked = demangled.split('\n').filter((line) => FORBIDDEN_NAMES.test(line));
  return [
    ...tooNew(capture('readelf', ['--version-info', '--wide', file])),
    ...libraries
      .filter((name) => !ALLOWED_LIBRARIES.has(name))
      .map((name) => `is linked against ${name}; runtimes are opened by name`),
    ...leaked.map((line) => `shows ${line.trim()}`),
  ].map((line) => `${file}: ${line}`);
}

/** @returns {string[]} */
function prebuilds() {
  const folder = join(root, 'prebuilds');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.node'))
    .map((name) => join(folder, name));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const files = process.argv.length > 2 ? process.argv.slice(2) : prebuilds();
  const wrong = files.flatMap(checkSymbols);
  for (const line of wrong) console.error(line);
  console.log(`symbols: ${files.length} files, ${wrong.length} wrong`);
  if (wrong.length > 0 || files.length === 0) process.exitCode = 1;
}
