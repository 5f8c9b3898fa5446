// @ts-check
/** Writes models/small, or another folder: `npx tsc -p . && node models/make-small.mjs [folder]`. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as onnx from '../dist/onnx/index.js';
import { smallModels } from './small-models.mjs';

const folder = process.argv[2] ?? fileURLToPath(new URL('small', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, bytes] of smallModels(onnx)) {
  writeFileSync(join(folder, name), bytes);
  console.log(`${name} ${bytes.length}`);
}
