/**
 * The installed package, found by its own name: a bundler may have moved this code out of it, while the addon, the
 * worker's program and the packages it depends on stay where npm put them.
 */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const manifest = createRequire(import.meta.url).resolve('enginery/package.json');

/** The package's folder, absolute. */
export const packageFolder = dirname(manifest);

/** `require` as the package's own files have it, wherever this code runs. */
export const packageRequire = createRequire(manifest);
