/** Tests of the zip reader: good files, every way to lie about an entry, and cuts at every byte. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSafeZipPath, zipPieces, ZipReader } from '../../../lib/common/index.js';

const CONTENT = Buffer.from('hello '.repeat(100));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'enginery-zip-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function saved(bytes: Uint8Array): string {
  const path = join(folder, 'x.zip');
  writeFileSync(path, bytes);
  return path;
}

/** One deflated entry; the offsets below are those of this file. */
function deflatedZip(): Buffer {
  const packed = deflateRawSync(CONTENT);
  const local = Buffer.alloc(30);
  const central = Buffer.alloc(46);
  local.writeUInt32LE(0x04034b50, 0);
  central.writeUInt32LE(0x02014b50, 0);
  for (const [header, at] of [
    [local, 4],
    [central, 6],
  ] as const) {
    header.writeUInt16LE(20, at);
    header.writeUInt16LE(8, at + 4);
    header.writeUInt32LE(crc32(CONTENT), at + 10);
    header.writeUInt32LE(packed.length, at + 14);
    header.writeUInt32LE(CONTENT.length, at + 18);
    header.writeUInt16LE(1, at + 22);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(47, 12);
  end.writeUInt32LE(31 + packed.length, 16);
  return Buffer.concat([local, Buffer.from('a'), packed, central, Buffer.from('a'), end]);
}

async function readAll(bytes: Uint8Array): Promise<Buffer[]> {
  const zip = await ZipReader.open(saved(bytes));
  try {
    const contents: Buffer[] = [];
    for (const entry of zip.entries.values()) contents.push(await zip.read(entry));
    return contents;
  } finally {
    await zip.close();
  }
}

/** The file with one 16 or 32 bit field of its central directory changed. */
function withCentral(offset: number, value: number, bytes: 2 | 4): Buffer {
  const zip = deflatedZip();
  const at = zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + offset;
  zip.writeUIntLE(value, at, bytes);
  return zip;
}

describe('ZipReader', () => {
  it('reads stored and deflated entries', async () => {
    expect(await readAll(deflatedZip())).toEqual([CONTENT]);
    const pieces = zipPieces([
      { name: 'a/b', bytes: CONTENT },
      { name: 'é', bytes: new Uint8Array() },
    ]);
    expect(await readAll(Buffer.concat(pieces))).toEqual([CONTENT, Buffer.alloc(0)]);
  });

  it('takes a signature in the comment for what it is', async () => {
    const zip = deflatedZip();
    const comment = Buffer.from('PK\u0005\u0006 a comment of some length');
    zip.writeUInt16LE(comment.length, zip.length - 2);
    expect(await readAll(Buffer.concat([zip, comment]))).toEqual([CONTENT]);
  });

  it.each([
    ['a wrong CRC', withCentral(16, 1, 4)],
    ['a smaller size than the content has', withCentral(24, 10, 4)],
    ['a larger size than the content has', withCentral(24, 700, 4)],
    ['an impossible size', withCentral(24, 0x70000000, 4)],
    ['a size over 2 GiB', withCentral(24, 0x90000000, 4)],
    ['an unknown compression', withCentral(10, 99, 2)],
    ['encryption', withCentral(8, 1, 2)],
    ['a place outside the file', withCentral(42, 0x7fffffff, 4)],
    ['a place that is no entry', withCentral(42, 3, 4)],
    ['a name beyond the directory', withCentral(28, 5000, 2)],
    ['a damaged directory', withCentral(0, 0, 4)],
  ])('refuses %s', async (_, bytes) => {
    await expect(readAll(bytes)).rejects.toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
  });

  it('refuses zip64 and a name that is there twice', async () => {
    const zip = deflatedZip();
    zip.writeUInt16LE(0xffff, zip.length - 12);
    await expect(readAll(zip)).rejects.toThrow(/zip64/u);
    const twice = zipPieces([
      { name: 'a', bytes: CONTENT },
      { name: 'a', bytes: CONTENT },
    ]);
    await expect(readAll(Buffer.concat(twice))).rejects.toThrow(/twice/u);
  });

  it('refuses every cut of a good file', async () => {
    const zip = deflatedZip();
    for (let length = 0; length < zip.length; length++) {
      await expect(readAll(zip.subarray(0, length))).rejects.toMatchObject({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
      });
    }
  });

  it('refuses a missing file and a folder', async () => {
    await expect(ZipReader.open(join(folder, 'none'))).rejects.toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
    });
    await expect(ZipReader.open(folder)).rejects.toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
    });
  });
});

describe('isSafeZipPath', () => {
  it.each(['a', 'a/b.so', 'a..b/c', '.hidden/x'])('takes %s', (name) => {
    expect(isSafeZipPath(name)).toBe(true);
  });

  it.each(['', '/a', '../a', 'a/../b', 'a//b', './a', 'a/.', 'a\\b', 'C:/a', 'a\u0000b', 'a\nb'])(
    'refuses %j',
    (name) => {
      expect(isSafeZipPath(name)).toBe(false);
    },
  );
});
