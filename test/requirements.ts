/** What a test needs beyond the compiled package: the reason to skip it, with the command that brings what is missing. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '..');

/** Why nothing that needs the addon can run here, or undefined: `context.skip(lack !== undefined, lack)`. */
export function lackOfAddon(): string | undefined {
  return existsSync(join(repository, 'build', 'Release', 'enginery.node'))
    ? undefined
    : 'the addon is not built; build it with: npm run build:native';
}

/** Why nothing can run on the real OpenVINO here, or undefined. */
export function lackOfOpenvino(): string | undefined {
  if (lackOfAddon() !== undefined) return lackOfAddon();
  return process.env['ENGINERY_OPENVINO'] === undefined
    ? 'OpenVINO is not in build/deps; bring it with: node scripts/deps.mjs base'
    : undefined;
}
