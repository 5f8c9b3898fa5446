// @ts-check
/** Reads the arguments of a script: one line of help, one line and exit code 2 for what it does not take. */

import { parseArgs } from 'node:util';

/** @typedef {NonNullable<import('node:util').ParseArgsConfig['options']>} Options */

/**
 * Ends the process with one line and exit code 2.
 * @param {string} script
 * @param {string} message
 * @returns {never}
 */
export function refuseArguments(script, message) {
  console.error(`${script}: ${message}`);
  process.exit(2);
}

/**
 * The arguments of this process; ends it on --help and on mistakes.
 * @template {Options} T
 * @param {string} script Its name, before each message.
 * @param {string} help One line, for --help.
 * @param {{ options: T, allowPositionals?: boolean }} config
 */
export function readArguments(script, help, { options, allowPositionals = false }) {
  if (process.argv.slice(2).includes('--help')) {
    console.log(help);
    process.exit(0);
  }
  try {
    return parseArgs({ options, allowPositionals });
  } catch (error) {
    return refuseArguments(script, error instanceof Error ? error.message : String(error));
  }
}
