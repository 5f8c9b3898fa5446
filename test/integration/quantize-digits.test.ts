/** The trained digits network, quantized and run: the accuracy bars of quantization.md section 6. */

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';

import type {
  CalibrationTable,
  EmitOptions,
  ModelRunner,
  Preset,
  RangeMethod,
} from '../../lib/quantize/index.js';
import { modelPath } from '../fixtures/models.js';
import { builtOnnx } from '../fixtures/onnxruntime.js';
import {
  builtQuantize,
  digitSamples,
  engineRunner,
  onnxruntimeRunner,
  optimizedOperators,
  scoreDigits,
  type DigitsScore,
} from '../fixtures/quantization.js';

const PRESETS: readonly Preset[] = ['cpu', 'tensorrt'];
const openvinoRunner = engineRunner('openvino');

type QuantizeRoom = Awaited<ReturnType<typeof builtQuantize>>;
type PreparedModel = ReturnType<QuantizeRoom['prepareModel']>;

let quantize: QuantizeRoom;
let bytes: Uint8Array;
let table: CalibrationTable;

beforeAll(async () => {
  quantize = await builtQuantize();
  bytes = await readFile(modelPath('digits/digits_cnn.onnx'));
  table = await calibrated(quantize.prepareModel(bytes));
});

/** The same function with channels scaled by up to 16 and back. */
async function skewedBytes(): Promise<Uint8Array> {
  return readFile(modelPath('digits/digits_cnn_skewed.onnx'));
}

async function calibrated(prepared: PreparedModel): Promise<CalibrationTable> {
  const { tensors, channelTensors } = quantize.tensorsToObserve(prepared, PRESETS);
  const data = await digitSamples();
  const runner = onnxruntimeRunner;
  return quantize.calibrate(prepared, { data, runner, tensors, channelTensors });
}

function emitted(options: Partial<EmitOptions> = {}): Uint8Array {
  const prepared = quantize.prepareModel(bytes);
  return quantize.emitQdqModel(prepared, table, {
    preset: 'cpu',
    method: { name: 'minmax' },
    ...options,
  });
}

async function score(
  options: Partial<EmitOptions> = {},
  runner = onnxruntimeRunner,
): Promise<DigitsScore> {
  return scoreDigits(emitted(options), runner);
}

describe('the digits network', () => {
  test('keeps its function when BatchNormalization is folded', async () => {
    const { encodeModel } = await builtOnnx();
    const folded = encodeModel(quantize.prepareModel(bytes));
    expect((await scoreDigits(folded, onnxruntimeRunner)).sqnrDb).toBeGreaterThan(100);
  });

  test.each([
    ['onnxruntime', onnxruntimeRunner],
    ['openvino', openvinoRunner],
  ])('holds the bar of preset cpu on %s', async (_, runner) => {
    const { accuracy, sqnrDb } = await score({}, runner);
    expect(accuracy).toBeGreaterThanOrEqual(0.994);
    expect(sqnrDb).toBeGreaterThanOrEqual(30.2);
  });

  test('holds the bar of preset tensorrt', async () => {
    expect((await score({ preset: 'tensorrt' })).sqnrDb).toBeGreaterThanOrEqual(28.4);
  });

  test('holds the figures of the ONNX Runtime tool with one scale per weight', async () => {
    const { accuracy, sqnrDb } = await score({ weights: 'per-tensor' });
    expect(accuracy).toBeGreaterThanOrEqual(0.994);
    expect(sqnrDb).toBeGreaterThanOrEqual(29.3);
  });

  // Figures of quantization.md section 4.4, within 0.5 dB; entropy has a bar of its own.
  test.each<[RangeMethod, number, number]>([
    [{ name: 'mean-minmax' }, 20.5, 21.5],
    [{ name: 'percentile', percentile: 99.99 }, 29.1, 30.1],
    [{ name: 'percentile', percentile: 99.9 }, 21.3, 22.3],
    [{ name: 'mse' }, 30.3, 31.3],
    [{ name: 'entropy' }, 26, 40],
  ])('gives the error that %o is known to give', async (method, least, most) => {
    const { sqnrDb } = await score({ method });
    expect(sqnrDb).toBeGreaterThanOrEqual(least);
    expect(sqnrDb).toBeLessThanOrEqual(most);
  });

  test.each<[Preset, string, ModelRunner, number]>([
    ['cpu', 'onnxruntime', onnxruntimeRunner, 31.2],
    ['cpu', 'openvino', openvinoRunner, 31.2],
    ['tensorrt', 'onnxruntime', onnxruntimeRunner, 28.4],
  ])('gains by bias correction with preset %s on %s', async (preset, _, runner, least) => {
    const options = { preset, method: { name: 'minmax' } } as const;
    const prepared = quantize.prepareModel(bytes);
    const data = await digitSamples();
    const correction = { ...options, data, runner: onnxruntimeRunner };
    const biasShifts = await quantize.biasShifts(prepared, table, correction);
    const model = quantize.emitQdqModel(prepared, table, { ...options, biasShifts });
    const { sqnrDb } = await scoreDigits(model, runner);
    expect(sqnrDb).toBeGreaterThanOrEqual(least);
    expect(sqnrDb).toBeGreaterThan((await score(options, runner)).sqnrDb);
  });

  test('keeps its function when its layers are equalized', async () => {
    const { encodeModel } = await builtOnnx();
    const skewed = quantize.prepareModel(await skewedBytes());
    expect(quantize.equalizeLayers(skewed)).toBeGreaterThanOrEqual(4);
    expect((await scoreDigits(encodeModel(skewed), onnxruntimeRunner)).sqnrDb).toBeGreaterThan(100);
  });

  test.each<['per-channel' | 'per-tensor', number]>([
    ['per-channel', 30.5],
    ['per-tensor', 29.8],
  ])('withstands skewed channels with equalization and %s weights', async (weights, least) => {
    const prepared = quantize.prepareModel(await skewedBytes());
    quantize.equalizeLayers(prepared);
    const model = quantize.emitQdqModel(prepared, await calibrated(prepared), {
      preset: 'cpu',
      method: { name: 'minmax' },
      weights,
    });
    const { accuracy, sqnrDb } = await scoreDigits(model, onnxruntimeRunner);
    expect(accuracy).toBeGreaterThanOrEqual(0.994);
    expect(sqnrDb).toBeGreaterThanOrEqual(least);
  });

  test('breaks when its channels are skewed, as it must without equalization', async () => {
    const skewed = quantize.prepareModel(await skewedBytes());
    const model = quantize.emitQdqModel(skewed, await calibrated(skewed), {
      preset: 'cpu',
      method: { name: 'minmax' },
    });
    expect((await scoreDigits(model, onnxruntimeRunner)).sqnrDb).toBeLessThan(10);
  });

  test('takes less than half of its size', () => {
    expect(emitted().length / bytes.length).toBeLessThan(0.45);
  });

  test('gives the same bytes from another calibration with the same samples', async () => {
    const again = await calibrated(quantize.prepareModel(bytes));
    const options = { preset: 'cpu', method: { name: 'mse' } } as const;
    const model = quantize.emitQdqModel(quantize.prepareModel(bytes), again, options);
    expect(Buffer.compare(model, emitted(options))).toBe(0);
  });

  test('gives the same bytes from a table that was saved', () => {
    const text = quantize.calibrationTableJson(table);
    const read = quantize.parseCalibrationTable(text, 'table.json');
    const options = { preset: 'tensorrt', method: { name: 'entropy' } } as const;
    const model = quantize.emitQdqModel(quantize.prepareModel(bytes), read, options);
    expect(Buffer.compare(model, emitted(options))).toBe(0);
  });

  test('says in its metadata how it was quantized', async () => {
    const { decodeModel } = await builtOnnx();
    const entries = decodeModel(emitted()).metadataProps.map(({ key, value }) => [key, value]);
    expect(Object.fromEntries(entries)).toMatchObject({
      'enginery.quantization.preset': 'cpu',
      'enginery.quantization.method': '{"name":"minmax"}',
      'enginery.quantization.table': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  test('is refused with a table of another model', async () => {
    const prepared = quantize.prepareModel(await skewedBytes());
    expect(() =>
      quantize.emitQdqModel(prepared, table, { preset: 'cpu', method: { name: 'minmax' } }),
    ).toThrow(expect.objectContaining({ code: 'ERR_ENGINERY_ENGINE_STALE' }) as Error);
  });

  test('is refused when it is quantized already', () => {
    const model = emitted();
    expect(() => quantize.prepareModel(model)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_MODEL_UNSUPPORTED' }) as Error,
    );
  });

  test('runs in integers only on ONNX Runtime', async () => {
    expect(await optimizedOperators(emitted())).toMatchObject({
      QLinearConv: 17,
      QLinearAdd: 3,
      QLinearGlobalAveragePool: 1,
      QGemm: 1,
      QuantizeLinear: 1,
    });
  });
});
