/** From what the caller gave (a path or bytes) to a checked model that providers take. */

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import {
  EngineryError,
  invalidArgument,
  isCodedError,
  isRecord,
  messageFromUnknown,
  throwIfAborted,
} from '../common/index.js';
import {
  FORMAT_HEAD_BYTES,
  checkExternalData,
  detectModelFormat,
  readModelOutline,
  type ModelOutline,
} from '../onnx/index.js';
import type { ModelSource } from '../runtime/index.js';
import { copyBytes, copyView } from './copy-bytes.js';

/** What belongs to a model besides itself. */
export interface SourceOptions {
  /** The `.bin` of an IR model given as bytes. */
  readonly weights?: Uint8Array | undefined;
  /** onnxruntime-common's externalData: paths, or {path, data}. */
  readonly externalData?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a regular file for `read`. `failure` starts the message: what could not be done with which file. */
async function withFile<T>(
  file: string,
  failure: string,
  read: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  let handle;
  try {
    // Without O_NONBLOCK the open of a FIFO waits until someone writes to it.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const isMissing = isRecord(error) && error['code'] === 'ENOENT';
    const isUrl = /^[a-z][a-z+]+:\/\//i.test(file);
    // onnxruntime-node's words first: they are what callers look for.
    const reason = isMissing ? "File doesn't exist" : messageFromUnknown(error);
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `${failure}. ${reason}. Expected the path of a file; ` +
        (isUrl ? 'a URL becomes one by fileURLToPath of node:url' : 'check it'),
      { cause: error },
    );
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new EngineryError(
        'INVALID_ARGUMENT',
        `${stats.isDirectory() ? 'The model path is a directory. ' : ''}${failure}: it is not a regular file. ` +
          'Expected the path of a file; check it',
      );
    }
    return await read(handle);
  } catch (error) {
    if (isCodedError(error)) throw error;
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `${failure}: ${messageFromUnknown(error)}. Expected a readable file; check it`,
      { cause: error },
    );
  } finally {
    await handle.close();
  }
}

/** A model's first bytes, enough to know its format. */
async function readHead(file: string): Promise<Uint8Array> {
  return withFile(
    file,
    `Load model from ${file} failed:Load model ${file} failed`,
    async (handle) => {
      const head = new Uint8Array(FORMAT_HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, head.length, 0);
      return head.subarray(0, bytesRead);
    },
  );
}

async function readExternalData(file: string, name: string): Promise<Uint8Array> {
  return withFile(file, `Load ${name} from ${file} failed`, async (handle) => handle.readFile());
}

/** `file` is undefined for a model given as bytes. */
function requireFormat(head: Uint8Array, file: string | undefined): ModelSource['format'] {
  const format = detectModelFormat(head);
  if (format !== undefined) return format;
  const isEmpty = head.length === 0;
  const bytesWords = isEmpty
    ? 'Model data pointer is null.'
    : 'Failed to load model because protobuf parsing failed.';
  const words =
    file === undefined ? bytesWords : `Load model from ${file} failed:Protobuf parsing failed.`;
  throw new EngineryError(
    'MODEL_INVALID',
    `${words} Expected ONNX, ORT format, OpenVINO IR or TFLite in ${file ?? 'the given bytes'}, ` +
      `got ${isEmpty ? 'an empty file' : 'something else'}`,
  );
}

/** A file of external data: its bytes, or the path where they are still to be read. */
interface ExternalEntry {
  readonly name: string;
  readonly location: string;
  readonly data: Uint8Array | string;
}

function externalEntry(entry: unknown, name: string): ExternalEntry {
  if (typeof entry === 'string') return { name, location: path.basename(entry), data: entry };
  if (!isRecord(entry))
    throw externalError('value must be an object', 'a path or {path, data}', name);
  const { path: location, data } = entry;
  if (typeof location !== 'string') {
    throw externalError(
      "value must have a 'path' property of type string",
      'a string',
      `${name}.path`,
    );
  }
  if (typeof data === 'string') return { name, location, data };
  if (data instanceof Uint8Array) return { name, location, data: copyView(data) };
  if (isArrayBuffer(data)) return { name, location, data: copyBytes(data) };
  throw externalError(
    "value must have an 'data' property of type buffer or typed array",
    'a Uint8Array, an ArrayBuffer or a path',
    `${name}.data`,
  );
}

/** onnxruntime-node's words, and behind them what is taken here, which is more. */
function externalError(words: string, what: string, name: string): TypeError {
  return invalidArgument(
    `Invalid argument: sessionOptions.externalData ${words} in Node.js binding. Expected ${what} for ${name}`,
  );
}

function isArrayBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  return (
    value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer)
  );
}

/** Reads session option externalData; bytes are copied here, at call time. An empty table is none, as in onnxruntime. */
function externalEntries(value: unknown): readonly ExternalEntry[] | undefined {
  // null means absent, as in onnxruntime-node.
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) {
    throw invalidArgument('Invalid argument: sessionOptions.externalData must be an array.');
  }
  if (value.length === 0) return undefined;
  const entries = (value as readonly unknown[]).map((entry, i) =>
    externalEntry(entry, `externalData[${i}]`),
  );
  for (const [i, { location, name, data }] of entries.entries()) {
    if (data.length === 0) {
      throw new EngineryError(
        'INVALID_ARGUMENT',
        `Input index: ${i} contains null pointers: expected the content of "${location}" for ${name}, got no bytes`,
      );
    }
    if (entries.findIndex((other) => other.location === location) === i) continue;
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `An entry for this name has already been added: ${location}. Expected each path of externalData once, got it in ${name} again`,
    );
  }
  return entries;
}

async function readExternalEntries(
  entries: readonly ExternalEntry[],
): Promise<NonNullable<ModelSource['externalData']>> {
  return Promise.all(
    entries.map(async ({ name, location, data }) => ({
      location,
      data: typeof data === 'string' ? await readExternalData(data, name) : data,
    })),
  );
}

/** Where the caller gives external data, all that the model names must be in it. */
function requireGivenData(
  ranges: ModelOutline['externalData'],
  files: NonNullable<ModelSource['externalData']>,
): void {
  for (const { tensor, location, offset, bytes } of ranges) {
    const file = files.find((one) => path.normalize(one.location) === path.normalize(location));
    const found =
      file === undefined
        ? files.map((one) => `"${one.location}"`).join(', ')
        : `${file.data.length} bytes`;
    if (file !== undefined && offset + bytes <= BigInt(file.data.length)) continue;
    throw invalidArgument(
      `expected at least ${offset + bytes} bytes of "${location}" in externalData for tensor '${tensor}', got ${found}`,
    );
  }
}

/**
 * Reads and checks. `model` is a path or bytes that nobody else writes to (InferenceSession.create copies them).
 * Rejects with INVALID_ARGUMENT (no such file), MODEL_INVALID, MODEL_UNSUPPORTED, CANCELLED.
 */
export async function loadModelSource(
  model: string | Uint8Array,
  options: SourceOptions,
): Promise<ModelSource> {
  throwIfAborted('creating the session', options.signal);
  if (typeof model === 'string' && model.includes('\0')) {
    throw invalidArgument('expected a path without NUL bytes for the model');
  }
  // Before the first await: what the caller does to its buffers after the call changes nothing.
  const weights = options.weights === undefined ? undefined : copyView(options.weights);
  const entries = externalEntries(options.externalData);
  const file = typeof model === 'string' ? path.resolve(model) : undefined;
  const head =
    typeof model === 'string' ? await readHead(model) : model.subarray(0, FORMAT_HEAD_BYTES);
  const format = requireFormat(head, typeof model === 'string' ? model : undefined);
  const externalData = entries === undefined ? undefined : await readExternalEntries(entries);
  const base = {
    format,
    ...(file === undefined ? {} : { path: file }),
    // In this branch the model is bytes.
    ...(typeof model === 'string' ? {} : { bytes: model }),
    ...(weights === undefined ? {} : { weights }),
    ...(externalData === undefined ? {} : { externalData }),
  };
  if (format !== 'onnx') return base;
  const outline = await readModelOutline(file ?? model, options.signal);
  if (externalData !== undefined) requireGivenData(outline.externalData, externalData);
  else if (file !== undefined) await checkExternalData(file, outline.externalData);
  return { ...base, outline };
}
