// @ts-check
/**
 * Everything between a fresh clone and a running program: packages, OpenVINO and the ONNX schema, generated code, the
 * addon, dist/. What is up to date is skipped; what cannot be had here is said with the command that brings it, and the
 * rest goes on.
 */

import { resolve } from 'node:path';

import { build, isDistFresh } from './build.mjs';
import { generate, isGenerated, missingForCodegen } from './codegen.mjs';
import { bringGroups } from './deps.mjs';
import { buildAddon, isAddonFresh, missingForBuild } from './native.mjs';
import { areInstalled, install } from './setup/packages.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => boolean} isDone
 * @property {() => string | undefined} missing What this machine lacks for it, with the command that helps.
 * @property {() => void} run
 */

const nothing = () => undefined;

/** @type {readonly Step[]} */
const steps = [{ name: 'npm packages', isDone: areInstalled, missing: nothing, run: install }];

/** @type {readonly Step[]} */
const buildSteps = [
  {
    name: 'ONNX reader code',
    isDone: isGenerated,
    missing: missingForCodegen,
    run: generate,
  },
  { name: 'native addon', isDone: isAddonFresh, missing: missingForBuild, run: buildAddon },
  {
    name: 'TypeScript',
    isDone: isDistFresh,
    missing: () =>
      isGenerated()
        ? undefined
        : 'lib/onnx needs the ONNX reader code, which is missing (see above)',
    run: build,
  },
];

/**
 * @typedef {object} Outcome
 * @property {string[]} missing What was left out because this machine lacks something, one line each.
 * @property {string[]} failed Steps that broke.
 */

/**
 * @param {Step} step
 * @param {Outcome} outcome
 */
function runStep(step, outcome) {
  if (step.isDone()) return;
  const lack = step.missing();
  if (lack !== undefined) {
    outcome.missing.push(`${step.name}: ${lack}`);
    console.error(`setup: ${step.name}: left out: ${lack}`);
    return;
  }
  const start = performance.now();
  process.stdout.write(`setup: ${step.name} ...`);
  try {
    step.run();
    process.stdout.write(` ready after ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    // The other steps are worth having without this one; the outcome carries the failure.
    const message = error instanceof Error ? error.message : String(error);
    process.stdout.write(' failed\n');
    console.error(`setup: ${step.name}: ${message}`);
    outcome.failed.push(`${step.name}: ${message.split('\n')[0] ?? ''}`);
  }
}

/**
 * Sets everything up.
 * @returns {Promise<Outcome>}
 */
export async function setUp() {
  /** @type {Outcome} */
  const outcome = { missing: [], failed: [] };
  for (const step of steps) runStep(step, outcome);
  if (outcome.failed.length > 0) return outcome; // Without the packages there is no compiler for TypeScript either.
  outcome.missing.push(...(await bringGroups(['base'])));
  for (const step of buildSteps) runStep(step, outcome);
  return outcome;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const start = performance.now();
  const { missing, failed } = await setUp();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`setup: ${failed.length > 0 ? 'failed' : 'done'} after ${seconds} s`);
  for (const line of missing) console.log(`setup: left out: ${line}`);
  if (failed.length > 0) process.exitCode = 1;
}
