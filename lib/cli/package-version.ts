/** The version of this package: package.json holds it, nothing else does. */

import { createRequire } from 'node:module';

import { isRecord } from '../common/index.js';

export function packageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('../../package.json');
  return isRecord(manifest) && typeof manifest['version'] === 'string'
    ? manifest['version']
    : 'unknown';
}
