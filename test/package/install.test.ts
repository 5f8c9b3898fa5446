/** The tarball as a user gets it: its content, and a run of it in an empty project. */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  digitsFolder,
  installedProject,
  openvinoFolder,
  pack,
  repository,
  run,
  temporaryFolder,
  type PackedFile,
} from './tarball.js';

const prebuild = join(repository, 'prebuilds', `linux-${process.arch}`);
const folders: string[] = [];
let tarball = '';
let files: readonly PackedFile[] = [];
let unpackedBytes = 0;

beforeAll(async () => {
  // Made again when it is older than its sources: yesterday's addon would test yesterday's code.
  await run(process.execPath, ['scripts/prebuild.mjs'], { cwd: repository });
  const folder = temporaryFolder('pack');
  folders.push(folder);
  ({ tarball, files, unpackedBytes } = await pack(folder));
}, 300_000);

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly provider?: string;
  readonly right?: number;
  readonly code?: string;
  readonly message?: string;
}

/** The last line of the digits program's output. */
async function classify(project: string, provider: string): Promise<Answer> {
  const openvino = openvinoFolder();
  const output = await run(process.execPath, ['digits.mjs', digitsFolder, provider], {
    cwd: project,
    env: { ...process.env, ...(openvino === undefined ? {} : { ENGINERY_OPENVINO: openvino }) },
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Answer;
}

describe('the tarball', () => {
  it('holds compiled code, prebuilt addons and documents, and nothing else', () => {
    const allowed = [
      /^package\.json$/,
      /^(README|CHANGELOG)\.md$/,
      /^LICENSE$/,
      /^dist\/[\w/-]+\.(js|d\.ts)$/,
      /^prebuilds\/linux-(x64|arm64)\/enginery\.glibc\.node$/,
    ];
    const strangers = files.filter(({ path }) => !allowed.some((pattern) => pattern.test(path)));
    expect(strangers.map(({ path }) => path)).toEqual([]);
  });

  it('holds a declaration for each compiled file and none besides, and both of a source', () => {
    const compiled = (suffix: string): string[] =>
      files
        .filter(({ path }) => path.startsWith('dist/') && path.endsWith(suffix))
        .map(({ path }) => path.slice('dist/'.length, -suffix.length))
        .sort();
    expect(compiled('.d.ts')).toEqual(compiled('.js'));
    const sources = readdirSync(join(repository, 'lib'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.slice(0, -'.ts'.length));
    expect(compiled('.js')).toEqual(sources.sort());
  });

  it('refers to no source map: none is in it', () => {
    const text = files.filter(({ path }) => /\.(js|d\.ts)$/.test(path));
    const referring = text.filter(({ path }) =>
      readFileSync(join(repository, path), 'utf8').includes('sourceMappingURL'),
    );
    expect(referring.map(({ path }) => path)).toEqual([]);
  });

  it('stays under 2 MB unpacked', () => {
    expect(unpackedBytes).toBeLessThan(2_000_000);
  });

  it('holds what package.json points to', () => {
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'package.json',
        'LICENSE',
        'CHANGELOG.md',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        'dist/runtime/onnxruntime-worker.js',
        `prebuilds/linux-${process.arch}/enginery.glibc.node`,
      ]),
    );
  });

  it('has no install script', async () => {
    const { scripts } = JSON.parse(
      await run('npm', ['pkg', 'get', '--json'], { cwd: repository }),
    ) as { scripts: Record<string, string> };
    expect(Object.keys(scripts)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(pre|post)?install$|^prepare$/)]),
    );
  });
});

describe('an empty project that installs it without scripts', () => {
  let project = '';
  beforeAll(async () => {
    project = await installedProject(tarball, []);
    folders.push(project);
  }, 300_000);

  it('runs the digits on OpenVINO', async (context) => {
    context.skip(
      openvinoFolder() === undefined,
      'no OpenVINO here; bring it with: node scripts/deps.mjs base',
    );
    expect(await classify(project, 'openvino')).toEqual({ provider: 'openvino', right: 498 });
  });

  it('runs the digits on ONNX Runtime', async () => {
    expect(await classify(project, 'cpu')).toEqual({ provider: 'cpu', right: 498 });
  });

  it('gives require() and import the same module', async () => {
    const answer = JSON.parse(
      await run(process.execPath, ['required.cjs'], { cwd: project }),
    ) as Record<string, unknown>;
    expect(answer).toMatchObject({ sameModule: true, sameTensor: true });
    expect(answer['names']).toEqual(
      expect.arrayContaining(['InferenceSession', 'Tensor', 'createEngine', 'listRuntimes']),
    );
  });

  it('has a command that tells its version', async () => {
    const output = await run(join(project, 'node_modules', '.bin', 'enginery'), ['--version'], {
      cwd: project,
    });
    expect(output.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('an empty project that installs it without its peer', () => {
  let project = '';
  beforeAll(async () => {
    project = await installedProject(tarball, ['--omit=peer']);
    folders.push(project);
  }, 300_000);

  it('has no onnxruntime-node', () => {
    expect(existsSync(join(project, 'node_modules', 'onnxruntime-node'))).toBe(false);
    expect(existsSync(prebuild)).toBe(true);
  });

  it('runs the digits on OpenVINO', async (context) => {
    context.skip(
      openvinoFolder() === undefined,
      'no OpenVINO here; bring it with: node scripts/deps.mjs base',
    );
    expect(await classify(project, 'openvino')).toEqual({ provider: 'openvino', right: 498 });
  });

  it('refuses ONNX Runtime with the command that installs it', async () => {
    const { code, message } = await classify(project, 'cpu');
    expect(code).toBe('ERR_ENGINERY_RUNTIME_NOT_FOUND');
    expect(message).toContain('npm install onnxruntime-node');
  });

  it('gives require() and import the same module', async () => {
    const answer: unknown = JSON.parse(
      await run(process.execPath, ['required.cjs'], { cwd: project }),
    );
    expect(answer).toMatchObject({ sameModule: true, sameTensor: true });
  });
});
