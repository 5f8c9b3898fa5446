// @ts-check
/** `npm run models [-- name ...]`: makes the models of realistic size in build/models/. */

import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { root } from './paths.mjs';
import { setUp } from './setup.mjs';
import { compiledTool } from './tools.mjs';

/** Where they go; git ignores it. */
export const modelsFolder = join(root, 'build', 'models');

/**
 * Makes what is wanted.
 * @param {(name: string) => boolean} isWanted
 */
export async function makeLargeModels(isWanted) {
  /** @type {typeof import('../models/make-large.js')} */
  const { writeLargeModels } = await import(pathToFileURL(compiledTool('models/make-large')).href);
  writeLargeModels(modelsFolder, isWanted);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  await setUp();
  const names = process.argv.slice(2);
  await makeLargeModels(
    (name) => names.length === 0 || names.includes(name) || names.includes(name.slice(0, -5)),
  );
  console.log(`models: in ${modelsFolder}`);
}
