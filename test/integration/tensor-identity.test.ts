/** One Tensor class and one env with onnxruntime-node, by import and by require, in either order. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Inside the package, so that 'enginery' names the package itself, as built.
const build = resolve(import.meta.dirname, '../../build');
let folder = '';

beforeAll(() => {
  mkdirSync(build, { recursive: true });
  folder = mkdtempSync(join(build, 'identity-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
/** Runs a program in a process of its own and reads the JSON that it prints. */
async function answerOf(extension: 'mjs' | 'cjs', program: string): Promise<unknown> {
  const file = join(folder, `${++count}.${extension}`);
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  return JSON.parse(stdout);
}

/** Compares the packages `enginery` and `ort`, which the program has brought. */
const COMPARE = `
  const made = new enginery.Tensor('float32', [1, 2], [2]);
  const settings = enginery.env.logLevel;
  ort.env.logLevel = 'error';
  const seen = enginery.env.logLevel;
  ort.env.logLevel = settings;
  console.log(JSON.stringify({
    tensor: enginery.Tensor === ort.Tensor,
    instance: made instanceof ort.Tensor && new ort.Tensor('bool', [true], [1]) instanceof enginery.Tensor,
    env: enginery.env === ort.env,
    setting: seen,
    registry: enginery.registerBackend === ort.registerBackend,
  }));
`;
const SAME = { tensor: true, instance: true, env: true, setting: 'error', registry: true };

const IMPORT = {
  enginery: `import * as enginery from 'enginery';`,
  ort: `import * as ort from 'onnxruntime-node';`,
};
const REQUIRE = {
  enginery: `const enginery = require('enginery');`,
  ort: `const ort = require('onnxruntime-node');`,
};

describe('Tensor and env are onnxruntime-node’s', () => {
  it('imported after it', async () => {
    expect(await answerOf('mjs', IMPORT.ort + IMPORT.enginery + COMPARE)).toEqual(SAME);
  });

  it('imported before it', async () => {
    expect(await answerOf('mjs', IMPORT.enginery + IMPORT.ort + COMPARE)).toEqual(SAME);
  });

  it('required after it', async () => {
    expect(await answerOf('cjs', REQUIRE.ort + REQUIRE.enginery + COMPARE)).toEqual(SAME);
  });

  it('required before it', async () => {
    expect(await answerOf('cjs', REQUIRE.enginery + REQUIRE.ort + COMPARE)).toEqual(SAME);
  });

  it('imported where it is required', async () => {
    const program = `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
    `;
    expect(await answerOf('mjs', IMPORT.enginery + program + REQUIRE.ort + COMPARE)).toEqual(SAME);
  });
});

describe('the package', () => {
  it('is one module, imported and required', async () => {
    const program = `
      const required = require('enginery');
      import('enginery').then((imported) => {
        const names = Object.keys(required);
        const same = names.every((name) => required[name] === imported[name]);
        console.log(JSON.stringify({ same, isEmpty: names.length === 0 }));
      });
    `;
    expect(await answerOf('cjs', program)).toEqual({ same: true, isEmpty: false });
  });

  it('has every name of onnxruntime-node', async () => {
    const program = `console.log(JSON.stringify(
      Object.keys(ort).filter((name) => enginery[name] === undefined)));`;
    expect(await answerOf('cjs', REQUIRE.ort + REQUIRE.enginery + program)).toEqual([]);
  });

  it('loads neither the addon nor ONNX Runtime until they are needed', async () => {
    // Shared objects of the process; Node's own are built in.
    const program = `
      const { sharedObjects } = process.report.getReport();
      console.log(JSON.stringify(
        sharedObjects.filter((path) => /enginery\\.node|onnxruntime|openvino/.test(path))));
    `;
    expect(await answerOf('cjs', REQUIRE.enginery + program)).toEqual([]);
  });

  it('warns of nothing when it is imported', async () => {
    const file = join(folder, 'quiet.mjs');
    writeFileSync(file, IMPORT.enginery);
    expect(await promisify(execFile)(process.execPath, [file])).toEqual({ stdout: '', stderr: '' });
  });
});
