/** Writes the outputs of a run: one .npz file, or a folder with one .npy per output. */

import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { EngineryError, messageFromUnknown } from '../common/index.js';
import { npyPieces, npzPieces, type TensorContent } from '../tensor/index.js';

/** Output names hold slashes and colons ("StatefulPartitionedCall:0"); file names do not. */
function fileNames(names: Iterable<string>): Map<string, string> {
  const taken = new Set<string>();
  const files = new Map<string, string>();
  for (const name of names) {
    const stem = name.replace(/[^\w.-]/gu, '_').replace(/^\.+/u, '_') || 'output';
    let file = stem;
    for (let i = 2; taken.has(file.toLowerCase()); i++) file = `${stem}-${i}`;
    taken.add(file.toLowerCase());
    files.set(name, file);
  }
  return files;
}

async function writeWhole(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  // Written beside and renamed: a full disk or Ctrl-C leaves no half file under the name asked for.
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      for (const piece of pieces) await file.writeFile(piece);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes `outputs` to `target` and returns the paths written. */
export async function saveOutputs(
  target: string,
  outputs: ReadonlyMap<string, TensorContent>,
): Promise<string[]> {
  try {
    if (target.toLowerCase().endsWith('.npz')) {
      const pieces = npzPieces(outputs);
      await mkdir(dirname(target), { recursive: true });
      await writeWhole(target, pieces);
      return [target];
    }
    const files = fileNames(outputs.keys());
    const pieces = Array.from(outputs, ([name, content]) => ({
      path: join(target, `${files.get(name) ?? name}.npy`),
      bytes: npyPieces(content, name),
    }));
    await mkdir(target, { recursive: true });
    for (const { path, bytes } of pieces) await writeWhole(path, bytes);
    return pieces.map(({ path }) => path);
  } catch (error) {
    if (error instanceof EngineryError) throw error;
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `cannot write outputs to ${target}: ${messageFromUnknown(error)}`,
      { cause: error },
    );
  }
}
