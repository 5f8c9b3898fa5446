/** A model that is read and written back means the same: to ONNX's checker, to ONNX Runtime, and field by field. */

import { equals } from '@bufbuild/protobuf';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ModelProtoSchema } from '../../lib/onnx/gen/onnx_pb.js';
import { decodeModel, joinModel, openModel, writeModel } from '../../lib/onnx/index.js';
import { TRAP_MODELS } from '../../models/trap-models.mjs';
import { modelPath, temporaryFolder } from '../fixtures/models.js';
import { onnxVerdicts } from '../fixtures/onnx-checker.js';
import { outputsOf, writeTrapModels } from '../fixtures/trap-models.js';
import { lackOfOnnxChecker, lackOfOnnxVectors, ONNX_VECTORS } from '../requirements.js';
import { scaled } from '../scale.js';

/** Reads and writes a model, with its large tensors in a file of their own or in it. */
async function rewritten(source: string, folder: string, external?: boolean): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'model.onnx');
  const opened = await openModel(source);
  await writeModel(path, opened.model, {
    files: opened.files,
    ...(external !== undefined && { external }),
  });
  await opened.close();
  return path;
}

/** Is every field the same, once all values are in the models themselves? */
async function isSameModel(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => openModel(path)));
  if (a === undefined || b === undefined) throw new Error('two paths give two models');
  const models = await Promise.all([a, b].map(({ model, files }) => joinModel(model, files)));
  await Promise.all([a.close(), b.close()]);
  return equals(ModelProtoSchema, ...(models as [never, never]));
}

/** Committed models that ONNX's rules allow. */
const COMMITTED = [
  'digits/digits_cnn.onnx',
  'digits/digits_cnn_skewed.onnx',
  ...readdirSync(modelPath('small'))
    .filter((name) => name.endsWith('.onnx') && name !== 'external-outside.onnx')
    .map((name) => `small/${name}`),
].map(modelPath);

const vectors = (): string[] =>
  readdirSync(ONNX_VECTORS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('/model.onnx'))
    .sort()
    .map((name) => join(ONNX_VECTORS, name));

describe('a model that is read and written back', () => {
  it.each([undefined, true])('has the same fields (external: %s)', async (external) => {
    const folder = temporaryFolder();
    writeTrapModels(folder);
    const traps = TRAP_MODELS.map((name) => join(folder, `${name}.onnx`));
    for (const [index, source] of [...COMMITTED, ...traps].entries()) {
      const path = await rewritten(source, join(folder, String(index)), external);
      expect(await isSameModel(source, path), source).toBe(true);
    }
  });

  it.each(TRAP_MODELS)('gives the same outputs on ONNX Runtime: %s', async (name) => {
    const folder = temporaryFolder();
    writeTrapModels(folder);
    const source = join(folder, `${name}.onnx`);
    const expected = await outputsOf(source);
    for (const external of [true, false]) {
      const path = await rewritten(source, join(folder, String(external)), external);
      expect(await outputsOf(path)).toEqual(expected);
    }
  });

  it.each(['digits/digits_cnn.onnx', 'small/external.onnx'])(
    'gives the same outputs on ONNX Runtime: %s',
    async (name) => {
      const path = await rewritten(modelPath(name), temporaryFolder(), true);
      expect(await outputsOf(path)).toEqual(await outputsOf(modelPath(name)));
    },
  );

  it("passes ONNX's checker", async (context) => {
    const lack = lackOfOnnxChecker();
    context.skip(lack !== undefined, lack);
    const folder = temporaryFolder();
    writeTrapModels(folder);
    const sources = [
      ...TRAP_MODELS.map((name) => join(folder, `${name}.onnx`)),
      modelPath('digits/digits_cnn.onnx'),
      modelPath('small/external.onnx'),
    ];
    const paths: string[] = [];
    for (const [index, source] of sources.entries()) {
      paths.push(await rewritten(source, join(folder, `inline-${index}`), false));
      paths.push(await rewritten(source, join(folder, `external-${index}`), true));
    }
    expect(onnxVerdicts(paths)).toEqual(paths.map(() => 'ok'));
  });
});

describe("ONNX's own test vectors, read and written back", () => {
  let models: string[] = [];
  /** A tenth of them, spread over all; every one in the long run. */
  let sample: string[] = [];
  beforeAll(() => {
    if (lackOfOnnxVectors() !== undefined) return;
    models = vectors();
    const step = Math.max(1, Math.floor(models.length / scaled(5000)));
    sample = models.filter((_, index) => index % step === 0);
  });

  it('have the same fields', async (context) => {
    const lack = lackOfOnnxVectors();
    context.skip(lack !== undefined, lack);
    expect(models.length).toBeGreaterThan(500);
    const folder = temporaryFolder();
    for (const source of sample) {
      const path = await rewritten(source, folder);
      const same = equals(
        ModelProtoSchema,
        decodeModel(readFileSync(source)),
        decodeModel(readFileSync(path)),
      );
      expect(same, source).toBe(true);
      expect(existsSync(`${path}.data`)).toBe(false);
    }
  });

  it("are judged by ONNX's checker as before", async (context) => {
    const lack = lackOfOnnxVectors() ?? lackOfOnnxChecker();
    context.skip(lack !== undefined, lack);
    const folder = temporaryFolder();
    const paths: string[] = [];
    for (const [index, source] of sample.entries())
      paths.push(await rewritten(source, join(folder, String(index)), true));
    const before = onnxVerdicts(sample);
    expect(onnxVerdicts(paths)).toEqual(before);
    expect(before.filter((verdict) => verdict === 'ok').length).toBeGreaterThan(sample.length / 2);
  });
});
