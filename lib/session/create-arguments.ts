/** The overloads of `InferenceSession.create`, read exactly as onnxruntime-common reads them. */

import { invalidArgument, outOfRange } from '../common/index.js';
import { optionsFrom } from './options-argument.js';
import { copyBytes, copyView } from './copy-bytes.js';

export interface CreateArguments {
  /** A path, or our own copy of the bytes. */
  readonly model: string | Uint8Array;
  readonly options: Readonly<Record<string, unknown>>;
}

function isBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  return (
    value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer)
  );
}

function readRange(
  buffer: ArrayBufferLike,
  byteOffset: number,
  arg2: unknown,
  arg3: unknown,
): CreateArguments {
  const total = buffer.byteLength;
  if (!Number.isSafeInteger(byteOffset)) throw outOfRange("'byteOffset' must be an integer.");
  if (byteOffset < 0 || byteOffset >= total) {
    throw outOfRange(`'byteOffset' is out of range [0, ${total}).`);
  }
  if (arg2 === undefined) {
    return { model: copyBytes(buffer, byteOffset, total - byteOffset), options: optionsFrom(arg3) };
  }
  if (typeof arg2 !== 'number') throw invalidArgument("'byteLength' must be a number.");
  if (!Number.isSafeInteger(arg2)) throw outOfRange("'byteLength' must be an integer.");
  if (arg2 <= 0 || byteOffset + arg2 > total) {
    throw outOfRange(`'byteLength' is out of range (0, ${total - byteOffset}].`);
  }
  return { model: copyBytes(buffer, byteOffset, arg2), options: optionsFrom(arg3) };
}

/** Reads the arguments of `create`; bytes are copied here, at call time. */
export function readCreateArguments(
  arg0: unknown,
  arg1: unknown,
  arg2: unknown,
  arg3: unknown,
): CreateArguments {
  if (typeof arg0 === 'string') return { model: arg0, options: optionsFrom(arg1) };
  if (arg0 instanceof Uint8Array) {
    return {
      model: copyView(arg0),
      options: optionsFrom(arg1),
    };
  }
  if (isBuffer(arg0)) {
    if (typeof arg1 === 'number') return readRange(arg0, arg1, arg2, arg3);
    return { model: copyBytes(arg0), options: optionsFrom(arg1) };
  }
  throw invalidArgument("Unexpected argument[0]: must be 'path' or 'buffer'.");
}
