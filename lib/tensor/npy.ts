/** Reads and writes .npy files: every number type of onnxruntime-common, both byte orders, C and Fortran order. */

import {
  arrayOver,
  elementCount,
  EngineryError,
  type NumericDtype,
  type TensorArray,
} from '../common/index.js';
import type { TensorContent } from './content.js';
import {
  descrFromType,
  npyError,
  npyHeaderBytes,
  parseNpyHeader,
  type NpyHeader,
} from './npy-header.js';

/** Reads the bytes of a .npy file; `name` is for messages. Values are a copy. `ERR_ENGINERY_INVALID_ARGUMENT`. */
export function parseNpy(bytes: Uint8Array, name: string): TensorContent {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = parseNpyHeader(file, name);
  const count = elementCount(header.dims, name);
  const dataBytes = count * header.itemBytes;
  const found = file.length - header.dataOffset;
  if (found !== dataBytes)
    throw npyError(name, `expected ${dataBytes} bytes of values, got ${found}`);
  // A copy of its own: values start at any offset in the file, typed arrays only at multiples of their size.
  const values = new Uint8Array(dataBytes);
  values.set(file.subarray(header.dataOffset));
  const unit = header.type === 'string' ? 4 : header.itemBytes;
  if (header.isBigEndian) swapBytes(Buffer.from(values.buffer), unit);
  if (header.type === 'string')
    return { type: 'string', dims: header.dims, data: parseStrings(values, count, header, name) };
  const data = arrayOver(header.type, values.buffer, 0, count);
  if (header.type === 'bool') normalizeBool(values);
  return {
    type: header.type,
    dims: header.dims,
    data: header.isFortranOrder ? rowMajor(data, header.type, header.dims) : data,
  };
}

/** The bytes of a version 1.0 .npy file. Types that numpy lacks are refused by name. */
export function npyPieces(content: TensorContent, name: string): [Buffer, Uint8Array] {
  const count = elementCount(content.dims, name);
  if (content.data.length !== count && content.type !== 'int4' && content.type !== 'uint4') {
    throw new EngineryError(
      'INTERNAL',
      `expected ${count} values to write for ${name}, got ${content.data.length}`,
    );
  }
  if (content.type === 'string') return stringPieces(content);
  const descr = descrFromType(content.type);
  if (descr === undefined) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `cannot write ${name} as .npy: numpy has no type ${content.type}`,
    );
  }
  // By the type, data is a typed array here: only string tensors hold an array of strings.
  const data = content.data as TensorArray;
  return [
    npyHeaderBytes(descr, content.dims),
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ];
}

function swapBytes(values: Buffer, unit: number): void {
  if (unit === 2) values.swap16();
  else if (unit === 4) values.swap32();
  else if (unit === 8) values.swap64();
}

/** numpy reads any byte but zero as true; runtimes expect 0 or 1. */
function normalizeBool(values: Uint8Array): void {
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) values[i] = 1;
}

/** Where each element of row-major order lies in column-major order, called in row-major order. */
function forEachFortranOffset(dims: readonly number[], visit: (offset: number) => void): void {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const strides: number[] = [];
  let stride = 1;
  for (const dim of dims) {
    strides.push(stride);
    stride *= dim;
  }
  const index = new Array<number>(dims.length).fill(0);
  let offset = 0;
  for (let i = 0; i < count; i++) {
    visit(offset);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const dim = dims[axis] ?? 1;
      const next = (index[axis] ?? 0) + 1;
      offset += strides[axis] ?? 0;
      if (next < dim) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      offset -= dim * (strides[axis] ?? 0);
    }
  }
}

function rowMajor(data: TensorArray, type: NumericDtype, dims: readonly number[]): TensorArray {
  const target = arrayOver(type, new ArrayBuffer(data.byteLength), 0, data.length);
  let i = 0;
  forEachFortranOffset(dims, (offset) => {
    // Both arrays have the same element type, which TypeScript cannot see through the union.
    (target as Float64Array)[i++] = (data as Float64Array)[offset] ?? 0;
  });
  return target;
}

function parseStrings(
  values: Uint8Array,
  count: number,
  header: NpyHeader,
  name: string,
): string[] {
  const width = header.itemBytes / 4;
  const units = new Uint32Array(values.buffer);
  const stored = Array.from({ length: count }, (_, i) => {
    let text = '';
    for (let j = i * width; j < (i + 1) * width; j++) {
      const point = units[j] ?? 0;
      if (point === 0) break;
      if (point > 0x10ffff) throw npyError(name, `value ${i} holds a number that is no character`);
      text += String.fromCodePoint(point);
    }
    return text;
  });
  if (!header.isFortranOrder) return stored;
  const ordered: string[] = [];
  forEachFortranOffset(header.dims, (offset) => ordered.push(stored[offset] ?? ''));
  return ordered;
}

function stringPieces(content: TensorContent): [Buffer, Uint8Array] {
  const points = Array.from(content.data as readonly string[], (text) =>
    Array.from(text, (c) => c.codePointAt(0) ?? 0),
  );
  const width = points.reduce((most, text) => Math.max(most, text.length), 1);
  const units = new Uint32Array(points.length * width);
  points.forEach((text, i) => {
    units.set(text, i * width);
  });
  return [npyHeaderBytes(`<U${width}`, content.dims), new Uint8Array(units.buffer)];
}
