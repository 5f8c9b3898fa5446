/** Reads and writes .npz files: a zip of one .npy per tensor. */

import { EngineryError, ZipReader, zipPieces } from '../common/index.js';
import type { TensorContent } from './content.js';
import { npyPieces, parseNpy } from './npy.js';

/** Every tensor of a .npz file, by name, in the file's order. */
export async function readNpz(path: string): Promise<Map<string, TensorContent>> {
  const zip = await ZipReader.open(path);
  try {
    const tensors = new Map<string, TensorContent>();
    for (const entry of zip.entries.values()) {
      if (!entry.name.endsWith('.npy')) {
        throw new EngineryError(
          'INVALID_ARGUMENT',
          `expected only .npy files in ${path}, got "${entry.name}"`,
        );
      }
      const name = entry.name.slice(0, -'.npy'.length);
      tensors.set(name, parseNpy(await zip.read(entry), `${path}:${name}`));
    }
    return tensors;
  } finally {
    await zip.close();
  }
}

/** The bytes of a .npz file, in pieces to be written one after the other. */
export function npzPieces(tensors: ReadonlyMap<string, TensorContent>): Uint8Array[] {
  const contents = Array.from(tensors, ([name, content]) => ({
    name: `${name}.npy`,
    bytes: Buffer.concat(npyPieces(content, name)),
  }));
  return zipPieces(contents);
}
