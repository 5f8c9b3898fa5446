/** The trained digits network, quantized and run: the accuracy bars of quantization.md section 6. */

import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';

import type {
  CalibrationTable,
  EmitOptions,
  Preset,
  RangeMethod,
} from '../../lib/quantize/index.js';
import { modelPath } from '../fixtures/models.js';
import {
  builtQuantize,
  digitSamples,
  engineRunner,
  onnxruntimeRunner,
  scoreDigits,
  type DigitsScore,
} from '../fixtures/quantization.js';

const PRESETS: readonly Preset[] = ['cpu', 'tensorrt'];
const openvinoRunner = engineRunner('openvino');

let quantize: Awaited<ReturnType<typeof builtQuantize>>;
let bytes: Uint8Array;
let table: CalibrationTable;

beforeAll(async () => {
  quantize = await builtQuantize();
  bytes = await readFile(modelPath('digits/digits_cnn.onnx'));
  table = await calibrated(bytes);
});

async function calibrated(model: Uint8Array): Promise<CalibrationTable> {
  const prepared = quantize.prepareModel(model);
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
  options: Partial<EmitOptions>,
  runner = onnxruntimeRunner,
): Promise<DigitsScore> {
  return scoreDigits(emitted(options), runner);
}

describe('the digits network', () => {
  test('keeps its function when BatchNormalization is folded', async () => {
    const { encodeModel } = await import('../../lib/onnx/index.js');
    const folded = encodeModel(quantize.prepareModel(bytes));
    expect((await scoreDigits(folded, onnxruntimeRunner)).sqnrDb).toBeGreaterThan(100);
  });

  test('print', async () => {
    const methods: RangeMethod[] = [
      { name: 'minmax' },
      { name: 'mean-minmax' },
      { name: 'moving-average' },
      { name: 'percentile', percentile: 99.99 },
      { name: 'percentile', percentile: 99.9 },
      { name: 'mse' },
      { name: 'entropy' },
    ];
    for (const method of methods) console.log(JSON.stringify(method), await score({ method }));
    console.log('trt', await score({ preset: 'tensorrt' }));
    console.log('tensor', await score({ weights: 'per-tensor' }));
    console.log('openvino', await score({}, openvinoRunner));
    console.log('size', emitted().length / bytes.length);
  });
});
