/** Finds the onnxruntime-node package without loading it, and knows what its versions can do. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { EngineryError, isRecord, messageFromUnknown, packageRequire } from '../common/index.js';

const PACKAGE = 'onnxruntime-node';
const RANGE = '>=1.20 <2';
const COMMAND = `npm install ${PACKAGE}`;

/** An installed onnxruntime-node. */
export interface OnnxruntimePackage {
  readonly version: string;
  /** Its folder, absolute; what the worker loads. */
  readonly path: string;
  /**
   * Can several threads of the process load it, one after the other too? Before 1.25 the binding cannot be loaded
   * again once its last thread has ended ("Module did not self-register"), and 1.21 kills the process when a second
   * thread uses it: such a version gets one worker for all sessions, which stays until the process ends.
   */
  readonly isReloadable: boolean;
}

/** Major and minor of a version, or undefined when it is none. */
function majorMinor(version: string): readonly [major: number, minor: number] | undefined {
  const match = /^(\d+)\.(\d+)\./.exec(version);
  return match === null ? undefined : [Number(match[1]), Number(match[2])];
}

function packageFile(folder: string | undefined): string {
  if (folder !== undefined) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return file;
    throw notFound([folder], undefined);
  }
  try {
    return packageRequire.resolve(`${PACKAGE}/package.json`);
  } catch (error) {
    const places = packageRequire.resolve.paths(PACKAGE) ?? [];
    throw notFound(
      places.map((place) => join(place, PACKAGE)),
      error,
    );
  }
}

function notFound(places: readonly string[], cause: unknown): EngineryError {
  const searched = places.map((place) => `  ${place}: not there`).join('\n');
  return new EngineryError(
    'RUNTIME_NOT_FOUND',
    `expected the package ${PACKAGE} ${RANGE}, found none. Searched:\n${searched}\nInstall it: ${COMMAND}`,
    cause === undefined ? undefined : { cause },
  );
}

function readVersion(file: string): string {
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = messageFromUnknown(error);
    throw new EngineryError(
      'RUNTIME_NOT_FOUND',
      `expected a readable ${file}, got: ${reason}. Install the package again: ${COMMAND}`,
      { cause: error },
    );
  }
  const version = isRecord(manifest) ? manifest['version'] : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

/**
 * The onnxruntime-node that this package resolves, or the one in `folder`.
 * Throws RUNTIME_NOT_FOUND with the places searched, RUNTIME_VERSION outside the supported range.
 */
export function findOnnxruntimePackage(folder?: string): OnnxruntimePackage {
  const file = packageFile(folder);
  const path = dirname(file);
  const version = readVersion(file);
  const [major, minor] = majorMinor(version) ?? [0, 0];
  if (major !== 1 || minor < 20) {
    throw new EngineryError(
      'RUNTIME_VERSION',
      `expected ${PACKAGE} ${RANGE}, found ${version} in ${path}. Install a supported version: ${COMMAND}@1`,
    );
  }
  return { version, path, isReloadable: minor >= 25 };
}
