/** The folder a runtime is unpacked to: its marker, whether it is complete, and replacing it in one step. */

import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { EngineryError, isRecord, messageFromUnknown } from '../common/index.js';
import type { UnpackedWheel } from './wheel.js';

const MARKER = 'enginery-runtime.json';

async function readMarker(folder: string): Promise<UnpackedWheel | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(join(folder, MARKER), 'utf8'));
  } catch {
    // No marker, or a damaged one: the folder is not a complete runtime of ours.
    return undefined;
  }
  if (!isRecord(value) || typeof value['version'] !== 'string' || !Array.isArray(value['files']))
    return undefined;
  // Written by saveRuntime below; isComplete checks each file against the disk.
  return value as unknown as UnpackedWheel;
}

/** What is unpacked in `folder`, when every file is there in its size. */
export async function installedRuntime(folder: string): Promise<UnpackedWheel | undefined> {
  const marker = await readMarker(folder);
  if (marker === undefined) return undefined;
  for (const { path, bytes } of marker.files) {
    try {
      if ((await stat(join(folder, path))).size !== bytes) return undefined;
    } catch {
      // A file is gone: not complete.
      return undefined;
    }
  }
  return marker;
}

/** Refuses a folder with files that are not ours: it would be replaced as a whole. */
export async function requireOwnFolder(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `cannot use ${folder}: ${messageFromUnknown(error)}`,
      { cause: error },
    );
  }
  if (names.length === 0 || names.includes(MARKER)) return;
  throw new EngineryError(
    'INVALID_ARGUMENT',
    `expected an empty folder or one made by enginery setup for --dir, got ${folder}, which holds other files`,
  );
}

/** A new folder beside `folder`, so that a rename puts it in its place. */
async function temporaryBeside(folder: string): Promise<string> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    return await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  } catch (error) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `expected a folder that can be written for ${folder}, but: ${messageFromUnknown(error)}. Choose another with --dir`,
      { cause: error },
    );
  }
}

/** Lets `fill` write into a temporary folder beside `folder`, then puts it in place with one rename. */
export async function replaceFolder(
  folder: string,
  fill: (temporary: string) => Promise<UnpackedWheel>,
): Promise<UnpackedWheel> {
  const temporary = await temporaryBeside(folder);
  try {
    const unpacked = await fill(temporary);
    await writeFile(join(temporary, MARKER), `${JSON.stringify(unpacked, null, 2)}\n`);
    const old = join(dirname(folder), `.${basename(folder)}-old-${randomUUID()}`);
    const hadOld = await rename(folder, old).then(
      () => true,
      // Nothing there yet; any other trouble shows at the next rename.
      () => false,
    );
    await rename(temporary, folder);
    if (hadOld) await rm(old, { recursive: true, force: true });
    return unpacked;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
