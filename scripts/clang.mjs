// @ts-check
/** clang-format and clang-tidy at their pinned versions, over our C++ files. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { writeTidyDatabase } from './native.mjs';
import { depsFolder, root } from './paths.mjs';
import { show } from './process.mjs';

/** What CMake compiles, and so clang-tidy can read. */
const compiled = ['native', join('test', 'native'), join('test', 'bench')];
const formatted = [...compiled, join('test', 'fixtures')];

/**
 * @param {readonly string[]} folders
 * @param {RegExp} pattern
 */
function cppFiles(folders, pattern) {
  return folders.flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((name) => pattern.test(name))
          .map((name) => join(folder, name))
          .sort()
      : [],
  );
}

/** @param {'clang-format' | 'clang-tidy'} name */
function tool(name) {
  const path = join(depsFolder, name, 'bin', name);
  if (!existsSync(path)) {
    throw new Error(`${name} is missing in build/deps; bring it with: node scripts/deps.mjs lint`);
  }
  return path;
}

/**
 * @param {'check' | 'write'} mode
 * @returns {number} The exit status.
 */
export function clangFormat(mode) {
  const files = cppFiles(formatted, /\.(h|cc)$/);
  if (files.length === 0) return 0;
  const action = mode === 'check' ? ['--dry-run', '--Werror'] : ['-i'];
  return show(tool('clang-format'), [...action, '--style=file', ...files], { cwd: root });
}

/** @returns {number} The exit status. */
export function clangTidy() {
  const files = cppFiles(compiled, /\.cc$/);
  if (files.length === 0) return 0;
  const database = writeTidyDatabase();
  // xargs runs one process for each file, two at a time; clang-tidy alone takes one file after the other.
  return show(
    'xargs',
    [...['-0', '-n', '1', '-P', '2'], ...[tool('clang-tidy'), '--quiet', '-p', database]],
    { cwd: root, input: files.join('\0'), stdio: ['pipe', 'inherit', 'inherit'] },
  );
}
