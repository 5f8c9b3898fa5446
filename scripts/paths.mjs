// @ts-check
/** Where things are: the repository, what is brought, and the user's cache. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The repository. */
export const root = resolve(import.meta.dirname, '..');

/** What scripts/deps.mjs exposes to the build and the tests. */
export const depsFolder = join(root, 'build', 'deps');

/** One folder for all checkouts of a user: what env-paths('enginery', { suffix: '' }).cache gives on Linux. */
export const cacheFolder = join(
  process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'),
  'enginery',
  'deps',
);

/**
 * A program of a development dependency, as its package's bin names it.
 * @param {string} name
 */
export const localBin = (name) => join(root, 'node_modules', '.bin', name);
