/** Reads the external data of one model from the files that `checkExternalData` has passed. */

import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { messageFromUnknown, throwIfAborted } from '../common/index.js';
import { checkExternalData } from './external-data.js';
import { invalidModel, modelLabel, quoted, unsupportedModel } from './model-error.js';
import type { ExternalDataRange } from './outline.js';

/** Bytes per read when a range is copied: what a disk takes at full speed, and little memory. */
const COPY_BYTES = 4 * 1024 * 1024;

/** No buffer is larger; protobuf ends there too. */
export const MAX_BUFFER_BYTES = 2 ** 31 - 1;

/** Open files of external data by location; closed by `close`. */
export class ExternalFiles {
  readonly #handles: ReadonlyMap<string, FileHandle>;
  /** The model in messages. */
  readonly label: string;

  private constructor(handles: ReadonlyMap<string, FileHandle>, label: string) {
    this.#handles = handles;
    this.label = label;
  }

  /** Checks and opens the files of `ranges`. Rejects with MODEL_INVALID. */
  static async open(
    modelPath: string,
    ranges: readonly ExternalDataRange[],
  ): Promise<ExternalFiles> {
    const paths = await checkExternalData(modelPath, ranges);
    const label = modelLabel(modelPath);
    const handles = new Map<string, FileHandle>();
    const files = new ExternalFiles(handles, label);
    try {
      for (const [location, path] of paths) {
        handles.set(location, await openChecked(path, location, label));
      }
    } catch (error) {
      await files.close();
      throw error;
    }
    return files;
  }

  /** Files of a model that has none. */
  static none(label: string): ExternalFiles {
    return new ExternalFiles(new Map(), label);
  }

  /** The bytes of a range, in memory. Rejects with MODEL_UNSUPPORTED at 2 GiB. */
  async read(range: ExternalDataRange, signal?: AbortSignal): Promise<Uint8Array> {
    if (range.bytes > BigInt(MAX_BUFFER_BYTES)) {
      throw unsupportedModel(
        `less than 2 GiB for tensor ${quoted(range.tensor)} of ${this.label} to change it`,
        `${range.bytes} bytes`,
        'leave it as it is, or split it',
      );
    }
    const bytes = new Uint8Array(Number(range.bytes));
    for (let done = 0; done < bytes.length;) {
      throwIfAborted('reading the model', signal);
      done += await this.#readSome(range, done, bytes.subarray(done, done + COPY_BYTES));
    }
    return bytes;
  }

  /** The bytes of a range piece by piece; a piece is valid until the next one is asked for. */
  async *pieces(range: ExternalDataRange): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(COPY_BYTES);
    // External data may exceed 2^32 bytes, never 2^53: the file system ends before.
    const length = Number(range.bytes);
    for (let done = 0; done < length;) {
      const wanted = Math.min(COPY_BYTES, length - done);
      const count = await this.#readSome(range, done, buffer.subarray(0, wanted));
      yield buffer.subarray(0, count);
      done += count;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#handles.values()].map((handle) => handle.close()));
  }

  async #readSome(range: ExternalDataRange, done: number, into: Uint8Array): Promise<number> {
    const handle = this.#handles.get(range.location);
    if (handle === undefined) {
      throw invalidModel(
        `a file at ${quoted(range.location)} for tensor ${quoted(range.tensor)} of ${this.label}`,
        'one that was not named when the model was opened',
        'open the model by its path, and do not change external data entries',
      );
    }
    const at = Number(range.offset) + done;
    const { bytesRead } = await handle.read(into, 0, into.length, at);
    if (bytesRead > 0) return bytesRead;
    throw invalidModel(
      `${range.offset + range.bytes} bytes in ${quoted(range.location)} of ${this.label}`,
      `a file that ends at byte ${at}`,
      'do not change the model while it is used',
    );
  }
}

/** Opens what was checked; that it is still the same file is seen after opening, when nobody can exchange it. */
async function openChecked(path: string, location: string, label: string): Promise<FileHandle> {
  const refused = (found: string, options?: ErrorOptions): Error =>
    invalidModel(
      `the regular file ${quoted(location)} as external data of ${label}`,
      found,
      'do not change the model while it is opened',
      options,
    );
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    throw refused(messageFromUnknown(error), { cause: error });
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.nlink !== 1 || (await realpath(path)) !== path)
      throw refused('something else that took its place');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
