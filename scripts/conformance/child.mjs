// @ts-check
/** A child process of the pool: runs one case in one mode at a time and tells the outcome. */

import { differenceOf } from './compare.mjs';
import { MODES } from './modes.mjs';
import { InexpressibleError, readVectors } from './vectors.mjs';

/**
 * @typedef {object} Outcome
 * @property {'passed' | 'wrong' | 'refused' | 'failed' | 'crashed' | 'skipped'} outcome `refused`: no session was made.
 * @property {string} [provider] Who served it.
 * @property {string} [reason]
 * @property {readonly string[]} [types] Element types of what goes in and comes out.
 */

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @param {string} folder
 * @param {string} mode
 * @returns {Promise<Outcome>}
 */
async function runCase(folder, mode) {
  const open = MODES[mode];
  if (open === undefined) throw new Error(`unknown mode ${mode}`);
  let vectors;
  try {
    vectors = readVectors(folder);
  } catch (error) {
    if (!(error instanceof InexpressibleError)) throw error;
    return { outcome: 'skipped', reason: `onnxruntime-common has no ${error.message}` };
  }
  const types = [...vectors.types];
  let session;
  try {
    session = await open(vectors.path);
  } catch (error) {
    return { outcome: 'refused', reason: messageOf(error), types };
  }
  const { provider } = session;
  try {
    for (const { feeds, expected } of vectors.dataSets) {
      const results = await session.run(feeds);
      for (const [name, wanted] of Object.entries(expected)) {
        const reason = differenceOf(name, results[name], wanted);
        if (reason !== undefined) return { outcome: 'wrong', provider, reason, types };
      }
    }
    return { outcome: 'passed', provider, types };
  } catch (error) {
    return { outcome: 'failed', provider, reason: messageOf(error), types };
  } finally {
    await session.release();
  }
}

process.on('message', (message) => {
  const { folder, mode } = /** @type {{ folder: string, mode: string }} */ (message);
  runCase(folder, mode)
    .catch((/** @type {unknown} */ error) => ({ outcome: 'failed', reason: messageOf(error) }))
    .then((outcome) => process.send?.(outcome))
    .catch(() => process.exit(1));
});
