/** Where OpenVINO is looked for, and the CPU limit of a cgroup. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { cgroupCpus } from '../../../lib/common/index.js';
import {
  OPENVINO_VERSION,
  openvinoPlaces,
  openvinoSetupFolder,
  type SearchPlace,
} from '../../../lib/runtime/libraries.js';
import { temporaryFolder } from '../../fixtures/models.js';

/** The machine's files that these tests have of their own: a folder that holds proc/self/cgroup and the like. */
const machine = vi.hoisted(() => ({ root: '' }));
vi.mock(import('node:fs'), async (original) => {
  const fs = await original();
  const moved = (path: unknown): unknown =>
    path === '/proc/self/cgroup' || String(path).startsWith('/etc/ld.so.conf.d')
      ? machine.root + String(path)
      : path;
  const readFileSync = ((path: unknown, options: 'utf8') =>
    fs.readFileSync(moved(path) as string, options)) as typeof fs.readFileSync;
  const readdirSync = ((path: unknown) =>
    fs.readdirSync(moved(path) as string)) as typeof fs.readdirSync;
  return { ...fs, readFileSync, readdirSync };
});

const ARCH = process.arch === 'arm64' ? 'aarch64' : 'intel64';
const LIBRARY = 'libopenvino_c.so.2641';

let root = '';

/** An empty file at `parts` under the test's folder; its path. */
function file(...parts: readonly string[]): string {
  const path = join(root, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
}

/** The libraries that the places of this kind have. */
function found(place: string, places = openvinoPlaces(undefined)): (string | undefined)[] {
  return places
    .filter((one) => one.place === place && one.library !== undefined)
    .map(({ library }) => library);
}

beforeEach(() => {
  root = temporaryFolder();
  machine.root = join(root, 'machine');
  // Nothing of this machine is found but what lies in its system folders.
  vi.stubEnv('ENGINERY_OPENVINO', '');
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'));
  vi.stubEnv('HOME', join(root, 'home'));
  vi.stubEnv('VIRTUAL_ENV', undefined);
  vi.stubEnv('PATH', join(root, 'bin'));
  vi.stubEnv('LD_LIBRARY_PATH', undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('openvinoPlaces by a path that the user names', () => {
  it('takes a library by its path', () => {
    const library = file(LIBRARY);
    expect(openvinoPlaces(library)).toEqual([
      { place: 'option', path: library, library, preload: [] },
    ]);
  });

  it('says that a library named by its path is not there', () => {
    const path = join(root, LIBRARY);
    expect(openvinoPlaces(path)).toEqual([
      { place: 'option', path, preload: [], reason: 'no such file' },
    ]);
  });

  it.each([
    ['its folder', []],
    ['the root of a wheel’s folder', ['libs']],
    ['site-packages', ['openvino', 'libs']],
    ['the root of an archive', ['runtime', 'lib', ARCH]],
  ])('finds the library in %s', (_, parts) => {
    const library = file(...parts, LIBRARY);
    expect(found('option', openvinoPlaces(root))).toEqual([library]);
  });

  it('opens the oneTBB of an archive before its library', () => {
    file('runtime', 'lib', ARCH, LIBRARY);
    const tbb = file('runtime', '3rdparty', 'tbb', 'lib', 'libtbb.so.12');
    expect(openvinoPlaces(root)[0]?.preload).toEqual([tbb]);
  });

  it('takes the versioned name of the library where there are several', () => {
    file('libopenvino_c.so');
    const versioned = file(LIBRARY);
    expect(found('option', openvinoPlaces(root))).toEqual([versioned]);
  });

  it('takes no other library for it', () => {
    file('libopenvino.so.2641');
    file('libopenvino_c.so.bak');
    expect(openvinoPlaces(root)).toEqual([
      { place: 'option', path: root, preload: [], reason: 'no libopenvino_c.so there' },
    ]);
  });

  it('looks nowhere else', () => {
    vi.stubEnv('ENGINERY_OPENVINO', dirname(file('other', LIBRARY)));
    const places = openvinoPlaces(join(root, 'empty'));
    expect(places.map(({ place }) => place)).toEqual(['option']);
  });
});

describe('openvinoPlaces by ENGINERY_OPENVINO', () => {
  it('is the only place', () => {
    const library = file('named', 'libs', LIBRARY);
    vi.stubEnv('ENGINERY_OPENVINO', join(root, 'named'));
    expect(openvinoPlaces(undefined)).toEqual<SearchPlace[]>([
      { place: 'ENGINERY_OPENVINO', path: join(root, 'named/libs'), library, preload: [] },
    ]);
  });

  it('does not fall through where it holds nothing', () => {
    file('cache', 'enginery', 'openvino', OPENVINO_VERSION, 'libs', LIBRARY);
    vi.stubEnv('ENGINERY_OPENVINO', join(root, 'empty'));
    expect(openvinoPlaces(undefined)).toMatchObject([
      { place: 'ENGINERY_OPENVINO', reason: 'no libopenvino_c.so there' },
    ]);
  });
});

describe('openvinoPlaces in the user’s folders', () => {
  it('looks in the set-up folder, Pythons, the loader’s path and the system, in this order', () => {
    const kinds = ['setup', 'checkout', 'python', 'loader', 'system'];
    file('home', '.local', 'lib', 'python3.12', 'site-packages', 'openvino', 'libs', LIBRARY);
    vi.stubEnv('LD_LIBRARY_PATH', join(root, 'loader'));
    const order = [...new Set(openvinoPlaces(undefined).map(({ place }) => place))];
    // The checkout's own is there only after scripts/deps.mjs.
    expect(kinds.filter((kind) => order.includes(kind))).toEqual(order);
    expect(order).toEqual(expect.arrayContaining(['setup', 'python', 'loader', 'system']));
  });

  it('takes our own version of the set-up folder first, then others, the newest first', () => {
    const versions = ['2025.9.0', OPENVINO_VERSION, '2025.10.0', '2027.0.0'];
    for (const version of versions) file('cache/enginery/openvino', version, 'libs', LIBRARY);
    file('cache/enginery/openvino', 'rubbish', 'libs', LIBRARY);
    expect(found('setup')).toEqual(
      [OPENVINO_VERSION, '2027.0.0', '2025.10.0', '2025.9.0'].map((version) =>
        join(openvinoSetupFolder(version), 'libs', LIBRARY),
      ),
    );
  });

  it('names the set-up folder also where nothing was ever set up', () => {
    expect(openvinoPlaces(undefined)[0]).toEqual({
      place: 'setup',
      path: join(root, 'cache/enginery/openvino', OPENVINO_VERSION, 'libs'),
      preload: [],
      reason: 'no libopenvino_c.so there',
    });
  });

  it('finds the wheels of a virtual environment, of the user and of the Pythons in PATH', () => {
    const wheel = ['site-packages', 'openvino', 'libs', LIBRARY];
    file('bin', 'python3');
    const libraries = [
      file('venv', 'lib', 'python3.11', ...wheel),
      file('home', '.local', 'lib', 'python3.12', ...wheel),
      file('lib', 'python3', 'dist-packages', 'openvino', 'libs', LIBRARY),
    ];
    file('lib', 'node', ...wheel);
    vi.stubEnv('VIRTUAL_ENV', join(root, 'venv'));
    expect(found('python')).toEqual(libraries);
  });

  it('looks in every folder of LD_LIBRARY_PATH and of the loader’s configuration', () => {
    const library = file('second', LIBRARY);
    vi.stubEnv('LD_LIBRARY_PATH', `${join(root, 'first')}::${join(root, 'second')}`);
    const text = `# a comment\n/opt/a\n\n  /opt/b\n${join(root, 'first')}\ninclude more\n`;
    writeFileSync(file('machine/etc/ld.so.conf.d/own.conf'), text);
    writeFileSync(file('machine/etc/ld.so.conf.d/own.conf.bak'), '/opt/c\n');
    const places = openvinoPlaces(undefined).filter(({ place }) => place === 'loader');
    expect(places.map(({ path }) => path)).toEqual([
      ...[join(root, 'first'), join(root, 'second')],
      ...['/opt/a', '/opt/b'],
    ]);
    expect(found('loader')).toEqual([library]);
  });
});

describe('cgroupCpus', () => {
  /** Sets what /proc/self/cgroup says. */
  function membership(text: string): void {
    writeFileSync(file('machine/proc/self/cgroup'), text);
  }

  /** The root of cgroups with these limits; our own process is in /slice/service. */
  function hierarchy(limits: Readonly<Record<string, string>>): string {
    membership('0::/slice/service\n');
    mkdirSync(join(root, 'slice/service'), { recursive: true });
    for (const [folder, limit] of Object.entries(limits)) {
      writeFileSync(join(root, folder, 'cpu.max'), `${limit}\n`);
    }
    return root;
  }

  it.each([
    ['200000 100000', 2],
    ['150000 100000', 2],
    ['10000 100000', 1],
    ['1600000 100000', 16],
    ['50000 25000', 2],
  ])('rounds the quota "%s" up to %i whole CPUs', (limit, cpus) => {
    expect(cgroupCpus(hierarchy({ 'slice/service': limit }))).toBe(cpus);
  });

  it.each([
    ['no quota', 'max 100000'],
    ['an empty file', ''],
    ['a file of something else', 'rubbish'],
    ['a period of nothing', '100000 0'],
  ])('takes %s for no limit', (_, limit) => {
    expect(cgroupCpus(hierarchy({ '': limit, 'slice/service': limit }))).toBeUndefined();
  });

  it('knows no limit where no file sets one', () => {
    expect(cgroupCpus(hierarchy({}))).toBeUndefined();
    expect(cgroupCpus(join(root, 'nothing'))).toBeUndefined();
  });

  it('takes the smallest limit from our own cgroup up to the root', () => {
    const [two, four, none] = ['200000 100000', '400000 100000', 'max 100000'];
    expect(cgroupCpus(hierarchy({ slice: four, 'slice/service': two }))).toBe(2);
    expect(cgroupCpus(hierarchy({ slice: two, 'slice/service': four }))).toBe(2);
    expect(cgroupCpus(hierarchy({ slice: two, 'slice/service': none }))).toBe(2);
    expect(cgroupCpus(hierarchy({ '': two, slice: none, 'slice/service': none }))).toBe(2);
  });

  it.each([
    ['a cgroup namespace', '0::/\n'],
    ['another cgroup namespace', '0::/../../elsewhere\n'],
    ['version 1 beside it', '1:cpu:/\n0::/\n'],
    ['no version 2', '1:cpu:/\n'],
    ['no membership at all', ''],
  ])('takes the limit of the root in %s', (_, text) => {
    hierarchy({ '': '200000 100000' });
    membership(text);
    expect(cgroupCpus(root)).toBe(2);
  });

  it('knows the two files of version 1', () => {
    membership('4:cpu,cpuacct:/slice\n0::/\n');
    for (const [name, text] of [
      ['cpu.cfs_quota_us', '250000'],
      ['cpu.cfs_period_us', '100000'],
    ] as const) {
      writeFileSync(file('cpu/slice', name), `${text}\n`);
    }
    writeFileSync(file('cpu/cpu.cfs_quota_us'), '-1\n');
    writeFileSync(file('cpu/cpu.cfs_period_us'), '100000\n');
    expect(cgroupCpus(root)).toBe(3);
  });
});
