/** A window on a model's bytes: a file read piece by piece, or memory as it is. */

import { open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { EngineryError, messageFromUnknown } from '../common/index.js';
import { invalidModel, modelLabel } from './model-error.js';

const SMALLEST_READ = 4 * 1024;
const LARGEST_READ = 256 * 1024;

/** Bytes `base .. base + bytes.length` of a model of `size` bytes. */
export interface ModelWindow {
  readonly label: string;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly base: number;
  /** Moves the window so that it starts at `offset`, which lies within the model. */
  load(offset: number): Promise<void>;
  close(): Promise<void>;
}

/** Opens a model given by path or as bytes. Rejects with INVALID_ARGUMENT or MODEL_INVALID. */
export async function openModelWindow(source: string | Uint8Array): Promise<ModelWindow> {
  const window =
    typeof source === 'string' ? await openFileWindow(source) : new MemoryWindow(source);
  if (window.size > 0) return window;
  await window.close();
  throw invalidModel(`a model in ${window.label}`, 'no bytes at all', 'export or copy it again');
}

class MemoryWindow implements ModelWindow {
  readonly label: string;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly base = 0;

  constructor(bytes: Uint8Array) {
    this.label = modelLabel(bytes);
    this.size = bytes.byteLength;
    this.bytes = bytes;
  }

  load(): Promise<void> {
    // Everything is in the window from the start, so this is reached only when the caller's buffer shrank meanwhile.
    return Promise.reject(
      new EngineryError(
        'INVALID_ARGUMENT',
        `expected ${this.size} model bytes, got ${this.bytes.byteLength} while reading; keep the buffer until the call ends`,
      ),
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class FileWindow implements ModelWindow {
  readonly label: string;
  readonly size: number;
  bytes: Uint8Array = new Uint8Array(0);
  base = 0;
  readonly #file: FileHandle;
  readonly #buffer = new Uint8Array(LARGEST_READ);
  #readBytes = SMALLEST_READ;

  constructor(file: FileHandle, size: number, label: string) {
    this.#file = file;
    this.size = size;
    this.label = label;
  }

  async load(offset: number): Promise<void> {
    // Reading on doubles the window; a jump over weights starts small again, since another jump may follow.
    const isNear = offset <= this.base + this.bytes.length;
    this.#readBytes = isNear ? Math.min(2 * this.#readBytes, LARGEST_READ) : SMALLEST_READ;
    const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#readBytes, offset);
    if (bytesRead === 0) {
      throw invalidModel(
        `${this.size} bytes in ${this.label}`,
        `a file that ends at byte ${offset}`,
        'do not change the model while it is loaded',
      );
    }
    this.base = offset;
    this.bytes = this.#buffer.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

async function openFileWindow(path: string): Promise<FileWindow> {
  const label = modelLabel(path);
  const file = await openForReading(path, label);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      const found = stats.isDirectory() ? 'a directory' : 'something that is not a regular file';
      throw new EngineryError(
        'INVALID_ARGUMENT',
        `expected a model file at ${label}, got ${found}; pass the path of the .onnx file itself`,
      );
    }
    return new FileWindow(file, stats.size, label);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Opens a file for reading. Rejects with INVALID_ARGUMENT when it is not there or not readable. */
export async function openForReading(path: string, label: string): Promise<FileHandle> {
  try {
    // O_NONBLOCK: a pipe without a writer would hold the open call, and with it a thread, for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new EngineryError(
      'INVALID_ARGUMENT',
      isMissing
        ? `expected a model file at ${label}, got nothing there: File doesn't exist; check the path (relative paths start at the working directory, ${process.cwd()})`
        : `expected a readable model file at ${label}, got ${messageFromUnknown(error)}; check the path and its permissions`,
      { cause: error },
    );
  }
}
