/** Unpacks the part of an OpenVINO wheel that enginery needs, every file checked against the wheel's own RECORD. */

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import {
  EngineryError,
  isSafeZipPath,
  throwIfAborted,
  ZipReader,
  type ZipEntry,
} from '../common/index.js';

/**
 * The core, its C interface, the device plugins, the frontends for ONNX, IR and TFLite, and the thread library: two
 * thirds of the wheel's libraries. Python's binding and the frontends for other frameworks stay out.
 */
const LIBRARIES =
  /^openvino\/libs\/(?:libopenvino(?:_c)?\.so|libopenvino_(?:\w+_(?:cpu|gpu|npu)|auto|auto_batch|hetero)_plugin\.so|libopenvino_(?:onnx|ir|tensorflow_lite)_frontend\.so|lib(?:tbb|tbbmalloc|tbbbind\w*|hwloc)\.so|cache\.json$)/u;
const HEADERS = /^openvino\/include\/openvino\/c\/[\w/]+\.h$/u;
const LICENSES = /^openvino-[\w.]+\.dist-info\/licenses\/.+$/u;

/** A file that was unpacked. */
export interface UnpackedFile {
  /** Path below the target folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface UnpackedWheel {
  readonly version: string;
  readonly files: readonly UnpackedFile[];
}

function wheelError(path: string, problem: string): EngineryError {
  return new EngineryError(
    'INVALID_ARGUMENT',
    `cannot use ${path} as an OpenVINO wheel: ${problem}`,
  );
}

/** Where an entry goes below the target folder; undefined for what is not needed. */
export function placeOfEntry(name: string): string | undefined {
  if (!isSafeZipPath(name)) return undefined;
  if (LIBRARIES.test(name) || HEADERS.test(name)) return name.slice('openvino/'.length);
  if (LICENSES.test(name)) return name.slice(name.indexOf('/') + 1);
  return undefined;
}

/** Path to SHA-256 (base64url) of a wheel's RECORD: lines of `path,sha256=...,size`. */
export function parseRecord(text: string): Map<string, string> {
  const digests = new Map<string, string>();
  for (const line of text.split(/\r?\n/u)) {
    const match = /^"?(.+?)"?,sha256=([\w-]{43})=?,\d+$/u.exec(line);
    const [, path, digest] = match ?? [];
    if (path !== undefined && digest !== undefined) digests.set(path, digest);
  }
  return digests;
}

/** The RECORD of the wheel, whose folder name holds the version. */
function findRecord(zip: ZipReader, path: string): { entry: ZipEntry; version: string } {
  for (const entry of zip.entries.values()) {
    const version = /^openvino-(\d[\w.]*)\.dist-info\/RECORD$/u.exec(entry.name)?.[1];
    if (version !== undefined) return { entry, version };
  }
  throw wheelError(path, 'it has no openvino-*.dist-info/RECORD');
}

/** The version of the OpenVINO wheel at `path`. */
export async function wheelVersion(path: string): Promise<string> {
  const zip = await ZipReader.open(path);
  try {
    return findRecord(zip, path).version;
  } finally {
    await zip.close();
  }
}

function neededEntries(zip: ZipReader, path: string): { entry: ZipEntry; place: string }[] {
  const needed = [...zip.entries.values()].flatMap((entry) => {
    const place = placeOfEntry(entry.name);
    return place === undefined ? [] : [{ entry, place }];
  });
  for (const part of ['libs/libopenvino_c.so', 'libs/libopenvino.so']) {
    if (needed.some(({ place }) => place.startsWith(part))) continue;
    throw wheelError(path, `it has no ${part} (wheels for Linux have)`);
  }
  return needed;
}

/** ELF machine numbers (e_machine) of the architectures we serve. */
const ELF_MACHINES: Readonly<Record<string, number>> = Object.freeze({ x64: 62, arm64: 183 });

function checkMachine(bytes: Buffer, arch: string, path: string): void {
  const isElf = bytes.length > 20 && bytes.readUInt32BE(0) === 0x7f454c46;
  if (isElf && bytes.readUInt16LE(18) === ELF_MACHINES[arch]) return;
  throw wheelError(path, `its libraries are not for ${arch}`);
}

export interface UnpackOptions {
  readonly arch: string;
  readonly signal: AbortSignal;
  onFile(done: number, total: number): void;
}

/** Unpacks into `folder`, which the caller made and throws away on failure. `ERR_ENGINERY_INVALID_ARGUMENT`. */
export async function unpackWheel(
  path: string,
  folder: string,
  options: UnpackOptions,
): Promise<UnpackedWheel> {
  const zip = await ZipReader.open(path);
  try {
    const record = findRecord(zip, path);
    const digests = parseRecord((await zip.read(record.entry)).toString('utf8'));
    const needed = neededEntries(zip, path);
    const files: UnpackedFile[] = [];
    for (const { entry, place } of needed) {
      throwIfAborted('setup', options.signal);
      const bytes = await zip.read(entry);
      const digest = createHash('sha256').update(bytes).digest();
      if (digests.get(entry.name) !== digest.toString('base64url')) {
        throw wheelError(
          path,
          `"${entry.name}" differs from its SHA-256 in RECORD; download the wheel again`,
        );
      }
      if (place.startsWith('libs/libopenvino_c.so')) checkMachine(bytes, options.arch, path);
      const target = join(folder, place);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, bytes, { flag: 'wx' });
      files.push({ path: place, bytes: bytes.length, sha256: digest.toString('hex') });
      options.onFile(files.length, needed.length);
    }
    return { version: record.version, files };
  } finally {
    await zip.close();
  }
}
