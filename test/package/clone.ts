/** Fresh clones on machines that lack something: the files of git, a PATH and a cache of the test's choosing. */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { repository, temporaryFolder } from './tarball.js';

const folders: string[] = [];

/** Removes every folder made here; for afterAll. */
export function removeClones(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

/** The files that git would clone, with what is not committed yet; packages are those of this checkout. */
export function freshClone(): string {
  const folder = temporaryFolder('clone');
  folders.push(folder);
  const list = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const file of list.split('\0')) {
    if (file === '' || !existsSync(join(repository, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(repository, file), join(folder, file));
  }
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Where the PATH has a program, through links and version managers' shims. */
export function placeOf(program: string): string | undefined {
  if (program === 'python3') {
    const answer = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    });
    return answer.status === 0 ? realpathSync(answer.stdout.trim()) : undefined;
  }
  const folder = (process.env['PATH'] ?? '')
    .split(delimiter)
    .find((name) => existsSync(join(name, program)));
  return folder === undefined ? undefined : join(folder, program);
}

/** What Node.js and its package manager need. */
export const ALWAYS = ['node', 'npm', 'env', 'sh', 'bash', 'tar', 'uname'];
/** What a native build needs. */
export const COMPILER = [
  'cmake',
  'c++',
  'g++',
  'gcc',
  'cc',
  'make',
  'ninja',
  'as',
  'ld',
  'ar',
  'ranlib',
];

/** A PATH with these programs and no other. */
export function pathWith(programs: readonly string[]): string {
  const folder = temporaryFolder('path');
  folders.push(folder);
  for (const program of programs) {
    const place = placeOf(program);
    if (place !== undefined) symlinkSync(place, join(folder, program));
  }
  return folder;
}

/** A cache home that holds some of what this user's has. */
export function cacheWith(names: readonly string[]): string {
  const folder = temporaryFolder('cache');
  folders.push(folder);
  const target = join(folder, 'enginery', 'deps');
  mkdirSync(target, { recursive: true });
  // build/deps/<name> leads into the store; its entry is the folder below 'deps'.
  for (const name of names) {
    const [before = '', after = ''] = realpathSync(join(repository, 'build', 'deps', name)).split(
      '/enginery/deps/',
    );
    const entry = after.split('/')[0] ?? '';
    symlinkSync(join(before, 'enginery', 'deps', entry), join(target, entry));
  }
  return folder;
}

/** How a script ended, and all it said. */
export interface Result {
  readonly status: number | null;
  readonly said: string;
}

/** Puts a Python into the PATH whose `pip download` is this shell text; all else goes to the real one. */
export function replacePipDownload(path: string, shell: string): void {
  const file = join(path, 'python3');
  const python = placeOf('python3') ?? '';
  writeFileSync(
    file,
    `#!/bin/sh\ncase "$*" in *"pip download"*) ${shell}; exit 1;; esac\nexec "${python}" "$@"\n`,
  );
  chmodSync(file, 0o755);
}

/** Runs a script of the clone with that PATH and that cache home. */
export function runScript(
  clone: string,
  args: readonly string[],
  { path, cache }: { path: string; cache: string },
): Result {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: path,
    XDG_CACHE_HOME: cache,
    // What this run was started with must not stand in for what the clone has to find.
    ENGINERY_OPENVINO: undefined,
    CI: undefined,
    VIRTUAL_ENV: undefined,
    LD_LIBRARY_PATH: undefined,
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: clone,
    env,
    encoding: 'utf8',
  });
  return { status, said: `${stdout}\n${stderr}` };
}
