// @ts-check
/** The environment of the program and its tests in a checkout: the OpenVINO that scripts/deps.mjs brought. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { depsFolder } from './paths.mjs';

/**
 * What a program started from the checkout adds to its variables; nothing where the user names another OpenVINO.
 * @returns {Record<string, string>}
 */
export function checkoutEnvironment() {
  const brought = join(depsFolder, 'openvino');
  return existsSync(brought) && !process.env['ENGINERY_OPENVINO']
    ? { ENGINERY_OPENVINO: brought }
    : {};
}
