/** A typical onnxruntime-node program, unchanged but for its import, gives the same with both packages. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import * as enginery from 'enginery';
import * as onnxruntime from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { parseNpy } from '../../lib/tensor/npy.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { modelPath } from '../fixtures/models.js';

needsOpenvino();

// Inside the package, so that 'enginery' names the package itself, as built.
const build = resolve(import.meta.dirname, '../../build');
let folder = '';
beforeAll(() => {
  mkdirSync(build, { recursive: true });
  folder = mkdtempSync(join(build, 'program-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The quick start of onnxruntime-inference-examples, with this repository's models. */
const BODY = `
async function main() {
  const session = await ort.InferenceSession.create(${JSON.stringify(modelPath('small/dynamic.onnx'))});
  const dataA = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const dataB = Float32Array.from([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]);
  const tensorA = new ort.Tensor('float32', dataA, [3, 4]);
  const tensorB = new ort.Tensor('float32', dataB, [4, 3]);
  const feeds = { a: tensorA, b: tensorB };
  const results = await session.run(feeds);
  const y = results.y;
  console.log(\`data of result tensor 'y': \${y.data}\`);
  console.log(y instanceof ort.Tensor, y.type, y.dims, y.size, y.location);
  console.log(session.inputNames, session.outputNames, session.inputMetadata, session.outputMetadata);
  const named = await session.run(feeds, ['y'], { logSeverityLevel: 2, tag: 'second' });
  console.log(Object.keys(named), await named.y.getData());
  const filled = new ort.Tensor('float32', new Float32Array(9), [3, 3]);
  await session.run(feeds, { y: filled });
  console.log(filled.data);
  const reshaped = y.reshape([9]);
  console.log(reshaped.dims, reshaped.data.length);
  const options = {
    executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: 'all',
    enableCpuMemArena: true, enableMemPattern: true, executionMode: 'sequential', logId: 'x', logSeverityLevel: 3,
  };
  const tuned = await ort.InferenceSession.create(${JSON.stringify(modelPath('small/dynamic.onnx'))}, options);
  console.log((await tuned.run(feeds)).y.data);
  await tuned.release();
  await session.release();
  await session.run(feeds).catch((error) => console.log(error.message));
}
main().catch((error) => { console.error(error); process.exitCode = 1; });
`;

const HEADS = {
  'an ES module': ['mjs', (name: string) => `import * as ort from '${name}';`],
  'an ES module with a dynamic import': [
    'mjs',
    (name: string) => `const ort = await import('${name}');`,
  ],
  'a CommonJS program': ['cjs', (name: string) => `const ort = require('${name}');`],
} as const;

async function outputOf(extension: string, head: string): Promise<string> {
  const file = join(folder, `${head.replace(/\W+/g, '-')}.${extension}`);
  writeFileSync(file, head + BODY);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
  // Node 20 tells that require() of an ES module is experimental there.
  expect(stderr.replace(/.*(?:ExperimentalWarning|trace-warnings).*\n/g, '')).toBe('');
  return stdout;
}

describe.each(Object.entries(HEADS))('%s', (_what, [extension, head]) => {
  it('prints the same', async () => {
    const theirs = await outputOf(extension, head('onnxruntime-node'));
    expect(theirs).toContain("data of result tensor 'y': 700.5,800.5,900.5");
    // enginery's metadata puts its properties in another order, which no program sees but by printing them.
    const sorted = (text: string): string =>
      text.replace(/\{[^{}]*\}/g, (object) =>
        object
          .split(/[\s,{}]+/)
          .sort()
          .join(' '),
      );
    expect(sorted(await outputOf(extension, head('enginery')))).toBe(sorted(theirs));
  });
});

type Library = typeof onnxruntime;

/** Classifies the held-out digits as any program would, in batches. */
async function classify(library: Library, batch: number): Promise<Float32Array> {
  const session = await library.InferenceSession.create(modelPath('digits/digits_cnn.onnx'));
  const pixels = parseNpy(readFileSync(modelPath('digits/test_x.npy')), 'test_x.npy')
    .data as Uint8Array;
  const count = pixels.length / 64;
  const logits = new Float32Array(count * 10);
  for (let first = 0; first < count; first += batch) {
    const size = Math.min(batch, count - first);
    const input = new library.Tensor(
      'float32',
      Float32Array.from(pixels.subarray(first * 64, (first + size) * 64), (pixel) => pixel / 16),
      [size, 1, 8, 8],
    );
    const results = await session.run({ [session.inputNames[0] ?? '']: input });
    logits.set(results[session.outputNames[0] ?? '']?.data as Float32Array, first * 10);
  }
  await session.release();
  return logits;
}

describe('the held-out digits', () => {
  it.each([1, 7, 500])('are classified as by onnxruntime-node, in batches of %i', async (batch) => {
    // The surface of both packages is one: this assignment is the claim.
    const ours = await classify(enginery as unknown as Library, batch);
    const theirs = await classify(onnxruntime, batch);
    const labels = parseNpy(readFileSync(modelPath('digits/test_y.npy')), 'test_y.npy')
      .data as Uint8Array;
    let right = 0;
    let largest = 0;
    for (let image = 0; image < labels.length; image++) {
      const scores = [...ours.subarray(image * 10, image * 10 + 10)];
      if (scores.indexOf(Math.max(...scores)) === labels[image]) right++;
    }
    ours.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - (theirs[i] ?? NaN)));
    });
    // 498 of 500: the accuracy of models/digits/meta.json.
    expect(right).toBe(498);
    // At most 1152 products in a sum, logits up to 30: roundings of 2^-24 in another order.
    expect(largest).toBeLessThan(1152 * 2 ** -24 * 30);
  });
});
