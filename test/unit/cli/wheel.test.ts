/** Tests of unpacking a wheel: what is taken, what is checked, what is refused. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseRecord, placeOfEntry, unpackWheel, wheelVersion } from '../../../lib/cli/wheel.js';
import { writeFakeWheel, type FakeWheel } from './fake-wheel.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enginery-wheel-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function unpacked(
  options: FakeWheel = {},
  signal = new AbortController().signal,
): Promise<string[]> {
  const path = writeFakeWheel(join(folder, 'openvino.whl'), options);
  const { files } = await unpackWheel(path, join(folder, 'out'), {
    arch: process.arch,
    signal,
    onFile: () => undefined,
  });
  return files.map((file) => file.path);
}

describe('unpackWheel', () => {
  it('takes libraries, headers and licenses, and nothing else', async () => {
    expect(await unpacked()).toEqual([
      'libs/libopenvino_c.so.2641',
      'libs/libopenvino.so.2641',
      'libs/libopenvino_intel_cpu_plugin.so',
      'include/openvino/c/ov_core.h',
      'licenses/LICENSE',
    ]);
    expect(readFileSync(join(folder, 'out/libs/libopenvino.so.2641'), 'utf8')).toBe('core');
  });

  it('tells the version', async () => {
    expect(await wheelVersion(writeFakeWheel(join(folder, 'a.whl'), { version: '2025.2.0' }))).toBe(
      '2025.2.0',
    );
  });

  it.each([
    [
      'a library that differs from RECORD',
      { tampered: ['openvino/libs/libopenvino.so.2641'] },
      /SHA-256/u,
    ],
    [
      'a library that RECORD does not name',
      { unrecorded: ['openvino/libs/libopenvino.so.2641'] },
      /SHA-256/u,
    ],
    [
      'a wheel for another processor',
      { arch: process.arch === 'x64' ? 'arm64' : 'x64' },
      /are not for/u,
    ],
    [
      'a wheel without the C library',
      { without: ['openvino/libs/libopenvino_c.so.2641'] },
      /no libs\/libopenvino_c/u,
    ],
    [
      'a C library that is no library',
      { tampered: ['openvino/libs/libopenvino_c.so.2641'] },
      /SHA-256/u,
    ],
  ] as const)('refuses %s', async (_, options, message) => {
    await expect(unpacked(options)).rejects.toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
      message: expect.stringMatching(message) as string,
    });
  });

  it('never writes outside the folder', async () => {
    const places = await unpacked({
      more: {
        'openvino-2026.4.1.dist-info/licenses/../../../escaped': 'x',
        '/openvino/libs/libtbb.so': 'x',
        'openvino/libs/../libs/libtbb.so': 'x',
      },
    });
    expect(places).toHaveLength(5);
    expect(readdirSync(folder).sort()).toEqual(['openvino.whl', 'out']);
  });

  it('stops when aborted', async () => {
    await expect(unpacked({}, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ERR_ENGINERY_CANCELLED',
    });
  });
});

describe('placeOfEntry', () => {
  it.each([
    ['openvino/libs/libopenvino_arm_cpu_plugin.so', 'libs/libopenvino_arm_cpu_plugin.so'],
    ['openvino/libs/libopenvino_onnx_frontend.so.2641', 'libs/libopenvino_onnx_frontend.so.2641'],
    ['openvino/libs/libopenvino_auto_batch_plugin.so', 'libs/libopenvino_auto_batch_plugin.so'],
    ['openvino/libs/libtbbbind_2_5.so.3', 'libs/libtbbbind_2_5.so.3'],
    ['openvino/libs/libhwloc.so.15', 'libs/libhwloc.so.15'],
    ['openvino/libs/cache.json', 'libs/cache.json'],
    [
      'openvino/include/openvino/c/gpu/gpu_plugin_properties.h',
      'include/openvino/c/gpu/gpu_plugin_properties.h',
    ],
  ])('takes %s', (name, place) => {
    expect(placeOfEntry(name)).toBe(place);
  });

  it.each([
    'openvino/libs/libopenvino_paddle_frontend.so.2641',
    'openvino/libs/libtbbmalloc_proxy.so.2',
    'openvino/include/openvino/core/core.hpp',
    'openvino/_pyopenvino.cpython-311-x86_64-linux-gnu.so',
    'other/libs/libopenvino_c.so',
  ])('leaves %s', (name) => {
    expect(placeOfEntry(name)).toBeUndefined();
  });
});

describe('parseRecord', () => {
  it('reads digests and skips what has none', () => {
    const digest = 'A'.repeat(43);
    expect(
      parseRecord(`a/b,sha256=${digest},12\n"c,d",sha256=${digest},1\r\nRECORD,,\nx,md5=1,2\n`),
    ).toEqual(
      new Map([
        ['a/b', digest],
        ['c,d', digest],
      ]),
    );
  });
});
