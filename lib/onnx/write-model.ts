/** Writes a model to a file, and its large tensors to one file beside it; both appear complete or not at all. */

import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  invalidArgument,
  isCodedError,
  messageFromUnknown,
  throwIfAborted,
} from '../common/index.js';
import { encodePieces } from './encode-pieces.js';
import { ExternalFiles } from './external-files.js';
import type { ModelProto } from './gen/onnx_pb.js';
import { mapTensors } from './map-tensors.js';
import { modelLabel } from './model-error.js';
import { externalTensors, joinModel, splitModel } from './stored-data.js';
import { elementTypeOf, tensorByteLength } from './tensor-values.js';

export interface WriteOptions {
  /** Where the model's external data is read: `OpenModel.files`. Default: it has none. */
  readonly files?: ExternalFiles;
  /**
   * Are large initializers written to `<path>.data`, at offsets that are multiples of 4096? Default: when the model
   * has external data already, or more than 1 GiB of values.
   */
  readonly external?: boolean;
  readonly signal?: AbortSignal;
}

/** Values that a model holds itself unless it is asked otherwise: half of what protobuf can hold. */
const MOST_INLINE_BYTES = 2n ** 30n;

/**
 * Writes `model` to `path`; files of the same names are replaced when everything is on the disk, the data file first.
 * Values are streamed: of untouched external data no more than a few megabytes are in memory. Returns the files written.
 * Rejects with INVALID_ARGUMENT (not writable), MODEL_UNSUPPORTED (2 GiB in one file), MODEL_INVALID (data gone) or
 * CANCELLED; then nothing is changed.
 */
export async function writeModel(
  path: string,
  model: ModelProto,
  options: WriteOptions = {},
): Promise<string[]> {
  const { files = ExternalFiles.none(modelLabel(path)), signal } = options;
  const staged: StagedFile[] = [];
  try {
    if (options.external ?? wantsExternal(model)) {
      const split = splitModel(model, `${basename(path)}.data`, files);
      staged.push(await stage(`${path}.data`, split.content(), signal));
      staged.push(await stage(path, encodePieces(split.model), signal));
    } else {
      staged.push(await stage(path, encodePieces(await joinModel(model, files, signal)), signal));
    }
    throwIfAborted('writing the model', signal);
    for (const { temporary, path: final } of staged) await rename(temporary, final);
    await syncFolder(dirname(path));
    return staged.map((file) => file.path).reverse();
  } catch (error) {
    for (const { temporary } of staged) await rm(temporary, { force: true });
    throw isCodedError(error) ? error : notWritten(path, error);
  }
}

function wantsExternal(model: ModelProto): boolean {
  if (externalTensors(model).length > 0) return true;
  let bytes = 0n;
  mapTensors(model, (tensor) => {
    if (elementTypeOf(tensor).bits > 0) bytes += tensorByteLength(tensor);
    return tensor;
  });
  return bytes > MOST_INLINE_BYTES;
}

interface StagedFile {
  readonly path: string;
  readonly temporary: string;
}

/** Writes a file under a name of its own beside `path`, down to the disk. */
async function stage(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<StagedFile> {
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`,
  );
  // 'wx': never through a link or over a file that somebody put there.
  const file = await open(temporary, 'wx');
  try {
    try {
      for await (const piece of pieces) {
        throwIfAborted('writing the model', signal);
        await file.writeFile(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return { path, temporary };
}

/** Makes the renames last through a crash of the machine. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function notWritten(path: string, error: unknown): Error {
  return invalidArgument(
    `expected a place for a model at ${modelLabel(path)}, got ${messageFromUnknown(error)}; check the folder, its permissions and the space left`,
    { cause: error },
  );
}
