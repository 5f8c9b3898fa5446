// @ts-check
/** Runs another program: its output shown, or kept for the error message. */

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a failed program said last; a whole log would bury the reason. */
const TAIL_LINES = 25;

/**
 * The first of `names` that the PATH has, or undefined.
 * @param {...string} names
 */
export function findProgram(...names) {
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder: the next one may have it.
      }
    }
  }
  return undefined;
}

/**
 * Runs to the end and returns standard output; throws with the last lines of what was said when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {string}
 */
export function capture(command, args, options = {}) {
  const result = spawnSync(command, args, { maxBuffer: 1 << 28, ...options, encoding: 'utf8' });
  if (result.error) throw new Error(`${command} did not start: ${result.error.message}`);
  if (result.status !== 0) {
    const said = `${result.stdout}\n${result.stderr}`
      .trim()
      .split('\n')
      .slice(-TAIL_LINES)
      .join('\n');
    const how = result.signal ? `was ended by ${result.signal}` : `ended with ${result.status}`;
    throw new Error(`${command} ${args.join(' ')} ${how}:\n${said}`);
  }
  return result.stdout;
}

/**
 * Runs to the end with this process's terminal and returns the exit status.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 * @returns {number}
 */
export function show(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (result.error) {
    console.error(`${command} did not start: ${result.error.message}`);
    return 127;
  }
  return result.status ?? 1;
}
