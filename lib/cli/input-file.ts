/** Reads one input file by its extension: .npy, .npz, .json, and raw bytes for .bin, .raw and .dat. */

import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';

import {
  arrayLengthOf,
  arrayOver,
  byteLengthOf,
  elementCount,
  EngineryError,
  messageFromUnknown,
  type NumericDtype,
} from '../common/index.js';
import {
  isTensorJson,
  parseNpy,
  readNpz,
  tensorFromJson,
  type TensorContent,
} from '../tensor/index.js';
import type { ModelInput } from './synthetic.js';

const EXTENSIONS = '.npy, .npz, .json, or raw values as .bin, .raw, .dat';

/** A file that was read; what it means can depend on the input it is for. */
export interface InputFile {
  readonly path: string;
  /** Names of its tensors, when it holds named ones. */
  readonly tensors?: readonly string[];
  /** One of the named tensors as a file of its own. */
  member(name: string): InputFile;
  /** The tensor for an input; `dims` are the sizes given on the command line. */
  tensorFor(input: ModelInput, dims: readonly number[] | undefined): TensorContent;
}

function fileError(path: string, problem: string, cause?: unknown): EngineryError {
  const options = cause === undefined ? undefined : { cause };
  return new EngineryError(
    'INVALID_ARGUMENT',
    `cannot read input file ${path}: ${problem}`,
    options,
  );
}

/** A file with one tensor whose reading may wait for the input's type. */
function single(path: string, tensorFor: InputFile['tensorFor']): InputFile {
  return {
    path,
    member: (name) => {
      throw fileError(path, `it holds no tensor "${name}"`);
    },
    tensorFor,
  };
}

function several(path: string, members: ReadonlyMap<string, InputFile>): InputFile {
  const names = [...members.keys()];
  return {
    path,
    tensors: names,
    member: (name) => {
      const member = members.get(name);
      if (member === undefined) throw fileError(path, `it holds no tensor "${name}"`);
      return member;
    },
    tensorFor: (input, dims) => {
      const member = names.length === 1 ? members.get(names[0] ?? '') : members.get(input.name);
      if (member === undefined)
        throw fileError(path, `it holds no tensor "${input.name}" but ${names.join(', ')}`);
      return member.tensorFor(input, dims);
    },
  };
}

function reshaped(
  content: TensorContent,
  dims: readonly number[] | undefined,
  path: string,
): TensorContent {
  if (dims === undefined) return content;
  const count = elementCount(content.dims, path);
  if (elementCount(dims, '--shape') !== count) {
    throw fileError(
      path,
      `expected dims with ${count} values for --shape, got [${dims.join(', ')}]`,
    );
  }
  return { ...content, dims };
}

function fixed(path: string, content: TensorContent): InputFile {
  return single(path, (_, dims) => reshaped(content, dims, path));
}

function jsonFile(path: string, text: string): InputFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fileError(path, `not JSON: ${messageFromUnknown(error)}`, error);
  }
  const one = (label: string, json: unknown): InputFile =>
    single(label, (input, dims) => reshaped(tensorFromJson(json, label, input.type), dims, label));
  if (isTensorJson(value)) return one(path, value);
  // isTensorJson is false only for an object.
  const members = Object.entries(value as Readonly<Record<string, unknown>>);
  return several(
    path,
    new Map(members.map(([name, json]) => [name, one(`${path}:${name}`, json)])),
  );
}

/** Sizes for raw values: as given, or the model's own with at most one symbolic size worked out from the length. */
function rawDims(
  input: ModelInput,
  given: readonly number[] | undefined,
  bytes: number,
  path: string,
): number[] {
  if (given !== undefined) return [...given];
  const isOpen = (dim: number | string): boolean => typeof dim === 'string' || dim < 0;
  const open = input.shape.filter(isOpen).length;
  const known = input.shape.map((dim) => (isOpen(dim) ? 1 : Number(dim)));
  // Only types that travel as bytes come here; see rawFile.
  const stepBytes = byteLengthOf(input.type as NumericDtype, elementCount(known, path));
  if (open === 0) return known;
  if (open > 1 || stepBytes === 0 || bytes % stepBytes !== 0) {
    const sizes = input.shape.map((dim) => (isOpen(dim) ? '?' : String(dim))).join('x');
    throw fileError(
      path,
      `its sizes are not known from the model (${sizes}); add --shape ${input.name}:${sizes.replaceAll('?', '1')}`,
    );
  }
  return input.shape.map((dim) => (isOpen(dim) ? bytes / stepBytes : Number(dim)));
}

function rawFile(path: string, bytes: Buffer): InputFile {
  return single(path, (input, given) => {
    if (input.type === 'string')
      throw fileError(path, `input "${input.name}" holds strings; give them as .json`);
    const dims = rawDims(input, given, bytes.length, path);
    const count = elementCount(dims, path);
    const wanted = byteLengthOf(input.type, count);
    if (bytes.length !== wanted) {
      throw fileError(
        path,
        `expected ${wanted} bytes (${input.type} [${dims.join(', ')}]), got ${bytes.length}`,
      );
    }
    // A copy of its own: pooled buffers start at any offset, typed arrays only at multiples of their size.
    const values = new Uint8Array(bytes);
    return {
      type: input.type,
      dims,
      data: arrayOver(input.type, values.buffer, 0, arrayLengthOf(input.type, count)),
    };
  });
}

/** Reads the file at `path`. `ERR_ENGINERY_INVALID_ARGUMENT` names the file and what is wrong with it. */
export async function readInputFile(path: string): Promise<InputFile> {
  const extension = extname(path).toLowerCase();
  try {
    const status = await stat(path);
    if (!status.isFile()) throw fileError(path, 'it is not a regular file');
    switch (extension) {
      case '.npy':
        return fixed(path, parseNpy(await readFile(path), path));
      case '.npz': {
        const tensors = await readNpz(path);
        return several(
          path,
          new Map(
            Array.from(tensors, ([name, content]) => [name, fixed(`${path}:${name}`, content)]),
          ),
        );
      }
      case '.json':
        return jsonFile(path, await readFile(path, 'utf8'));
      case '.bin':
      case '.raw':
      case '.dat':
        return rawFile(path, await readFile(path));
      default:
        throw fileError(path, `expected ${EXTENSIONS}, got "${extension}"`);
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_ENGINERY_'))
      throw error;
    throw fileError(path, messageFromUnknown(error), error);
  }
}
