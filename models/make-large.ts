/** `npm run models`: writes the models of realistic size to build/models/, or to another folder. */

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { formatBytes } from '../lib/report/index.js';
import { largeModels } from './large-models.js';

/** Writes every model that `isWanted`, each whole or not at all. */
export function writeLargeModels(folder: string, isWanted: (name: string) => boolean): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, make] of largeModels) {
    if (!isWanted(name)) continue;
    const start = performance.now();
    process.stderr.write(`models: ${name} ... `);
    const bytes = make();
    const path = join(folder, name);
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stderr.write(`${formatBytes(bytes.length)} after ${seconds} s\n`);
  }
}
