/** onnxruntime-common's own InferenceSession on OpenVINO, from every copy of that package, beside onnxruntime-node. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { needsOpenvino } from '../fixtures/engines.js';
import { modelPath, temporaryFolder } from '../fixtures/models.js';
import { onnxruntimeNode } from '../fixtures/onnxruntime.js';

needsOpenvino();

const root = resolve(import.meta.dirname, '../..');
// Inside the package, so that 'enginery' names the package itself, as built.
let inside = '';

beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  inside = mkdtempSync(join(root, 'build/backend-'));
});
afterAll(() => {
  rmSync(inside, { recursive: true, force: true });
});

/** What programs have: models, tensors, and `outcome`, the sum of 1 and 2 by a session, or the error. */
const HEAD = `
  const model = (name) => ${JSON.stringify(`${modelPath('')}/`)} + name;
  const run = async (ort, session) => {
    const tensor = (value) => new ort.Tensor('float32', new Float32Array(16).fill(value), [1, 16]);
    const { sum } = await session.run({ a: tensor(1), b: tensor(2) });
    await session.release();
    return sum instanceof ort.Tensor ? sum.data[0] : 'another Tensor class';
  };
  const outcome = (ort, executionProviders, source = model('small/add.onnx')) =>
    ort.InferenceSession.create(source, executionProviders ? { executionProviders } : {}).then(
      (session) => session.outputNames[0] === 'sum' ? run(ort, session) : 'made',
      ({ code, message }) => ({ code, message }));
  const say = (answer) => console.log(JSON.stringify(answer));
`;

interface Program {
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let count = 0;
/** Runs a program in a process of its own and reads the JSON that it prints. */
async function answerOf(
  extension: 'mjs' | 'cjs',
  program: string,
  { folder = inside, env = {} }: Program = {},
): Promise<unknown> {
  const file = join(folder, `${++count}.${extension}`);
  writeFileSync(file, `${program.replace('/* HEAD */', HEAD)}\n`);
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}

describe('onnxruntime-common', () => {
  it.each([
    ['imported after enginery', `import 'enginery'; import * as ort from 'onnxruntime-common';`],
    ['imported before it', `import * as ort from 'onnxruntime-common'; import 'enginery';`],
  ])('runs a model on OpenVINO at once, %s', async (_, imports) => {
    expect(
      await answerOf('mjs', `${imports} /* HEAD */ say(await outcome(ort, ['openvino']));`),
    ).toBe(3);
  });

  it.each([
    ['after', `require('enginery'); const ort = require('onnxruntime-common');`],
    ['before', `const ort = require('onnxruntime-common'); require('enginery');`],
  ])('runs a model on OpenVINO at once, required %s it', async (_, requires) => {
    expect(
      await answerOf('cjs', `${requires} /* HEAD */ outcome(ort, ['openvino']).then(say);`),
    ).toBe(3);
  });

  it('runs it in both of its copies at the same time', async () => {
    const program = `
      const required = require('onnxruntime-common');
      require('enginery');
      /* HEAD */
      import('onnxruntime-common').then((imported) =>
        Promise.all([imported, required].map((ort) => outcome(ort, ['openvino']))).then((sums) =>
          say({ sums, isOne: imported.Tensor === required.Tensor })));
    `;
    expect(await answerOf('cjs', program)).toEqual({ sums: [3, 3], isOne: false });
  });

  it('passes on options, bytes, names, metadata and pre-allocated outputs', async () => {
    const program = `
      import 'enginery';
      import * as ort from 'onnxruntime-common';
      import { readFileSync } from 'node:fs';
      /* HEAD */
      const session = await ort.InferenceSession.create(readFileSync(model('small/add.onnx')), {
        executionProviders: [{ name: 'openvino', performanceHint: 'throughput' }],
        intraOpNumThreads: 1,
      });
      const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
      const tensor = (value) => new ort.Tensor('float32', new Float32Array(16).fill(value), [1, 16]);
      const sum = tensor(0);
      const results = await session.run({ a: tensor(1), b: tensor(2) }, { sum }, { tag: 'one' });
      session.startProfiling();
      session.endProfiling();
      await session.release();
      const error = await session.run({ a: tensor(1), b: tensor(2) }).catch(({ code }) => code);
      const wrong = await outcome(ort, [{ name: 'openvino', threads: 2 }]);
      say({ inputNames, outputNames, inputMetadata, outputMetadata, value: sum.data[0],
        isSame: results.sum === sum, error, wrong: wrong.code });
    `;
    const shaped = { isTensor: true, type: 'float32', shape: [1, 16] };
    expect(await answerOf('mjs', program)).toEqual({
      inputNames: ['a', 'b'],
      outputNames: ['sum'],
      inputMetadata: [
        { name: 'a', ...shaped },
        { name: 'b', ...shaped },
      ],
      outputMetadata: [{ name: 'sum', ...shaped }],
      value: 3,
      isSame: true,
      error: 'ERR_ENGINERY_DISPOSED',
      wrong: 'ERR_ENGINERY_INVALID_ARGUMENT',
    });
  });

  it('hears why OpenVINO refuses a model; ONNX Runtime does not serve in its place', async () => {
    const program = `
      import 'enginery';
      import * as ort from 'onnxruntime-common';
      /* HEAD */
      say(await outcome(ort, ['openvino'], model('small/string-concat.onnx')));
    `;
    expect(await answerOf('mjs', program)).toMatchObject({
      code: 'ERR_ENGINERY_MODEL_UNSUPPORTED',
    });
  });

  it('takes a second copy of enginery in the process as it takes the first', async () => {
    const program = `
      import 'enginery';
      import ${JSON.stringify(join(packageIn(temporaryFolder()), 'dist/index.js'))};
      import * as ort from 'onnxruntime-common';
      /* HEAD */
      say(await outcome(ort, ['openvino']));
    `;
    expect(await answerOf('mjs', program)).toBe(3);
  });
});

describe('onnxruntime-node', () => {
  it.each([
    ['imported after enginery', `import 'enginery'; import * as ort from 'onnxruntime-node';`],
    ['imported before it', `import * as ort from 'onnxruntime-node'; import 'enginery';`],
  ])('keeps its own sessions and runs on OpenVINO by name, %s', async (_, imports) => {
    const program = `
      ${imports}
      /* HEAD */
      const strings = model('small/string-concat.onnx'); // OpenVINO refuses it
      say({
        unnamed: await outcome(ort),
        strings: await outcome(ort, undefined, strings),
        isOpenvinoThere: process.report.getReport().sharedObjects.some((path) => /openvino/.test(path)),
        cpu: await outcome(ort, ['cpu']),
        openvino: await outcome(ort, ['openvino']),
        refused: (await outcome(ort, ['openvino'], strings)).code,
        first: await outcome(ort, ['cpu', 'openvino'], strings),
        tensorrt: (await outcome(ort, ['tensorrt'])).message,
      });
    `;
    expect(await answerOf('mjs', program)).toEqual({
      unnamed: 3,
      strings: 'made',
      isOpenvinoThere: false,
      cpu: 3,
      openvino: 3,
      refused: 'ERR_ENGINERY_MODEL_UNSUPPORTED',
      first: 'made',
      // Its own words: no TensorRT library here.
      tensorrt: expect.stringContaining('TensorRT') as string,
    });
  });

  it('serves in OpenVINO’s place where there is none, by onnxruntime-common’s own fall-through', async () => {
    const program = `
      import * as ort from 'onnxruntime-node';
      import 'enginery';
      /* HEAD */
      say({ alone: (await outcome(ort, ['openvino'])).message, list: await outcome(ort, ['openvino', 'cpu']) });
    `;
    const env = { ENGINERY_OPENVINO: join(inside, 'nothing') };
    expect(await answerOf('mjs', program, { env })).toEqual({
      alone: expect.stringMatching(
        /no available backend.*ERR_ENGINERY_RUNTIME_NOT_FOUND/,
      ) as string,
      list: 3,
    });
  });
});

/** The built package as npm would put it into `project`; gives its folder. */
function packageIn(project: string): string {
  const folder = join(project, 'node_modules', 'enginery');
  mkdirSync(folder, { recursive: true });
  for (const name of ['dist', 'package.json', 'build/Release/enginery.node']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const name of ['@bufbuild', 'env-paths', 'is-safe-filename', 'node-gyp-build']) {
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
  }
  const common = join(project, 'node_modules', 'onnxruntime-common');
  symlinkSync(join(root, 'node_modules/onnxruntime-common'), common);
  return folder;
}

describe.each(['1.20.1', '1.30.0'])('onnxruntime-node %s', (version) => {
  /** A project with enginery, this onnxruntime-node, and the onnxruntime-common that the latter or the former has. */
  function project(onnxruntime: string, owner: 'onnxruntime-node' | 'enginery'): string {
    const folder = temporaryFolder();
    const modules = join(folder, 'node_modules');
    packageIn(folder);
    symlinkSync(onnxruntime, join(modules, 'onnxruntime-node'));
    if (owner === 'onnxruntime-node') {
      rmSync(join(modules, 'onnxruntime-common'));
      const theirs = join(dirname(onnxruntime), 'onnxruntime-common');
      symlinkSync(theirs, join(modules, 'onnxruntime-common'));
    }
    return folder;
  }

  it.for([
    ['mjs', 'enginery', 'onnxruntime-node'],
    ['mjs', 'onnxruntime-node', 'enginery'],
    ['cjs', 'enginery', 'onnxruntime-node'],
    ['cjs', 'onnxruntime-node', 'enginery'],
  ] as const)(
    'shares one onnxruntime-common with enginery: %s, %s first',
    async (form, context) => {
      const found = await onnxruntimeNode(version);
      if (found instanceof Error) return context.skip(found.message);
      const [extension, first, second] = form;
      const names = { enginery: 'enginery', 'onnxruntime-node': 'node' };
      const bring = (name: keyof typeof names | 'onnxruntime-common', as: string): string =>
        extension === 'mjs'
          ? `import * as ${as} from '${name}';`
          : `const ${as} = require('${name}');`;
      const program = `
      ${bring(first, names[first])}
      ${bring(second, names[second])}
      ${bring('onnxruntime-common', 'common')}
      /* HEAD */
      const main = async () => say({
        isOne: enginery.Tensor === node.Tensor,
        common: await outcome(common, ['openvino']),
        node: await outcome(node, ['openvino']),
        unnamed: await outcome(node),
      });
      main();
    `;
      const folder = project(found, 'onnxruntime-node');
      expect(await answerOf(extension, program, { folder })).toEqual({
        isOne: true,
        common: 3,
        node: 3,
        unnamed: 3,
      });
    },
  );

  it('may have an onnxruntime-common of its own: all four registries know OpenVINO', async (context) => {
    const found = await onnxruntimeNode(version);
    if (found instanceof Error) return context.skip(found.message);
    const program = `
      import * as enginery from 'enginery';
      import { createRequire } from 'node:module';
      import * as own from 'onnxruntime-common';
      import * as node from 'onnxruntime-node';
      /* HEAD */
      const theirs = await import(${JSON.stringify(join(dirname(found), 'onnxruntime-common/dist/esm/index.js'))});
      const copies = [own, createRequire(import.meta.url)('onnxruntime-common'), theirs, node];
      say({
        classes: new Set(copies.map(({ Tensor }) => Tensor)).size,
        isOne: enginery.Tensor === node.Tensor,
        sums: await Promise.all(copies.map((ort) => outcome(ort, ['openvino']))),
        unnamed: await outcome(node),
      });
    `;
    expect(await answerOf('mjs', program, { folder: project(found, 'enginery') })).toEqual({
      classes: 4,
      isOne: true,
      sums: [3, 3, 3, 3],
      unnamed: 3,
    });
  });
});
