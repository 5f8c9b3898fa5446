// @ts-check
/** Are the packages of package-lock.json installed, and if not, npm ci. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../paths.mjs';
import { capture } from '../process.mjs';

/** @param {string} path @returns {Record<string, { version?: string, optional?: boolean }>} */
const lockedPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/**
 * Whether node_modules holds what package-lock.json asks for. npm keeps its own record there; file times say nothing,
 * because npm writes both files in either order and git sets its own.
 */
export function areInstalled() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = lockedPackages(record);
  return Object.entries(lockedPackages(join(root, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path]?.version ?? (optional ? version : undefined)) === version,
  );
}

/** Installs them; throws with npm's words. */
export function install() {
  capture('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: root,
    // onnxruntime-node's own script would download CUDA libraries; the CPU's are in its package.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip', npm_config_loglevel: 'error' },
  });
}
