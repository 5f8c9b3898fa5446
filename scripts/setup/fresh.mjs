// @ts-check
/** Is a result newer than everything it is made from? Times of files decide, so that a second run costs milliseconds. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The latest change in a file or a folder, in milliseconds; 0 where there is none.
 * @param {string} path
 * @returns {number}
 */
function changedAt(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time counts too: it changes when a file in it is removed.
  return readdirSync(path)
    .map((name) => changedAt(join(path, name)))
    .reduce((latest, time) => Math.max(latest, time), stats.mtimeMs);
}

/**
 * @param {string} result
 * @param {readonly string[]} sources
 */
export function isFresh(result, sources) {
  if (!existsSync(result)) return false;
  const made = statSync(result).mtimeMs;
  return sources.every((source) => changedAt(source) <= made);
}
