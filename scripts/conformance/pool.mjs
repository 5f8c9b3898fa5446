// @ts-check
/** Runs cases in child processes: one that crashes or hangs costs its case, and another child takes the next. */

import { fork } from 'node:child_process';
import { join } from 'node:path';

/** @typedef {import('./sets.mjs').Case} Case */
/** @typedef {import('./child.mjs').Outcome} Outcome */
/** @typedef {{ case: Case, mode: string }} Task */
/** @typedef {Task & Outcome} Result */

const CHILD = join(import.meta.dirname, 'child.mjs');
/** A case takes milliseconds; a model that compiles slowly on a busy machine, seconds. */
const LIMIT_MS = 60_000;

/**
 * @typedef {object} PoolOptions
 * @property {number} [children] Processes at a time; default 2.
 * @property {Readonly<Record<string, string>>} [env] Added to the children's variables.
 * @property {string} [node] Another Node to run them.
 * @property {(done: number) => void} [onResult]
 */

/**
 * Runs every task and gives the results in the order of the tasks.
 * @param {readonly Task[]} tasks
 * @param {PoolOptions} [options]
 * @returns {Promise<Result[]>}
 */
export async function runTasks(tasks, options = {}) {
  const { children = 2, onResult } = options;
  /** @type {Result[]} */
  const results = new Array(tasks.length);
  let next = 0;
  let done = 0;
  const work = async () => {
    const child = new Child(options);
    for (let i = next++; i < tasks.length; i = next++) {
      const task = /** @type {Task} */ (tasks[i]);
      results[i] = { ...task, ...(await child.run(task)) };
      onResult?.(++done);
    }
    child.end();
  };
  await Promise.all(Array.from({ length: children }, work));
  return results;
}

/** A process that is started again when it has died. */
class Child {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;
  /** @type {PoolOptions} */
  #options;
  #said = '';

  /** @param {PoolOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {Task} task
   * @returns {Promise<Outcome>}
   */
  run(task) {
    const child = (this.#process ??= this.#start());
    this.#said = '';
    return new Promise((resolve) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        child.kill('SIGKILL');
      }, LIMIT_MS);
      /** @param {Outcome} outcome */
      const settle = (outcome) => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('exit');
        resolve(outcome);
      };
      child.on('message', (outcome) => {
        settle(/** @type {Outcome} */ (outcome));
      });
      child.on('exit', (code, signal) => {
        this.#process = undefined;
        const last = this.#said.trim().split('\n').at(-1) ?? '';
        const how = isLate
          ? `no answer within ${LIMIT_MS / 1000} s`
          : `the process ended by ${signal ?? `status ${code}`}`;
        settle({ outcome: 'crashed', reason: last === '' ? how : `${how}: ${last}` });
      });
      child.send({ folder: task.case.folder, mode: task.mode });
    });
  }

  #start() {
    const { env, node = process.execPath } = this.#options;
    const child = fork(CHILD, [], {
      execPath: node,
      // A fallback warns; here it is counted.
      execArgv: ['--no-warnings'],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    return child;
  }

  end() {
    this.#process?.disconnect();
  }
}
