/** Quantized graphs of every kind, run by ONNX Runtime and OpenVINO beside their float originals. */

import { beforeAll, describe, expect, test } from 'vitest';

import type { Feeds, ModelRunner, Preset } from '../../lib/quantize/index.js';
import * as networks from '../fixtures/networks.js';
import { builtOnnx } from '../fixtures/onnxruntime.js';
import {
  builtQuantize,
  engineRunner,
  float32,
  onnxruntimeRunner,
  optimizedOperators,
  sqnrDb,
} from '../fixtures/quantization.js';
import { seededRandom } from '../fixtures/random.js';

let quantize: Awaited<ReturnType<typeof builtQuantize>>;

beforeAll(async () => {
  quantize = await builtQuantize();
});

/** Images of [-1, 1). */
function images(count: number, size: number, seed: number): Feeds[] {
  const random = seededRandom(seed);
  const pixels = 3 * size * size;
  return Array.from({ length: count }, () => ({
    input: float32(
      [1, 3, size, size],
      Array.from({ length: pixels }, () => random.integer(2000) / 1000 - 1),
    ),
  }));
}

async function quantized(model: Uint8Array, size: number, preset: Preset): Promise<Uint8Array> {
  const prepared = quantize.prepareModel(model);
  const table = await quantize.calibrate(prepared, {
    data: images(32, size, 1),
    runner: onnxruntimeRunner,
    ...quantize.tensorsToObserve(prepared, [preset]),
  });
  return quantize.emitQdqModel(prepared, table, { preset, method: { name: 'minmax' } });
}

async function outputs(model: Uint8Array, size: number, runner: ModelRunner): Promise<number[]> {
  const loaded = await runner.load(model);
  const values: number[] = [];
  for (const feeds of images(8, size, 2)) {
    const [output] = Object.values(await loaded.run(feeds));
    values.push(...((output?.data ?? []) as Float32Array));
  }
  await loaded.release();
  return values;
}

/** At 33 dB and more: section 6 for preset cpu. */
const TRAPS = ['branches', 'upsample', 'shared', 'subgraph', 'gates', 'deadChannel'] as const;
const RUNNERS = [
  ['onnxruntime', onnxruntimeRunner],
  ['openvino', engineRunner('openvino')],
] as const;

describe.each(TRAPS)('graph %s', (name) => {
  const size = name === 'branches' || name === 'upsample' ? 32 : 16;
  const model = networks[name]();

  test.each(RUNNERS)('keeps its outputs with preset cpu on %s', async (_, runner) => {
    const float = await outputs(model, size, onnxruntimeRunner);
    const found = sqnrDb(float, await outputs(await quantized(model, size, 'cpu'), size, runner));
    expect(found).toBeGreaterThanOrEqual(33);
  });

  test('keeps its outputs with preset tensorrt', async () => {
    const float = await outputs(model, size, onnxruntimeRunner);
    const integer = await quantized(model, size, 'tensorrt');
    const found = sqnrDb(float, await outputs(integer, size, onnxruntimeRunner));
    expect(found).toBeGreaterThanOrEqual(33);
  });
});

describe('ONNX Runtime runs preset cpu in integers', () => {
  test('in all layers of MobileNetV2', async () => {
    const model = await quantized(networks.mobilenetV2(), 64, 'cpu');
    const operators = await optimizedOperators(model);
    expect(operators).toMatchObject({ QLinearConv: 52, QLinearAdd: 10, QGemm: 1 });
    expect(operators).not.toHaveProperty('Conv');
    expect(operators).not.toHaveProperty('FusedConv');
  });

  test('in a mean over height and width', async () => {
    const model = await quantized(networks.branches(), 32, 'cpu');
    const operators = await optimizedOperators(model);
    expect(operators).toMatchObject({ QLinearConcat: 1, QLinearGlobalAveragePool: 1, QGemm: 1 });
    expect(operators).not.toHaveProperty('ReduceMean');
  });

  test('in all layers of ResNet-50', async () => {
    const model = await quantized(networks.resnet50(), 64, 'cpu');
    const operators = await optimizedOperators(model);
    expect(operators).toMatchObject({ QLinearConv: 53, QLinearAdd: 16, QGemm: 1 });
    expect(operators).not.toHaveProperty('Conv');
    expect(operators).not.toHaveProperty('FusedConv');
  });
});

describe('preset tensorrt', () => {
  test('leaves the bias float and the zero points zero', async () => {
    const { decodeModel } = await builtOnnx();
    const { graph } = decodeModel(await quantized(networks.branches(), 32, 'tensorrt'));
    const types = new Map(graph?.initializer.map(({ name, dataType }) => [name, dataType]));
    const points = graph?.node
      .filter(({ opType }) => opType.endsWith('quantizeLinear') || opType === 'QuantizeLinear')
      .map(({ input }) => input[2] ?? '');
    expect(new Set(points?.map((name) => types.get(name)))).toEqual(new Set([3]));
    expect(Array.from(types.values())).not.toContain(6);
  });
});
