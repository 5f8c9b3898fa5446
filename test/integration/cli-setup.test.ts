/** Tests of `enginery setup openvino` with made-up wheels and a made-up pip: no network, no real cache folder. */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../fixtures/models.js';
import { writeFakeWheel } from '../unit/cli/fake-wheel.js';
import { enginery, type CliOptions, type CliResult } from './cli-process.js';

let folder = '';
let cache = '';

beforeEach(() => {
  folder = temporaryFolder();
  cache = join(folder, 'cache');
});

function setup(args: readonly string[] = [], options: CliOptions = {}): Promise<CliResult> {
  const env = {
    XDG_CACHE_HOME: cache,
    TMPDIR: join(folder, 'tmp'),
    ENGINERY_OPENVINO: '',
    ...options.env,
  };
  mkdirSync(env.TMPDIR, { recursive: true });
  return enginery(['setup', 'openvino', ...args], { ...options, env });
}

/** A folder with a python3 that is this shell script. */
function pythonThat(script: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'python3'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'python3'), 0o755);
  return `${bin}:/usr/bin:/bin`;
}

describe('enginery setup openvino', () => {
  it('unpacks a wheel into the cache folder, once', async () => {
    const wheel = writeFakeWheel(join(folder, 'openvino.whl'));
    const first = await setup(['--from', wheel]);
    const place = join(cache, 'enginery/openvino/2026.4.1');
    expect(first).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`place    ${place}`) as string,
    });
    // The made-up library does not load; setup says so instead of promising.
    expect(first.stderr).toContain('warning it does not load');
    const before = statSync(place).ino;
    const again = await setup(['--from', wheel]);
    expect(again.stdout).toContain('already set up');
    expect(statSync(place).ino).toBe(before);
    await setup(['--from', wheel, '--force']);
    expect(statSync(place).ino).not.toBe(before);
    expect(readdirSync(join(cache, 'enginery/openvino'))).toEqual(['2026.4.1']);
  });

  it('repairs an incomplete folder', async () => {
    const wheel = writeFakeWheel(join(folder, 'openvino.whl'));
    await setup(['--from', wheel]);
    const library = join(cache, 'enginery/openvino/2026.4.1/libs/libopenvino.so.2641');
    rmSync(library);
    expect((await setup(['--from', wheel])).stdout).not.toContain('already');
    expect(existsSync(library)).toBe(true);
  });

  it('puts another version into a folder of its own, where it is found without being told', async () => {
    const wheel = writeFakeWheel(join(folder, 'openvino.whl'), { version: '2025.2.0' });
    const { stdout } = await setup(['--from', wheel]);
    expect(stdout).toContain(join(cache, 'enginery/openvino/2025.2.0'));
    expect(stdout).not.toContain('ENGINERY_OPENVINO=');
    const wrong = await setup(['--from', wheel, '--version', '2026.4.1']);
    expect(wrong).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('got 2025.2.0') as string,
    });
  });

  it.each([
    ['a wheel that was tampered with', { tampered: ['openvino/libs/libopenvino.so.2641'] }],
    ['a wheel for another processor', { arch: process.arch === 'x64' ? 'arm64' : 'x64' }],
  ])('leaves nothing behind after %s', async (_, options) => {
    const wheel = writeFakeWheel(join(folder, 'openvino.whl'), options);
    expect(await setup(['--from', wheel])).toMatchObject({ status: 2 });
    expect(readdirSync(join(cache, 'enginery/openvino'))).toEqual([]);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('refuses a folder with other files', async () => {
    const wheel = writeFakeWheel(join(folder, 'openvino.whl'));
    const { status, stderr } = await setup(['--from', wheel, '--dir', folder]);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('holds other files') as string,
    });
    expect(existsSync(wheel)).toBe(true);
  });

  it('asks pip for the wheel of this machine', async () => {
    const wheel = writeFakeWheel(join(folder, 'openvino.whl'));
    const PATH = pythonThat(
      `echo "$@" > '${folder}/asked'\nwhile [ "$1" != --dest ]; do shift; done\ncp '${wheel}' "$2/"`,
    );
    const { status, stdout } = await setup(['--dir', join(folder, 'here')], { env: { PATH } });
    expect(status).toBe(0);
    expect(stdout).toContain(`ENGINERY_OPENVINO=${join(folder, 'here')}`);
    expect(readdirSync(join(folder, 'here')).sort()).toEqual([
      'enginery-runtime.json',
      'include',
      'libs',
      'licenses',
    ]);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it.each([
    ['there is no Python', undefined, /python3 does not start/u],
    [
      'Python has no pip',
      'echo "/usr/bin/python3: No module named pip" >&2; exit 1',
      /has no pip/u,
    ],
    [
      'pip finds nothing',
      'echo "ERROR: No matching distribution found" >&2; exit 1',
      /No matching distribution/u,
    ],
  ])('tells the exact command when %s', async (_, script, reason) => {
    const PATH = script === undefined ? '/nonexistent' : pythonThat(script);
    const { status, stderr } = await setup([], { env: { PATH } });
    expect(status).toBe(4);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/python3 -m pip download .* openvino==2026\.4\.1/u);
    expect(stderr).toContain('enginery setup openvino --from');
  });

  it('stops pip and cleans up on Ctrl-C', async () => {
    const PATH = pythonThat(`echo $$ > '${folder}/pid'\nexec sleep 600`);
    let isStopped = false;
    const { status, stderr } = await setup([], {
      env: { PATH },
      onStderr: (text, child) => {
        if (isStopped || !text.includes('downloading')) return;
        isStopped = true;
        child.kill('SIGINT');
      },
    });
    onTestFinished(() => {
      isStopped = true;
    });
    expect(status).toBe(130);
    expect(stderr).toContain('ERR_ENGINERY_CANCELLED');
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });
});
