/** Makes small wheels that look like OpenVINO's, good ones and ones that lie. */

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { zipPieces } from '../../../lib/common/index.js';

const ELF_MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** The first bytes of a shared library for `arch`. */
export function elfHeader(arch: string): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(ELF_MACHINES[arch] ?? 0, 18);
  return header;
}

export interface FakeWheel {
  readonly version?: string;
  readonly arch?: string;
  /** Files besides the usual ones, by name. */
  readonly more?: Readonly<Record<string, string>>;
  /** Files to leave out. */
  readonly without?: readonly string[];
  /** Files whose content differs from what RECORD says. */
  readonly tampered?: readonly string[];
  /** Files that RECORD does not name. */
  readonly unrecorded?: readonly string[];
}

/** Writes the wheel to `path` and returns the path. */
export function writeFakeWheel(path: string, options: FakeWheel = {}): string {
  const {
    version = '2026.4.1',
    arch = process.arch,
    without = [],
    tampered = [],
    unrecorded = [],
  } = options;
  const info = `openvino-${version}.dist-info`;
  const files = new Map<string, Buffer>([
    ['openvino/__init__.py', Buffer.from('print()')],
    ['openvino/libs/libopenvino_c.so.2641', elfHeader(arch)],
    ['openvino/libs/libopenvino.so.2641', Buffer.from('core')],
    ['openvino/libs/libopenvino_intel_cpu_plugin.so', Buffer.from('plugin')],
    ['openvino/libs/libopenvino_pytorch_frontend.so.2641', Buffer.from('not needed')],
    ['openvino/include/openvino/c/ov_core.h', Buffer.from('// header')],
    [`${info}/licenses/LICENSE`, Buffer.from('Apache')],
    ...Object.entries(options.more ?? {}).map(([name, text]) => [name, Buffer.from(text)] as const),
  ]);
  for (const name of without) files.delete(name);
  const record = Array.from(files, ([name, bytes]) => {
    const digest = createHash('sha256').update(bytes).digest('base64url');
    return unrecorded.includes(name) ? '' : `${name},sha256=${digest},${bytes.length}\r\n`;
  });
  for (const name of tampered) files.set(name, Buffer.from('something else'));
  const recordFile = {
    name: `${info}/RECORD`,
    bytes: Buffer.from(`${record.join('')}${info}/RECORD,,\r\n`),
  };
  const contents = Array.from(files, ([name, bytes]) => ({ name, bytes }));
  writeFileSync(path, Buffer.concat(zipPieces([...contents, recordFile])));
  return path;
}
