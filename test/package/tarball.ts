/** What the package tests share: the tarball of this checkout, projects that install it, and programs run there. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export const repository = resolve(import.meta.dirname, '../..');
export const digitsFolder = join(repository, 'models', 'digits');

/** The OpenVINO that scripts/deps.mjs brought, or undefined where it could not. */
export function openvinoFolder(arch = ''): string | undefined {
  const folder = join(repository, 'build', 'deps', `openvino${arch}`);
  return existsSync(folder) ? folder : undefined;
}

/** Runs a program to the end; rejects with its output when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      ...options,
      env: options.env ?? process.env,
      maxBuffer: 1 << 26,
    });
    return stdout;
  } catch (error) {
    const said = error as { stdout?: string; stderr?: string; message?: string };
    throw new Error(
      `${command} failed: ${said.message ?? ''}\n${said.stdout ?? ''}\n${said.stderr ?? ''}`,
      {
        cause: error,
      },
    );
  }
}

/** A new folder outside the repository, so that nothing is found in a node_modules above it. */
export function temporaryFolder(name: string): string {
  return realpathSync(mkdtempSync(join(tmpdir(), `enginery-${name}-`)));
}

/** One file in the tarball. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
}

/** Packs dist/ and prebuilds/ as they are into `folder`. */
export async function pack(
  folder: string,
): Promise<{ tarball: string; files: readonly PackedFile[]; unpackedBytes: number }> {
  const output = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder],
    { cwd: repository },
  );
  // npm's own record of what it packed: an array of one, or an object by package name from npm 12 on.
  const parsed = JSON.parse(output) as Record<
    string,
    { filename: string; files: PackedFile[]; unpackedSize: number }
  >;
  const packed = Object.values(parsed)[0];
  if (packed === undefined) throw new Error(`npm pack packed nothing: ${output}`);
  const { filename, unpackedSize } = packed;
  return { tarball: join(folder, filename), files: packed.files, unpackedBytes: unpackedSize };
}

/** An empty project with the tarball and the programs of test/package/project. */
export async function installedProject(
  tarball: string,
  options: readonly string[],
): Promise<string> {
  const folder = temporaryFolder('project');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true }\n');
  await run(
    'npm',
    [
      ...['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
      ...['--loglevel=error', ...options, tarball],
    ],
    { cwd: folder },
  );
  cpSync(join(import.meta.dirname, 'project'), folder, { recursive: true });
  return folder;
}
