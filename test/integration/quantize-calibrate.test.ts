/** Calibration with real engines: what is read, in which parts, and what wrong samples lead to. */

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test, vi } from 'vitest';

import type {
  CalibrateOptions,
  CalibrationProgress,
  CalibrationTable,
  Feeds,
  ModelRunner,
} from '../../lib/quantize/index.js';
import { modelPath } from '../fixtures/models.js';
import { builtOnnx } from '../fixtures/onnxruntime.js';
import {
  builtQuantize,
  digitSamples,
  engineRunner,
  float32,
  onnxruntimeRunner,
} from '../fixtures/quantization.js';

let quantize: Awaited<ReturnType<typeof builtQuantize>>;
let prepared: ReturnType<typeof quantize.prepareModel>;
let samples: Feeds[];
let tensors: readonly string[];

beforeAll(async () => {
  quantize = await builtQuantize();
  prepared = quantize.prepareModel(await readFile(modelPath('digits/digits_cnn.onnx')));
  samples = await digitSamples(40);
  ({ tensors } = quantize.tensorsToObserve(prepared, ['cpu', 'tensorrt']));
});

async function calibrate(options: Partial<CalibrateOptions> = {}): Promise<CalibrationTable> {
  return quantize.calibrate(prepared, {
    data: samples,
    runner: onnxruntimeRunner,
    tensors,
    ...options,
  });
}

/** A runner that counts what it loads, and what is loaded still. */
function counting(inner: ModelRunner): ModelRunner & { loaded: number; open: number } {
  const counts = {
    loaded: 0,
    open: 0,
    async load(model: Uint8Array) {
      const loaded = await inner.load(model);
      counts.loaded++;
      counts.open++;
      return {
        run: (feeds: Feeds) => loaded.run(feeds),
        async release() {
          counts.open--;
          await loaded.release();
        },
      };
    },
  };
  return counts;
}

function* onceOnly(feeds: readonly Feeds[]): Generator<Feeds> {
  yield* feeds;
}

/** The 40 samples as feeds of eight. */
function batches(): Feeds[] {
  return Array.from({ length: 5 }, (_, batch) => {
    const parts = samples.slice(batch * 8, batch * 8 + 8);
    const pixels = parts.flatMap(({ input }) => Array.from((input?.data ?? []) as Float32Array));
    return { input: float32([8, 1, 8, 8], pixels) };
  });
}

const coded = (code: string): Error =>
  expect.objectContaining({ code: `ERR_ENGINERY_${code}` }) as Error;

describe('calibrate', () => {
  test('sees the values of the samples themselves', async () => {
    const table = await calibrate();
    const pixels = samples.flatMap(({ input }) => Array.from((input?.data ?? []) as Float32Array));
    expect(table).toMatchObject({ samples: 40 });
    expect(table.tensors.get('input')).toMatchObject({
      count: pixels.length,
      zeros: pixels.filter((pixel) => pixel === 0).length,
      min: 0,
      max: Math.max(...pixels),
    });
  });

  test('observes every tensor that was asked for, in order', async () => {
    expect(Array.from((await calibrate()).tensors.keys())).toEqual(tensors);
  });

  test('gives the same table in many passes under a small budget', async () => {
    const runner = counting(onnxruntimeRunner);
    const table = await calibrate({ runner, budgetBytes: 16_384 });
    expect(runner.loaded).toBeGreaterThan(3);
    expect(runner.open).toBe(0);
    expect(quantize.calibrationTableJson(table)).toBe(
      quantize.calibrationTableJson(await calibrate()),
    );
  });

  test('gives the same table from a source that comes only once', async () => {
    const runner = counting(onnxruntimeRunner);
    const table = await calibrate({ data: onceOnly(samples), budgetBytes: 16_384, runner });
    // One to find the sizes, one for the only pass.
    expect(runner.loaded).toBe(2);
    expect(quantize.calibrationTableJson(table)).toBe(
      quantize.calibrationTableJson(await calibrate()),
    );
  });

  test('takes batches that come once apart', async () => {
    const table = await calibrate({ data: onceOnly(batches()) });
    expect(table.samples).toBe(40);
    const whole = await calibrate();
    expect(quantize.calibrationTableJson({ ...table, dataDigests: [] })).toBe(
      quantize.calibrationTableJson({ ...whole, dataDigests: [] }),
    );
  });

  test('leaves batches whole that the model takes in one size only', async () => {
    const { buildModel, buildValue, encodeModel } = await builtOnnx();
    const model = quantize.prepareModel(
      encodeModel(
        buildModel({
          irVersion: 8,
          opsets: { '': 17 },
          inputs: [buildValue('input', 'float32', [8, 1, 8, 8])],
          outputs: [buildValue('y', 'float32')],
          nodes: [{ type: 'Relu', inputs: ['input'], outputs: ['y'] }],
        }),
      ),
    );
    const data = onceOnly(batches());
    const options = { data, runner: onnxruntimeRunner, tensors: ['y'] };
    expect(await quantize.calibrate(model, options)).toMatchObject({ samples: 40 });
  });

  test('keeps extrema by sample of a batch', async () => {
    const table = await calibrate({ data: batches() });
    expect(table.tensors.get('input')?.sampleMax).toEqual(
      samples.map(({ input }) => Math.max(...((input?.data ?? []) as Float32Array))),
    );
  });

  test.each(['openvino', 'cpu'])('finds the extrema inside provider %s', async (provider) => {
    const table = await calibrate({ statistics: 'extrema', runner: engineRunner(provider) });
    const full = await calibrate();
    for (const name of tensors) {
      const found = table.tensors.get(name);
      const wanted = full.tensors.get(name);
      const largest = Math.max(Math.abs(wanted?.min ?? NaN), Math.abs(wanted?.max ?? NaN));
      // Two float32 engines that sum 288 products in different orders.
      expect(Math.abs((found?.min ?? NaN) - (wanted?.min ?? NaN))).toBeLessThan(1e-5 * largest);
      expect(Math.abs((found?.max ?? NaN) - (wanted?.max ?? NaN))).toBeLessThan(1e-5 * largest);
    }
  });

  test('reads all values through OpenVINO too', async () => {
    const table = await calibrate({ runner: engineRunner('openvino') });
    const full = await calibrate();
    const last = tensors.at(-1) ?? '';
    expect(table.tensors.get(last)?.count).toBe(full.tensors.get(last)?.count);
  });

  test('tells the digest of model and data', async () => {
    const table = await calibrate();
    expect(table.modelDigest).toBe(quantize.modelDigest(prepared));
    const other = await calibrate({ data: samples.slice(1) });
    expect(other.modelDigest).toBe(table.modelDigest);
    expect(other.dataDigests).not.toEqual(table.dataDigests);
  });

  test('tells its progress', async () => {
    const seen: CalibrationProgress[] = [];
    await calibrate({ onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBe(40);
    expect(seen.at(-1)).toEqual({ samples: 40, pass: 1, passes: 1 });
  });
});

describe('calibration stops', () => {
  test('when its signal aborts, with nothing left loaded', async () => {
    const runner = counting(onnxruntimeRunner);
    const controller = new AbortController();
    const onProgress = ({ samples: done }: CalibrationProgress): void => {
      if (done === 3) controller.abort();
    };
    const running = calibrate({ runner, onProgress, signal: controller.signal });
    await expect(running).rejects.toEqual(coded('CANCELLED'));
    expect(runner.open).toBe(0);
  });

  test.each<[string, unknown, string, string]>([
    ['no samples', [], 'INVALID_ARGUMENT', 'at least one sample'],
    ['nothing to iterate', 5, 'INVALID_ARGUMENT', 'iterable'],
    ['a sample that is no object', [null], 'INVALID_ARGUMENT', 'sample 0'],
    ['an input of another name', [{ image: float32([1], [1]) }], 'INVALID_ARGUMENT', '"input"'],
    [
      'too few values',
      [{ input: float32([1, 1, 8, 8], [1]) }],
      'INVALID_ARGUMENT',
      'expected 64 values',
    ],
    [
      'a shape that the model does not take',
      [{ input: float32([1, 1, 4], [1, 2, 3, 4]) }],
      'CALIBRATION_FAILED',
      'sample 0',
    ],
  ])('at %s', async (_, data, code, message) => {
    const running = calibrate({ data: data as Feeds[] });
    await expect(running).rejects.toEqual(coded(code));
    await expect(running).rejects.toThrow(message);
  });

  test('at data that changes between passes', async () => {
    let passes = 0;
    const data = { [Symbol.iterator]: () => samples.slice(0, 40 - passes++)[Symbol.iterator]() };
    await expect(calibrate({ data, budgetBytes: 16_384 })).rejects.toEqual(
      coded('CALIBRATION_FAILED'),
    );
  });
});

describe('calibration warns', () => {
  test('of fewer than 32 samples', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await calibrate({ data: samples.slice(0, 7) });
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('7 samples'), 'EngineryWarning');
    warn.mockRestore();
  });

  test('of values that are not finite', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const broken = { input: float32([1, 1, 8, 8], new Float32Array(64).fill(NaN)) };
    const table = await calibrate({ data: [...samples, broken] });
    expect(table.tensors.get('input')?.nan).toBe(64);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('"input"'), 'EngineryWarning');
    warn.mockRestore();
  });
});
