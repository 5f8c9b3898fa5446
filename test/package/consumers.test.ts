/** Programs of users, compiled by TypeScript or bundled as docs/bundlers.md says, in a project that installed the package. */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lackOfAddon } from '../requirements.js';
import {
  digitsFolder,
  installedProject,
  openvinoFolder,
  repository,
  run,
  temporaryFolder,
} from './tarball.js';

const folders: string[] = [];
let project = '';

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The package as npm packs it, its addon the one of the checkout: made anew here, no other test waits for it. */
function stagedPackage(): string {
  const folder = temporaryFolder('staged');
  folders.push(folder);
  for (const name of ['dist', 'package.json', 'LICENSE', 'README.md', 'CHANGELOG.md']) {
    cpSync(join(repository, name), join(folder, name), { recursive: true });
  }
  const addon = join(repository, 'build', 'Release', 'enginery.node');
  const prebuilds = join(folder, 'prebuilds', `linux-${process.arch}`);
  mkdirSync(prebuilds, { recursive: true });
  if (lackOfAddon() === undefined) cpSync(addon, join(prebuilds, 'enginery.glibc.node'));
  return folder;
}

/** Tools of the checkout, as if the project had installed them. */
function lend(tools: readonly string[]): void {
  for (const tool of tools) {
    const place = join(project, 'node_modules', tool);
    if (!existsSync(place)) symlinkSync(join(repository, 'node_modules', tool), place);
  }
}

beforeAll(async () => {
  project = await installedProject(stagedPackage(), ['--install-links']);
  lend(['esbuild', 'webpack', 'typescript', '@types']);
}, 300_000);

/** The last line of a program's output, which is JSON. */
async function answerOf(file: string, args: readonly string[] = []): Promise<unknown> {
  const openvino = openvinoFolder();
  const output = await run(process.execPath, [file, ...args], {
    cwd: project,
    env: { ...process.env, ...(openvino === undefined ? {} : { ENGINERY_OPENVINO: openvino }) },
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

const NO_OPENVINO = 'no OpenVINO here; bring it with: node scripts/deps.mjs base';

describe('a TypeScript program of module nodenext', () => {
  const PROGRAM = `
    import { InferenceSession, Tensor, type TypedTensor } from 'enginery';
    const model: string = process.argv[2] ?? '';
    async function main(): Promise<void> {
      const options: InferenceSession.SessionOptions = { executionProviders: ['cpu'] };
      const session = await InferenceSession.create(model, options);
      const input: TypedTensor<'float32'> = new Tensor('float32', new Float32Array(64), [1, 1, 8, 8]);
      const { logits }: InferenceSession.ReturnType = await session.run({ input });
      console.log(JSON.stringify({ dims: logits?.dims, provider: session.provider }));
      await session.release();
    }
    void main();
  `;

  beforeAll(async () => {
    // One is compiled to import, the other to require().
    for (const name of ['imported.mts', 'required.cts'])
      writeFileSync(join(project, name), PROGRAM);
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2022', lib: ['es2023', 'esnext.disposable', 'dom'] },
      ...{ strict: true, types: ['node'], outDir: 'compiled', rootDir: '.' },
    };
    const files = ['imported.mts', 'required.cts'];
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '--pretty', 'false'], {
      cwd: project,
    });
  });

  it.each(['imported.mjs', 'required.cjs'])('runs a model: %s', async (file) => {
    const model = join(digitsFolder, 'digits_cnn.onnx');
    expect(await answerOf(join(project, 'compiled', file), [model])).toEqual({
      dims: [1, 10],
      provider: 'cpu',
    });
  });
});

describe('a bundle made as docs/bundlers.md says', () => {
  beforeAll(async () => {
    renameSync(join(project, 'digits.mjs'), join(project, 'app.mjs'));
    const guide = readFileSync(join(repository, 'docs/bundlers.md'), 'utf8');
    const programs = [...guide.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');
    for (const [i, program] of programs.entries()) {
      writeFileSync(join(project, `bundle-${i}.mjs`), program);
      await run(process.execPath, [`bundle-${i}.mjs`], { cwd: project });
    }
    // Where it was built is not where it runs.
    const moved = `${project}-moved`;
    renameSync(project, moved);
    project = moved;
    folders.push(moved);
  }, 300_000);

  const BUNDLES = ['esbuild-external', 'esbuild-bundled', 'webpack-external', 'webpack-bundled'];

  it.for(BUNDLES)('runs the digits on OpenVINO: %s.mjs', async (name, context) => {
    const lack = openvinoFolder() === undefined ? NO_OPENVINO : lackOfAddon();
    context.skip(lack !== undefined, lack);
    expect(await answerOf(`out/${name}.mjs`, [digitsFolder, 'openvino'])).toEqual({
      provider: 'openvino',
      right: 498,
    });
  });

  it.each(BUNDLES)('runs the digits in a worker of ONNX Runtime: %s.mjs', async (name) => {
    expect(await answerOf(`out/${name}.mjs`, [digitsFolder, 'cpu'])).toEqual({
      provider: 'cpu',
      right: 498,
    });
  });

  it.each(['esbuild-external', 'webpack-external'])(
    'requires the package that is imported: %s.cjs',
    async (name) => {
      expect(await answerOf(`out/${name}.cjs`)).toMatchObject({
        sameModule: true,
        sameTensor: true,
      });
    },
  );

  it.each(['esbuild', 'webpack'])('holds the JavaScript or leaves it out: %s', (tool) => {
    const size = (kind: string): number =>
      readFileSync(join(project, `out/${tool}-${kind}.mjs`)).length;
    expect(size('external')).toBeLessThan(10_000);
    expect(size('bundled')).toBeGreaterThan(100_000);
  });

  it.each(['esbuild', 'webpack'])('says what is missing without the package: %s', (tool) => {
    const alone = temporaryFolder('alone');
    folders.push(alone);
    cpSync(join(project, `out/${tool}-bundled.mjs`), join(alone, 'app.mjs'));
    const { status, stderr } = spawnSync(process.execPath, ['app.mjs'], {
      cwd: alone,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('ERR_ENGINERY_ADDON_LOAD');
    expect(stderr).toContain('npm install enginery');
  });
});
