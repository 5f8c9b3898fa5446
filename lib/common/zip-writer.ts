/** Writes a zip file of stored entries in one go, as numpy's savez does. */

import { crc32 } from 'node:zlib';

import { EngineryError } from './errors.js';

const MAX_BYTES = 0xfffffffe;
/** 1 January 1980, the first day of zip's calendar: equal contents give equal files. */
const FIXED_DATE = 0x0021;
const UTF8_NAME = 0x0800;

/** A file to store. */
export interface ZipContent {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function header(
  content: ZipContent,
  nameBytes: number,
  signature: number,
  prefix: readonly number[],
): Buffer {
  const isCentral = prefix.length > 0;
  const bytes = Buffer.alloc(isCentral ? 46 : 30);
  bytes.writeUInt32LE(signature, 0);
  let at = 4;
  for (const value of prefix) at = bytes.writeUInt16LE(value, at);
  at = bytes.writeUInt16LE(20, at); // version needed: 2.0
  at = bytes.writeUInt16LE(UTF8_NAME, at);
  at = bytes.writeUInt16LE(0, at); // stored
  at = bytes.writeUInt16LE(0, at); // time
  at = bytes.writeUInt16LE(FIXED_DATE, at);
  at = bytes.writeUInt32LE(crc32(content.bytes), at);
  at = bytes.writeUInt32LE(content.bytes.length, at);
  at = bytes.writeUInt32LE(content.bytes.length, at);
  bytes.writeUInt16LE(nameBytes, at);
  return bytes;
}

/** The pieces of a zip file that holds `contents`, to be written one after the other. */
export function zipPieces(contents: readonly ZipContent[]): Uint8Array[] {
  if (contents.length > 0xfffe) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `expected at most 65534 files for a zip file, got ${contents.length}`,
    );
  }
  const pieces: Uint8Array[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const content of contents) {
    const name = Buffer.from(content.name, 'utf8');
    if (offset + content.bytes.length > MAX_BYTES) {
      throw new EngineryError(
        'INVALID_ARGUMENT',
        'expected less than 4 GiB for one zip file; write single files instead',
      );
    }
    const central = header(content, name.length, 0x02014b50, [20]);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    const local = header(content, name.length, 0x04034b50, []);
    pieces.push(local, name, content.bytes);
    offset += local.length + name.length + content.bytes.length;
  }
  const directoryBytes = directory.reduce((sum, piece) => sum + piece.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(contents.length, 8);
  end.writeUInt16LE(contents.length, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(offset, 16);
  return [...pieces, ...directory, end];
}
