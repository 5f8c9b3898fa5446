// @ts-check
/** `npm run models [-- name ...]`: makes the models of realistic size in build/models/. */

import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { readArguments, refuseArguments } from './arguments.mjs';
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
  const { positionals: names } = readArguments(
    'models',
    'npm run models [-- name ...]: makes the models of realistic size, or those named, in build/models/',
    { options: {}, allowPositionals: true },
  );
  const { failed } = await setUp();
  if (failed.length > 0) process.exit(1);
  /** @type {typeof import('../models/large-models.js')} */
  const { largeModels } = await import(pathToFileURL(compiledTool('models/large-models')).href);
  const known = [...largeModels.keys()].map((name) => basename(name, '.onnx'));
  const wanted = names.map((name) => basename(name, '.onnx'));
  const stranger = wanted.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    refuseArguments('models', `expected names of ${known.join(', ')}, got ${stranger}`);
  }
  await makeLargeModels((name) => wanted.length === 0 || wanted.includes(basename(name, '.onnx')));
  console.log(`models: in ${modelsFolder}`);
}
