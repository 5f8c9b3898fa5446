// @ts-check
/**
 * `npm test`: set-up where it is needed, the C++ units by ctest, everything else by vitest, and one closing line.
 * Arguments go to vitest, and then the C++ units are left out: `npm test -- test/unit/common`.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { runUnits } from './native.mjs';
import { localBin, root } from './paths.mjs';
import { show } from './process.mjs';
import { setUp } from './setup.mjs';

/** @typedef {import('./native.mjs').Counts} Counts */

/** @type {string[]} */
const notes = [];

/** @returns {Counts} */
function runNative() {
  const result = runUnits({ sanitize: false });
  if (typeof result !== 'string') return result;
  notes.push(`C++ units skipped: ${result}`);
  return { passed: 0, failed: 0, skipped: 1 };
}

/**
 * @param {readonly string[]} args
 * @returns {Counts}
 */
function runVitest(args) {
  const report = join(root, 'build', 'vitest.json');
  rmSync(report, { force: true });
  const reporter = process.env['CI'] ? 'verbose' : 'default';
  const status = show(
    localBin('vitest'),
    [
      ...['run', `--reporter=${reporter}`, `--reporter=${join(root, 'test', 'skip-reporter.ts')}`],
      ...['--reporter=json', `--outputFile.json=${report}`, ...args],
    ],
    { cwd: root },
  );
  if (!existsSync(report)) {
    notes.push(`vitest ended with ${status} and left no report`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  /** @type {Record<'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numTodoTests', number>} */
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A file that fails to load has no failed test of its own, but a status.
  return {
    passed: numPassedTests,
    failed: Math.max(numFailedTests, status === 0 ? 0 : 1),
    skipped: numPendingTests + numTodoTests,
  };
}

const args = process.argv.slice(2);
const { missing, failed } = await setUp();
const native = args.length === 0 ? runNative() : { passed: 0, failed: 0, skipped: 0 };
const vitest = runVitest(args);

for (const line of [...missing, ...notes]) console.error(`test: left out: ${line}`);
for (const line of failed) console.error(`test: set-up failed: ${line}`);
const failures = native.failed + vitest.failed + failed.length;
console.log(
  `${native.passed + vitest.passed} passed, ${failures} failed, ${native.skipped + vitest.skipped} skipped`,
);
// On a developer's machine what cannot run is skipped; CI has everything, so there it is a failure.
if (failures > 0 || (process.env['CI'] && (missing.length > 0 || notes.length > 0)))
  process.exitCode = 1;
