/** Reads the zip files that are used here (.npz, Python wheels): stored and deflated entries, every one checked. */

import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';

import { EngineryError, messageFromUnknown } from './errors.js';

const inflate = promisify(inflateRaw) as (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
) => Promise<Buffer>;

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_ENTRY_BYTES = 2 ** 31 - 1;
/** Deflate cannot do better than this (RFC 1951: 258 bytes from two bits), so a larger claim is a lie. */
const MAX_DEFLATE_RATIO = 1032;

/** One file in a zip. */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
}

function zipError(path: string, problem: string, cause?: unknown): EngineryError {
  const options = cause === undefined ? undefined : { cause };
  return new EngineryError(
    'INVALID_ARGUMENT',
    `cannot read ${path} as a zip file: ${problem}`,
    options,
  );
}

/** Is `name` a relative path that stays below the folder it is written to? Ask before unpacking to disk. */
export function isSafeZipPath(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (name === '' || /[\\\u0000-\u001f]/u.test(name) || /^(?:\/|[A-Za-z]:)/u.test(name))
    return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

async function readExactly(
  file: FileHandle,
  path: string,
  offset: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw zipError(path, 'it ends too early');
    done += bytesRead;
  }
  return bytes;
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

async function findDirectory(
  file: FileHandle,
  path: string,
  fileBytes: number,
): Promise<Directory> {
  const tailBytes = Math.min(fileBytes, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await readExactly(file, path, fileBytes - tailBytes, tailBytes);
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_SIGNATURE) continue;
    // The comment must reach exactly to the end: the signature inside a comment is no end record.
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tailBytes) continue;
    const count = tail.readUInt16LE(at + 10);
    const bytes = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    if (count === 0xffff || bytes === 0xffffffff || offset === 0xffffffff) {
      throw zipError(path, 'zip64 archives are not supported (over 4 GiB or 65534 entries)');
    }
    if (tail.readUInt16LE(at + 4) !== 0 || tail.readUInt16LE(at + 8) !== count) {
      throw zipError(path, 'archives in several parts are not supported');
    }
    if (offset + bytes > fileBytes) throw zipError(path, 'its directory lies outside the file');
    return { offset, bytes, count };
  }
  throw zipError(path, 'it has no zip directory (not a zip file, or cut off)');
}

function parseEntry(path: string, record: Buffer, nameBytes: number): ZipEntry {
  const name = record.toString('utf8', 46, 46 + nameBytes);
  const flags = record.readUInt16LE(8);
  const method = record.readUInt16LE(10);
  const compressedBytes = record.readUInt32LE(20);
  const bytes = record.readUInt32LE(24);
  if ((flags & 0x1) !== 0) throw zipError(path, `entry "${name}" is encrypted`);
  if (method !== 0 && method !== 8)
    throw zipError(path, `entry "${name}" has compression method ${method}`);
  if (bytes > MAX_ENTRY_BYTES || compressedBytes > MAX_ENTRY_BYTES) {
    throw zipError(path, `entry "${name}" is larger than ${MAX_ENTRY_BYTES} bytes`);
  }
  const isPossible =
    method === 0 ? bytes === compressedBytes : bytes <= (compressedBytes + 1) * MAX_DEFLATE_RATIO;
  if (!isPossible) throw zipError(path, `entry "${name}" claims an impossible size`);
  return {
    name,
    method: method === 0 ? 'stored' : 'deflated',
    crc32: record.readUInt32LE(16),
    compressedBytes,
    bytes,
    headerOffset: record.readUInt32LE(42),
  };
}

function parseDirectory(path: string, directory: Buffer, count: number): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL_SIGNATURE) {
      throw zipError(path, `its directory is damaged at entry ${i + 1} of ${count}`);
    }
    const nameBytes = directory.readUInt16LE(at + 28);
    const recordBytes =
      46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (at + recordBytes > directory.length) throw zipError(path, 'its directory is cut off');
    const entry = parseEntry(path, directory.subarray(at, at + recordBytes), nameBytes);
    at += recordBytes;
    if (entry.name.endsWith('/')) continue;
    if (entries.has(entry.name)) throw zipError(path, `entry "${entry.name}" is there twice`);
    entries.set(entry.name, entry);
  }
  return entries;
}

/** An open zip file. Entries are read one at a time; `close` it when done. */
export class ZipReader {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly entries: ReadonlyMap<string, ZipEntry>;

  private constructor(file: FileHandle, path: string, entries: ReadonlyMap<string, ZipEntry>) {
    this.#file = file;
    this.#path = path;
    this.entries = entries;
  }

  /** Opens `path` and reads its directory. `ERR_ENGINERY_INVALID_ARGUMENT` for anything that is not a zip file. */
  static async open(path: string): Promise<ZipReader> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      throw zipError(path, messageFromUnknown(error), error);
    }
    try {
      const status = await file.stat();
      if (!status.isFile()) throw zipError(path, 'it is not a regular file');
      const directory = await findDirectory(file, path, status.size);
      const bytes = await readExactly(file, path, directory.offset, directory.bytes);
      const entries = parseDirectory(path, bytes, directory.count);
      for (const entry of entries.values()) {
        if (entry.headerOffset + entry.compressedBytes <= status.size) continue;
        throw zipError(path, `entry "${entry.name}" lies outside the file`);
      }
      return new ZipReader(file, path, entries);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The content of an entry, checked against its size and CRC-32. */
  async read(entry: ZipEntry): Promise<Buffer> {
    const header = await readExactly(this.#file, this.#path, entry.headerOffset, 30);
    if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) {
      throw zipError(this.#path, `entry "${entry.name}" is not where the directory says`);
    }
    const start = entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const stored = await readExactly(this.#file, this.#path, start, entry.compressedBytes);
    const bytes = entry.method === 'stored' ? stored : await this.#inflate(entry, stored);
    if (bytes.length !== entry.bytes || crc32(bytes) !== entry.crc32) {
      throw zipError(this.#path, `entry "${entry.name}" is damaged (size or CRC-32 differs)`);
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #inflate(entry: ZipEntry, stored: Buffer): Promise<Buffer> {
    try {
      return await inflate(stored, { maxOutputLength: Math.max(1, entry.bytes) });
    } catch (error) {
      throw zipError(this.#path, `entry "${entry.name}" does not inflate`, error);
    }
  }
}
