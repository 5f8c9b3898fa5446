/** From a path or bytes to a checked model: formats, external data, what is copied when. */

import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadModelSource } from '../../../lib/session/model-source.js';
import { code, failureOf } from '../../fixtures/engines.js';
import { modelPath, temporaryFolder } from '../../fixtures/models.js';

const bytesOf = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(modelPath(name)));
const LOCATION = 'external.weights.bin';
const weights = (): Uint8Array<ArrayBuffer> => bytesOf(`small/${LOCATION}`);

describe('loadModelSource', () => {
  it.each([
    ['small/add.onnx', 'onnx'],
    ['ir/digits.xml', 'ir'],
    ['tflite/small_cnn.tflite', 'tflite'],
    ['ort/add.ort', 'ort'],
  ])('knows the format of %s by its content, as a file and as bytes', async (name, format) => {
    const file = await loadModelSource(modelPath(name), {});
    const bytes = await loadModelSource(bytesOf(name), {});
    expect([file.format, bytes.format]).toEqual([format, format]);
    expect([file.path, file.bytes]).toEqual([modelPath(name), undefined]);
    expect([bytes.path, bytes.bytes?.length]).toEqual([undefined, bytesOf(name).length]);
    expect(file.outline !== undefined).toBe(format === 'onnx');
  });

  it('does not care how a file is called', async () => {
    const path = join(temporaryFolder(), 'model.tflite');
    copyFileSync(modelPath('small/add.onnx'), path);
    expect(await loadModelSource(path, {})).toMatchObject({ format: 'onnx', path });
  });

  it('makes a relative path absolute', async () => {
    const relative = join('models', 'small', 'add.onnx');
    expect((await loadModelSource(relative, {})).path).toBe(modelPath('small/add.onnx'));
  });

  it('copies weights and external data at the call', async () => {
    const own = { bin: weights(), data: weights(), buffer: weights().slice().buffer };
    const loading = loadModelSource(bytesOf('small/external.onnx'), {
      weights: own.bin,
      externalData: [
        { path: LOCATION, data: own.data },
        { path: 'more.bin', data: own.buffer },
      ],
    });
    own.bin.fill(0);
    structuredClone(own.data.buffer, { transfer: [own.data.buffer] });
    structuredClone(own.buffer, { transfer: [own.buffer] });
    const source = await loading;
    expect(source.weights).toEqual(weights());
    expect(source.externalData).toEqual([
      { location: LOCATION, data: weights() },
      { location: 'more.bin', data: weights() },
    ]);
  });

  it('reads external data given as paths, by their names', async () => {
    const source = await loadModelSource(bytesOf('small/external.onnx'), {
      externalData: [modelPath(`small/${LOCATION}`)],
    });
    expect(source.externalData?.map(({ location }) => location)).toEqual([LOCATION]);
    expect(Buffer.from(weights()).equals(source.externalData?.[0]?.data ?? new Uint8Array())).toBe(
      true,
    );
  });

  it('takes an empty table for none', async () => {
    const source = await loadModelSource(modelPath('small/external.onnx'), { externalData: [] });
    expect(source.externalData).toBeUndefined();
    const outside = loadModelSource(modelPath('small/external-outside.onnx'), { externalData: [] });
    expect(await failureOf(outside)).toMatchObject({ code: code('MODEL_INVALID') });
  });

  it.each([
    [
      'detached bytes',
      () => {
        const data = weights();
        structuredClone(data.buffer, { transfer: [data.buffer] });
        return data;
      },
      'Input index: 0 contains null pointers',
    ],
    [
      'too few bytes',
      () => weights().subarray(1),
      `at least 48 bytes of "${LOCATION}" in externalData for tensor 'w'`,
    ],
  ])('asks for all that the model names: %s', async (_what, data, words) => {
    const error = await failureOf(
      loadModelSource(bytesOf('small/external.onnx'), {
        externalData: [{ path: LOCATION, data: data() }],
      }),
    );
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(error.message).toContain(words);
  });

  it('is cancelled by its signal before anything is read', async () => {
    const loading = loadModelSource('/nowhere.onnx', { signal: AbortSignal.abort() });
    expect(await failureOf(loading)).toMatchObject({ code: code('CANCELLED') });
  });
});
