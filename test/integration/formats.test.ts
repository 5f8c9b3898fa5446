/** Model formats that OpenVINO reads, by path and from memory, and external data of ONNX models. */

import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';

import { InferenceSession, type Tensor } from 'enginery';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { parseNpy } from '../../lib/tensor/npy.js';
import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  session,
  values,
} from '../fixtures/engines.js';
import { modelPath, temporaryFolder } from '../fixtures/models.js';

needsOpenvino();

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(modelPath(name)));
}

/** The first two held-out digits and the logits that ONNX Runtime in Python gave for them. */
function digits(): { readonly input: Tensor; readonly logits: number[] } {
  const pixels = parseNpy(bytesOf('digits/test_x.npy'), 'test_x.npy').data as Uint8Array;
  const logits = parseNpy(bytesOf('digits/test_logits_fp32.npy'), 'logits').data as Float32Array;
  return {
    input: float32(
      [2, 1, 8, 8],
      Array.from(pixels.subarray(0, 128), (pixel) => pixel / 16),
    ),
    logits: [...logits.subarray(0, 20)],
  };
}

/** Sums of 1152 products at most, in another order than ONNX Runtime's: 1152 roundings of 2^-24, of values up to 30. */
const TOLERANCE = 1152 * 2 ** -24 * 30;

function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThan(tolerance);
  });
}

describe('ONNX', () => {
  it.each([
    ['a path', () => modelPath('digits/digits_cnn.onnx')],
    ['bytes', () => bytesOf('digits/digits_cnn.onnx')],
    [
      'bytes in a larger buffer',
      () => Buffer.concat([Buffer.alloc(3), bytesOf('digits/digits_cnn.onnx')]).subarray(3),
    ],
  ])('from %s gives the logits of ONNX Runtime', async (_what, model) => {
    const engine = await openvinoEngine(model());
    const { input, logits } = digits();
    expectClose(values(output(await engine.run({ input }), 'logits')), logits, TOLERANCE);
  });

  it('from an ArrayBuffer, a SharedArrayBuffer and a range of one', async () => {
    const bytes = bytesOf('small/add.onnx');
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    const padded = new Uint8Array(bytes.length + 20);
    padded.set(bytes, 10);
    const options = { executionProviders: ['openvino'], strict: true };
    for (const made of [
      InferenceSession.create(bytes.buffer as ArrayBuffer, options),
      InferenceSession.create(shared, options),
      InferenceSession.create(padded.buffer, 10, bytes.length, options),
    ]) {
      const one = await made;
      const results = await one.run({ a: float32([1, 16]), b: float32([1, 16]) });
      expect(output(results, 'sum').dims).toEqual([1, 16]);
      await one.release();
    }
  });

  it('from bytes that the caller overwrites right after the call', async () => {
    const bytes = bytesOf('digits/digits_cnn.onnx');
    const creating = openvinoEngine(bytes);
    bytes.fill(0);
    const engine = await creating;
    const { input, logits } = digits();
    expectClose(values(output(await engine.run({ input }), 'logits')), logits, TOLERANCE);
  });
});

describe('OpenVINO IR', () => {
  it('by path reads its weights beside it', async () => {
    const engine = await openvinoEngine('ir/digits.xml');
    expect(engine.inputMetadata).toEqual([
      { name: 'input', isTensor: true, type: 'float32', shape: ['', 1, 8, 8] },
    ]);
    const { input, logits } = digits();
    expectClose(values(output(await engine.run({ input }), 'logits')), logits, TOLERANCE);
  });

  it('from bytes takes its weights as an option, whatever the caller does to them later', async () => {
    const weights = bytesOf('ir/digits.bin');
    const creating = openvinoEngine(bytesOf('ir/digits.xml'), { weights });
    weights.fill(0);
    const engine = await creating;
    const { input, logits } = digits();
    expectClose(values(output(await engine.run({ input }), 'logits')), logits, TOLERANCE);
  });

  it.each([
    ['without weights', undefined],
    ['with cut weights', bytesOf('ir/digits.bin').subarray(0, 1000)],
  ])('from bytes %s is refused', async (_what, weights) => {
    const options = weights === undefined ? {} : { weights };
    const error = await failureOf(openvinoEngine(bytesOf('ir/digits.xml'), options));
    expect(error).toMatchObject({ code: code('MODEL_INVALID') });
  });

  it('by path without the file of its weights is refused', async () => {
    const folder = temporaryFolder();
    copyFileSync(modelPath('ir/digits.xml'), join(folder, 'digits.xml'));
    const error = await failureOf(openvinoEngine(join(folder, 'digits.xml')));
    expect(error).toMatchObject({ code: code('MODEL_INVALID') });
  });

  it('that is cut off is refused', async () => {
    const xml = bytesOf('ir/digits.xml');
    const error = await failureOf(
      openvinoEngine(xml.subarray(0, xml.length >> 1), { weights: bytesOf('ir/digits.bin') }),
    );
    expect(error).toMatchObject({ code: code('MODEL_INVALID') });
  });
});

describe('TensorFlow Lite', () => {
  type Reference = Readonly<
    Record<
      'input' | 'output',
      { readonly name: string; readonly dims: number[]; readonly data: number[] }
    >
  >;
  const reference = JSON.parse(
    readFileSync(modelPath('tflite/small_cnn.reference.json'), 'utf8'),
  ) as Reference;

  it.each([
    ['by path', () => modelPath('tflite/small_cnn.tflite')],
    ['from bytes', () => bytesOf('tflite/small_cnn.tflite')],
  ])('%s gives what TensorFlow Lite gives', async (_what, model) => {
    const engine = await openvinoEngine(model());
    const feeds = { [reference.input.name]: float32(reference.input.dims, reference.input.data) };
    const found = output(await engine.run(feeds), reference.output.name);
    expect(found.dims).toEqual(reference.output.dims);
    expectClose(values(found), reference.output.data, 1e-5);
  });

  it('that is cut off is refused', async () => {
    const bytes = bytesOf('tflite/small_cnn.tflite');
    const error = await failureOf(openvinoEngine(bytes.subarray(0, bytes.length >> 1)));
    expect(error).toMatchObject({ code: code('MODEL_INVALID') });
  });
});

describe('ORT format', () => {
  it('is refused by OpenVINO and served by ONNX Runtime', async () => {
    const error = await failureOf(openvinoEngine('ort/add.ort'));
    expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
    const served = await session('ort/add.ort');
    expect(served.provider).toBe('cpu');
    const results = await served.run({ a: float32([1, 16]), b: float32([1, 16]) });
    expect(values(output(results, 'sum'))).toEqual(new Array(16).fill(0));
  });
});

describe('external data', () => {
  const x = float32([1, 4], [1, 1, 1, 1]);
  const Y = [9, 11, 13];
  const weights = (): Uint8Array => bytesOf('small/external.weights.bin');
  const strict = { executionProviders: ['openvino'], strict: true };
  const run = async (model: InferenceSession): Promise<number[]> =>
    values(output(await model.run({ x }), 'y'));
  /** A folder of the test's own in place of /tmp: what is left in it is ours. */
  const ownTemporaryFolder = (): string => {
    const folder = temporaryFolder();
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    return folder;
  };

  it('is read beside the model’s file', async () => {
    expect(await run(await session('small/external.onnx', strict))).toEqual(Y);
  });

  it.each([
    ['a Uint8Array', () => weights()],
    ['an ArrayBuffer', () => weights().slice().buffer],
    ['a path', () => modelPath('small/external.weights.bin')],
  ])('of a model from bytes is given as %s', async (_what, data) => {
    const folder = ownTemporaryFolder();
    const made = await session(bytesOf('small/external.onnx'), {
      ...strict,
      externalData: [{ path: 'external.weights.bin', data: data() as Uint8Array }],
    });
    expect(await run(made)).toEqual(Y);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that is given counts, and what lies beside the model’s file does not', async () => {
    const nines = new Uint8Array(new Float32Array(12).fill(9).buffer);
    const options = { ...strict, externalData: [{ path: 'external.weights.bin', data: nines }] };
    expect(await run(await session('small/external.onnx', options))).toEqual([36, 36, 36]);
    const folder = temporaryFolder();
    copyFileSync(modelPath('small/external.onnx'), join(folder, 'alone.onnx'));
    expect(await run(await session(join(folder, 'alone.onnx'), options))).toEqual([36, 36, 36]);
  });

  it('is copied at the call', async () => {
    const data = weights();
    const creating = session(bytesOf('small/external.onnx'), {
      ...strict,
      externalData: [{ path: 'external.weights.bin', data }],
    });
    data.fill(0);
    expect(await run(await creating)).toEqual(Y);
  });

  it('in a folder below is read', async () => {
    const made = await session(bytesOf('small/external.onnx'), {
      ...strict,
      externalData: [
        { path: 'external.weights.bin', data: weights() },
        { path: 'more/of/it.bin', data: weights() },
        { path: 'model.onnx', data: weights() },
      ],
    });
    expect(await run(made)).toEqual(Y);
  });

  it.each([
    ['nothing', undefined, 'MODEL_UNSUPPORTED'],
    ['an empty table', [], 'MODEL_UNSUPPORTED'],
    [
      'a file that is not there',
      [{ path: 'external.weights.bin', data: '/nowhere.bin' }],
      'INVALID_ARGUMENT',
    ],
    ['a folder', ['/tmp'], 'INVALID_ARGUMENT'],
    ['another name', [{ path: 'weights.bin', data: weights() }], 'INVALID_ARGUMENT'],
    [
      'too few bytes',
      [{ path: 'external.weights.bin', data: weights().subarray(4) }],
      'INVALID_ARGUMENT',
    ],
    [
      'a name twice',
      [
        { path: 'external.weights.bin', data: weights() },
        { path: 'external.weights.bin', data: weights() },
      ],
      'INVALID_ARGUMENT',
    ],
    ['no array', 'external.weights.bin', 'INVALID_ARGUMENT'],
    ['numbers', [5], 'INVALID_ARGUMENT'],
    ['no path', [{ data: weights() }], 'INVALID_ARGUMENT'],
    ['no data', [{ path: 'external.weights.bin' }], 'INVALID_ARGUMENT'],
    [
      'a file outside its folder',
      [
        { path: 'external.weights.bin', data: weights() },
        { path: '../enginery-escaped.bin', data: weights() },
      ],
      'INVALID_ARGUMENT',
    ],
  ])('of a model from bytes is refused when it is %s', async (_what, externalData, suffix) => {
    const folder = ownTemporaryFolder();
    const options = { ...strict, externalData } as InferenceSession.SessionOptions;
    const error = await failureOf(session(bytesOf('small/external.onnx'), options));
    expect(error).toMatchObject({ code: code(suffix) });
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(folder, '../enginery-escaped.bin'))).toBe(false);
  });

  it.each([
    [
      'outside the model’s folder',
      (folder: string) => {
        mkdirSync(join(folder, 'inner'));
        copyFileSync(modelPath('README.md'), join(folder, 'README.md'));
        copyFileSync(modelPath('small/external-outside.onnx'), join(folder, 'inner/model.onnx'));
        return join(folder, 'inner/model.onnx');
      },
      '..',
    ],
    [
      'behind a symbolic link',
      (folder: string) => {
        copyFileSync(modelPath('small/external.onnx'), join(folder, 'model.onnx'));
        symlinkSync(modelPath('small/external.weights.bin'), join(folder, 'external.weights.bin'));
        return join(folder, 'model.onnx');
      },
      'link',
    ],
    [
      'with a second name',
      (folder: string) => {
        copyFileSync(modelPath('small/external.onnx'), join(folder, 'model.onnx'));
        copyFileSync(modelPath('small/external.weights.bin'), join(folder, 'other.bin'));
        linkSync(join(folder, 'other.bin'), join(folder, 'external.weights.bin'));
        return join(folder, 'model.onnx');
      },
      'link',
    ],
    [
      'missing',
      (folder: string) => {
        copyFileSync(modelPath('small/external.onnx'), join(folder, 'model.onnx'));
        return join(folder, 'model.onnx');
      },
      'external.weights.bin',
    ],
  ])('%s is refused before any runtime sees it', async (_what, make, word) => {
    const file = make(temporaryFolder());
    for (const options of [{}, { externalData: [] }]) {
      const error = await failureOf(session(file, options));
      expect(error).toMatchObject({ code: code('MODEL_INVALID') });
      expect(error.message).toContain(word);
    }
  });
});
