/**
 * The installed package, found by its own name: a bundler may have moved this code out of it, while the addon, the
 * worker's program and the packages it depends on stay where npm put them.
 */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { EngineryError } from './errors.js';

function findManifest(): string {
  try {
    return createRequire(import.meta.url).resolve('enginery/package.json');
  } catch (error) {
    // Without import.meta.url, as in a CommonJS bundle by esbuild, there is nowhere to look from.
    throw new EngineryError(
      'ADDON_LOAD',
      'expected the package enginery in a node_modules folder above the bundle that holds its code, found none. ' +
        '1. install it there: npm install enginery; 2. or leave it out of the bundle: docs/bundlers.md',
      { cause: error },
    );
  }
}

const manifest = findManifest();

/** The package's folder, absolute. */
export const packageFolder = dirname(manifest);

/** `require` as the package's own files have it, wherever this code runs. */
export const packageRequire = createRequire(manifest);
