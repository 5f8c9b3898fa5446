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

/** A folder of Python packages with ONNX's checker; ONNX has none for Node. */
export const ONNX_CHECKER = join(repository, 'build', 'deps', 'onnx-checker');

/** Why no file can be checked by ONNX's own checker here, or undefined. */
export function lackOfOnnxChecker(): string | undefined {
  return existsSync(join(ONNX_CHECKER, 'onnx', 'checker.py'))
    ? undefined
    : 'onnx.checker is not in build/deps; bring it with: pip install --target build/deps/onnx-checker onnx==1.23.2';
}

/** ONNX's own test vectors, as Debian's package libonnx-testdata installs them. */
export const ONNX_VECTORS = '/usr/share/libonnx-testdata/data';

/** Why ONNX's own test vectors cannot be read here, or undefined. */
export function lackOfOnnxVectors(): string | undefined {
  return existsSync(ONNX_VECTORS)
    ? undefined
    : "ONNX's test vectors are not installed; install them with: apt-get install libonnx-testdata";
}
