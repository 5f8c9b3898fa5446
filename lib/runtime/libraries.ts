/** Where OpenVINO's C library may be on this machine, in the order of DESIGN section 4. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import envPaths from 'env-paths';
import { packageFolder } from '../common/index.js';

/** The version that `enginery setup openvino` brings and the tests run with. */
export const OPENVINO_VERSION = '2026.4.1';

/** A place that was looked at. */
export interface SearchPlace {
  /** Whose place it is: 'option', 'ENGINERY_OPENVINO', 'setup', 'checkout', 'python', 'loader', 'system'. */
  readonly place: string;
  readonly path: string;
  /** The library's file; absent when there is none. */
  readonly library?: string;
  /** Libraries of other folders that it needs, to be opened first. */
  readonly preload: readonly string[];
  /** Why there is none. */
  readonly reason?: string;
}

/** The folder that `enginery setup openvino` fills. */
export function openvinoSetupFolder(version: string = OPENVINO_VERSION): string {
  return path.join(envPaths('enginery', { suffix: '' }).cache, 'openvino', version);
}

/** What scripts/deps.mjs brings to a checkout; not in the published package. */
const CHECKOUT_FOLDER = path.join(packageFolder, 'build/deps/openvino/libs');

const LIBRARY = /^libopenvino_c\.so(\.\d+)*$/;

/** The C library in a folder: wheels have only the versioned name (openvino.md, trap 18). */
function libraryIn(folder: string): string | undefined {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    // A folder that cannot be read holds nothing for us; the place reports it as absent.
    return undefined;
  }
  const found = names.filter((name) => LIBRARY.test(name)).sort((a, b) => b.length - a.length)[0];
  return found === undefined ? undefined : path.join(folder, found);
}

/** Archive installs keep oneTBB in a folder of its own (openvino.md, trap 18). */
function tbbBeside(folder: string): string[] {
  // <root>/runtime/lib/intel64 and <root>/runtime/3rdparty/tbb/lib.
  const lib = path.resolve(folder, '../../3rdparty/tbb/lib');
  return existsSync(path.join(lib, 'libtbb.so.12')) ? [path.join(lib, 'libtbb.so.12')] : [];
}

function inFolders(place: string, folders: readonly string[]): SearchPlace[] {
  return folders.map((folder) => {
    const library = libraryIn(folder);
    return library === undefined
      ? { place, path: folder, preload: [], reason: 'no libopenvino_c.so there' }
      : { place, path: folder, library, preload: tbbBeside(folder) };
  });
}

/** A path that the user named: the library itself, its folder, or the root of an installation. */
function fromUser(place: string, named: string): SearchPlace[] {
  if (/\.so(\.\d+)*$/.test(named)) {
    return existsSync(named)
      ? [
          {
            place,
            path: named,
            library: path.resolve(named),
            preload: tbbBeside(path.dirname(named)),
          },
        ]
      : [{ place, path: named, preload: [], reason: 'no such file' }];
  }
  const root = path.resolve(named);
  const places = inFolders(place, [
    root,
    path.join(root, 'libs'),
    path.join(root, 'openvino/libs'),
    path.join(root, `runtime/lib/${intelArch()}`),
  ]);
  return [
    places.find(({ library }) => library !== undefined) ?? {
      place,
      path: named,
      preload: [],
      reason: 'no libopenvino_c.so there',
    },
  ];
}

function intelArch(): string {
  return process.arch === 'arm64' ? 'aarch64' : 'intel64';
}

/** site-packages of the Pythons that a shell of this user would start, found without starting one. */
function pythonFolders(): string[] {
  const roots = new Set<string>();
  const virtualEnv = process.env['VIRTUAL_ENV'];
  if (virtualEnv !== undefined) roots.add(path.join(virtualEnv, 'lib'));
  const home = process.env['HOME'];
  if (home !== undefined) roots.add(path.join(home, '.local/lib'));
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    if (existsSync(path.join(folder, 'python3'))) roots.add(path.join(path.dirname(folder), 'lib'));
  }
  const found: string[] = [];
  for (const root of roots) {
    let names: string[] = [];
    try {
      names = readdirSync(root);
    } catch {
      // No such Python: nothing to look at.
      continue;
    }
    for (const name of names) {
      if (!/^python3(\.\d+)?$/.test(name)) continue;
      for (const packages of ['site-packages', 'dist-packages']) {
        const folder = path.join(root, name, packages, 'openvino/libs');
        if (existsSync(folder)) found.push(folder);
      }
    }
  }
  return found;
}

function vendorFolders(): string[] {
  const roots = ['/opt/intel'];
  const found: string[] = [];
  for (const root of roots) {
    try {
      for (const name of readdirSync(root)) {
        if (name.startsWith('openvino'))
          found.push(path.join(root, name, `runtime/lib/${intelArch()}`));
      }
    } catch {
      // No /opt/intel on this machine.
    }
  }
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return [...found, `/usr/lib/${triple}`, '/usr/local/lib', '/usr/lib64', '/usr/lib'];
}

/** What `enginery setup openvino` brought: our own version first, then others, the newest first. */
function setupFolders(): string[] {
  const own = openvinoSetupFolder();
  let versions: string[] = [];
  try {
    versions = readdirSync(path.dirname(own));
  } catch {
    // Nothing was ever set up; our own folder is named as the place that was searched.
  }
  const others = versions.filter(
    (version) => /^\d+\.\d+/.test(version) && version !== OPENVINO_VERSION,
  );
  others.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return [own, ...others.map((version) => openvinoSetupFolder(version))].map((folder) =>
    path.join(folder, 'libs'),
  );
}

/** The loader's own path: LD_LIBRARY_PATH, then the folders of its configuration. */
function loaderFolders(): string[] {
  const folders = (process.env['LD_LIBRARY_PATH'] ?? '').split(':');
  const configuration = '/etc/ld.so.conf.d';
  try {
    for (const name of readdirSync(configuration)) {
      if (!name.endsWith('.conf')) continue;
      const lines = readFileSync(path.join(configuration, name), 'utf8').split('\n');
      folders.push(...lines.map((line) => line.trim()).filter((line) => line.startsWith('/')));
    }
  } catch {
    // Other C libraries have no such folder.
  }
  return [...new Set(folders.filter((folder) => folder !== ''))];
}

/**
 * Every place, best first. A path by option or by ENGINERY_OPENVINO is the only place: who names a library wants that
 * one and no other.
 */
export function openvinoPlaces(option: string | undefined): readonly SearchPlace[] {
  if (option !== undefined) return fromUser('option', option);
  const variable = process.env['ENGINERY_OPENVINO'];
  if (variable !== undefined && variable !== '') return fromUser('ENGINERY_OPENVINO', variable);
  return [
    ...inFolders('setup', setupFolders()),
    ...(existsSync(CHECKOUT_FOLDER) ? inFolders('checkout', [CHECKOUT_FOLDER]) : []),
    ...inFolders('python', pythonFolders()),
    ...inFolders('loader', loaderFolders()),
    ...inFolders('system', vendorFolders()),
  ];
}
