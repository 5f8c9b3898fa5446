/** Opens an ONNX model to read and change it: checked first, weights viewed in place, external data read when asked for. */

import { throwIfAborted } from '../common/index.js';
import { ExternalFiles, MAX_BUFFER_BYTES } from './external-files.js';
import type { ModelProto, TensorProto } from './gen/onnx_pb.js';
import { decodeModel } from './model.js';
import { MAX_DECODING_COST } from './limits.js';
import { invalidModel, modelLabel, unsupportedModel } from './model-error.js';
import { openForReading } from './model-window.js';
import type { ModelOutline } from './outline.js';
import { surveyModel } from './read-outline.js';
import { externalRangeOf } from './stored-tensor.js';
import { isExternal, tensorBytes } from './tensor-values.js';

const READ_BYTES = 64 * 1024 * 1024;

/** A model that can be changed and written. */
export interface OpenModel {
  /** The whole model. Its tensors are views of the file's bytes: exchange them, never write into them. */
  readonly model: ModelProto;
  /** What was found when the model was opened. */
  readonly outline: ModelOutline;
  /** Its external data, open until `close`. */
  readonly files: ExternalFiles;
  /** A tensor's values, packed and little-endian, wherever they are stored. Rejects as `tensorBytes` throws. */
  bytesOf(tensor: TensorProto): Promise<Uint8Array>;
  /** Closes the files of external data. Views of values stay valid. */
  close(): Promise<void>;
}

/**
 * Opens a model by its path or its bytes (which nobody may change while the model is used). Files of external data are
 * found beside the path; a model given as bytes has none, and reading such a tensor rejects with MODEL_INVALID.
 *
 * Rejects as `readModelOutline` and `checkExternalData` do; MODEL_UNSUPPORTED from 2 GiB without external data on.
 */
export async function openModel(
  source: string | Uint8Array,
  signal?: AbortSignal,
): Promise<OpenModel> {
  const label = modelLabel(source);
  if (typeof source !== 'string') {
    const outline = await outlineToDecode(source, label, signal);
    return opened(decodeModel(source), outline, ExternalFiles.none(label), label);
  }
  // The outline comes first: a hostile file is refused before its bytes are in memory.
  await outlineToDecode(source, label, signal);
  const bytes = await readWhole(source, label, signal);
  // Checked again, since the file may have been exchanged in between; in memory this takes milliseconds.
  const outline = await outlineToDecode(bytes, label, signal);
  const files = await ExternalFiles.open(source, outline.externalData);
  try {
    return opened(decodeModel(bytes), outline, files, label);
  } catch (error) {
    await files.close();
    throw error;
  }
}

/** The outline of a model that can be held in memory as a whole. */
async function outlineToDecode(
  source: string | Uint8Array,
  label: string,
  signal: AbortSignal | undefined,
): Promise<ModelOutline> {
  const { outline, decodingCost } = await surveyModel(source, signal);
  if (typeof source !== 'string') requireBelowLimit(BigInt(source.byteLength), label);
  if (decodingCost <= MAX_DECODING_COST) return outline;
  throw unsupportedModel(
    `at most ${MAX_DECODING_COST / 2 ** 20} MiB of values outside raw_data in ${label}`,
    'more',
    'export it with raw_data or external data',
  );
}

function opened(
  model: ModelProto,
  outline: ModelOutline,
  files: ExternalFiles,
  label: string,
): OpenModel {
  return {
    model,
    outline,
    files,
    bytesOf: async (tensor) =>
      isExternal(tensor) ? files.read(externalRangeOf(tensor, label)) : tensorBytes(tensor),
    close: () => files.close(),
  };
}

function requireBelowLimit(size: bigint, label: string): void {
  if (size <= BigInt(MAX_BUFFER_BYTES)) return;
  throw unsupportedModel(
    `less than 2 GiB for ${label} without its external data (protobuf ends there)`,
    `${size} bytes`,
    'export it with external data',
  );
}

/** The file's bytes in one buffer, which tensors view. */
async function readWhole(
  path: string,
  label: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const file = await openForReading(path, label);
  try {
    const { size } = await file.stat({ bigint: true });
    requireBelowLimit(size, label);
    const bytes = new Uint8Array(Number(size));
    for (let done = 0; done < bytes.length;) {
      throwIfAborted('reading the model', signal);
      const length = Math.min(READ_BYTES, bytes.length - done);
      const { bytesRead } = await file.read(bytes, done, length, done);
      if (bytesRead === 0) {
        throw invalidModel(
          `${size} bytes in ${label}`,
          `a file that ends at byte ${done}`,
          'do not change the model while it is opened',
        );
      }
      done += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
