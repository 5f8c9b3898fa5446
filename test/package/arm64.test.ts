/** The arm64 prebuild under qemu-user, with an arm64 Node and the aarch64 OpenVINO wheel. */

import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digitsFolder,
  installedProject,
  openvinoFolder,
  pack,
  repository,
  run,
  temporaryFolder,
} from './tarball.js';

/** Debian's folder of arm64 libraries (packages libc6-arm64-cross and libstdc++6-arm64-cross). */
const SYSROOT = '/usr/aarch64-linux-gnu';
const node = join(repository, 'build', 'deps', 'node-arm64', 'bin', 'node');

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
}

/** What this machine lacks for the run, or undefined. */
function lack(): string | undefined {
  const packages =
    'apt-get install -y g++-aarch64-linux-gnu qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross';
  if (process.arch !== 'x64') return 'this machine is no x64 one, nothing to emulate';
  if (!onPath('aarch64-linux-gnu-g++')) return `no arm64 cross-compiler: ${packages}`;
  if (!onPath('qemu-aarch64-static')) return `no qemu-aarch64-static: ${packages}`;
  if (!existsSync(join(SYSROOT, 'lib', 'libstdc++.so.6'))) return `no arm64 libraries: ${packages}`;
  if (openvinoFolder('-arm64') === undefined || !existsSync(node)) {
    return 'no arm64 Node and OpenVINO: node scripts/deps.mjs --arch arm64';
  }
  return undefined;
}

const missing = lack();
const folders: string[] = [];

it('has the tools that CI must have', () => {
  if (process.env['CI']) expect(missing).toBeUndefined();
});

describe('on arm64', () => {
  let project = '';

  beforeAll(async () => {
    if (missing !== undefined) return;
    await run(process.execPath, ['scripts/prebuild.mjs', '--arch', 'arm64'], { cwd: repository });
    const folder = temporaryFolder('pack');
    folders.push(folder);
    const { tarball } = await pack(folder);
    project = await installedProject(tarball, ['--omit=peer']);
    folders.push(project);
  }, 300_000);

  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it('classifies the digits on OpenVINO as x64 does', async (context) => {
    context.skip(missing !== undefined, missing);
    const openvino = openvinoFolder('-arm64') ?? '';
    const output = await run(
      'qemu-aarch64-static',
      ['-cpu', 'max', '-L', SYSROOT, node, 'digits.mjs', digitsFolder, 'openvino'],
      {
        cwd: project,
        // An emulated program finds its libraries below SYSROOT, and OpenVINO's by their own RPATH.
        env: { ...process.env, ENGINERY_OPENVINO: openvino },
      },
    );
    expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toEqual({
      provider: 'openvino',
      right: 498,
    });
  }, 300_000);
});
