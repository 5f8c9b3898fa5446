/** The header of a .npy file (NEP 1, versions 1.0 to 3.0): reading it without trusting it, and writing version 1.0. */

import { elementCount, EngineryError, type NumericDtype } from '../common/index.js';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
/** Structured types make long headers; plain arrays of 64 sizes need less than 2 KiB. */
const MAX_HEADER_BYTES = 65536;
const MAX_RANK = 64;

/** How the values of a .npy file are stored. */
export interface NpyHeader {
  readonly type: NumericDtype | 'string';
  readonly itemBytes: number;
  readonly isBigEndian: boolean;
  readonly isFortranOrder: boolean;
  readonly dims: readonly number[];
  readonly dataOffset: number;
}

const TYPES: Readonly<Record<string, NumericDtype>> = Object.freeze({
  b1: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
});

const REFUSED: Readonly<Record<string, string>> = Object.freeze({
  c: 'complex numbers',
  O: 'pickled Python objects',
  S: 'byte strings',
  a: 'byte strings',
  V: 'raw or structured records (bfloat16 is stored so; convert it to float32)',
  M: 'dates',
  m: 'time spans',
  f: 'long floats',
});

export function npyError(name: string, problem: string): EngineryError {
  return new EngineryError('INVALID_ARGUMENT', `cannot read ${name} as .npy: ${problem}`);
}

function parseDescr(
  descr: string,
  name: string,
): Pick<NpyHeader, 'type' | 'itemBytes' | 'isBigEndian'> {
  const match = /^([<>|=])([a-zA-Z])(\d{0,9})(?:\[\w+\])?$/u.exec(descr);
  if (match === null) throw npyError(name, `unknown type "${descr.slice(0, 40)}"`);
  const [, order = '', kind = '', size = ''] = match;
  const isBigEndian = order === '>';
  const type = TYPES[kind + size];
  if (type !== undefined) return { type, itemBytes: Number(size), isBigEndian };
  if (kind === 'U') return { type: 'string', itemBytes: Number(size) * 4, isBigEndian };
  const reason = REFUSED[kind];
  throw npyError(
    name,
    `type "${descr}"${reason === undefined ? '' : ` (${reason})`} is not supported`,
  );
}

function parseDims(tuple: string, name: string): number[] {
  const inner = tuple.slice(1, -1).trim();
  if (inner === '') return [];
  const parts = inner.replace(/,$/u, '').split(',');
  if (parts.length > MAX_RANK)
    throw npyError(name, `${parts.length} dimensions, at most ${MAX_RANK} are supported`);
  const dims = parts.map((part) => {
    // Python 2 wrote long integers with an L.
    const digits = /^(\d{1,16})L?$/u.exec(part.trim())?.[1];
    if (digits === undefined)
      throw npyError(name, `bad size "${part.trim().slice(0, 20)}" in its shape`);
    return Number(digits);
  });
  // A lone number in brackets is a number in Python, not a tuple.
  if (dims.length === 1 && !inner.endsWith(',')) throw npyError(name, 'its shape is not a tuple');
  return dims;
}

/** The three values of the header's Python dictionary, as text. */
function parseDictionary(
  text: string,
  name: string,
): { descr: string; order: string; shape: string } {
  const match = /^\{(.*)\}\s*$/su.exec(text);
  if (match === null) throw npyError(name, 'its header is no dictionary');
  const fields = new Map<string, string>();
  const field =
    /\s*['"](descr|fortran_order|shape)['"]\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d\s,L]*\)|\[)\s*(?:,|$)?/suy;
  const body = match[1] ?? '';
  while (field.lastIndex < body.length && body.slice(field.lastIndex).trim() !== '') {
    const found = field.exec(body);
    const [, key, value] = found ?? [];
    if (key === undefined || value === undefined || fields.has(key))
      throw npyError(name, 'its header is malformed');
    if (value === '[') throw npyError(name, 'structured types are not supported');
    fields.set(key, value);
  }
  const descr = fields.get('descr');
  const order = fields.get('fortran_order');
  const shape = fields.get('shape');
  if (descr === undefined || order === undefined || shape === undefined) {
    throw npyError(name, 'its header lacks descr, fortran_order or shape');
  }
  return { descr, order, shape };
}

/** Reads the header of `bytes`. `name` is for messages. */
export function parseNpyHeader(bytes: Buffer, name: string): NpyHeader {
  if (bytes.length < 10 || !bytes.subarray(0, 6).equals(MAGIC)) {
    throw npyError(name, 'it does not start as a .npy file does');
  }
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3)
    throw npyError(name, `version ${version} of the format is not known`);
  if (version > 1 && bytes.length < 12) throw npyError(name, 'it is cut off in its header');
  const start = version === 1 ? 10 : 12;
  const headerBytes = version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  if (headerBytes > MAX_HEADER_BYTES)
    throw npyError(name, `a header of ${headerBytes} bytes is too long`);
  if (start + headerBytes > bytes.length) throw npyError(name, 'it is cut off in its header');
  const text = bytes.toString(version === 3 ? 'utf8' : 'latin1', start, start + headerBytes);
  const { descr, order, shape } = parseDictionary(text, name);
  if (!/^['"]/u.test(descr) || !/^(?:True|False)$/u.test(order) || !shape.startsWith('(')) {
    throw npyError(name, 'its header is malformed');
  }
  const dims = parseDims(shape, name);
  elementCount(dims, name);
  return {
    ...parseDescr(descr.slice(1, -1), name),
    isFortranOrder: order === 'True' && dims.length > 1,
    dims,
    dataOffset: start + headerBytes,
  };
}

/** The bytes before the values in a version 1.0 file: little-endian, C order, padded to 64 bytes as numpy does. */
export function npyHeaderBytes(descr: string, dims: readonly number[]): Buffer {
  const shape = dims.length === 1 ? `(${dims[0] ?? 0},)` : `(${dims.join(', ')})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const header = Buffer.alloc(10 + length, ' ');
  MAGIC.copy(header);
  header.writeUInt8(1, 6);
  header.writeUInt8(0, 7);
  header.writeUInt16LE(length, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', header.length - 1, 'latin1');
  return header;
}

/** numpy's name of an element type, little-endian; undefined where numpy has none (4-bit types). */
export function descrFromType(type: NumericDtype): string | undefined {
  const found = Object.entries(TYPES).find(([, known]) => known === type)?.[0];
  if (found === undefined) return undefined;
  return `${found.endsWith('1') ? '|' : '<'}${found}`;
}
