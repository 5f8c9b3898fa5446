/** Shapes through OpenVINO: scalars, empty and dynamic ones, sizes that depend on the data, shapes fixed at create. */

import { describe, expect, it } from 'vitest';

import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  values,
} from '../fixtures/engines.js';
import { buildModel, buildValue, encodeModel } from '../../lib/onnx/index.js';

needsOpenvino();

describe('a 0-d tensor', () => {
  it('goes in and comes out with no dims', async () => {
    const engine = await openvinoEngine('small/scalar.onnx');
    expect(engine.inputMetadata).toEqual([
      { name: 'x', isTensor: true, type: 'float32', shape: [] },
    ]);
    const y = output(await engine.run({ x: float32([], [3]) }), 'y');
    expect(y.dims).toEqual([]);
    expect(values(y)).toEqual([9]);
  });

  it('can be allocated by the engine', async () => {
    const engine = await openvinoEngine('small/scalar.onnx');
    const x = engine.allocate('x');
    (x.data as Float32Array)[0] = 4;
    expect(values(output(await engine.run({ x }), 'y'))).toEqual([16]);
  });
});

describe('empty tensors', () => {
  it('go in beside others and come out', async () => {
    const engine = await openvinoEngine('small/concat.onnx');
    const some = float32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
    const none = float32([0, 4]);
    expect(values(output(await engine.run({ a: some, b: none }), 'joined'))).toEqual(values(some));
    expect(values(output(await engine.run({ a: none, b: some }), 'joined'))).toEqual(values(some));
    const empty = output(await engine.run({ a: none, b: none }), 'joined');
    expect(empty.dims).toEqual([0, 4]);
    expect(empty.data).toEqual(new Float32Array(0));
  });

  it('can be allocated and filled in memory of the caller', async () => {
    const engine = await openvinoEngine('small/concat.onnx');
    const a = engine.allocate('a', [0, 4]);
    const joined = float32([0, 4]);
    const results = await engine.run({ a, b: float32([0, 4]) }, { joined });
    expect(results['joined']).toBe(joined);
  });

  it('are what a model of size zero takes', async () => {
    const bytes = encodeModel(
      buildModel({
        irVersion: 8,
        opsets: { '': 17 },
        inputs: [buildValue('x', 'float32', [0, 3])],
        outputs: [buildValue('y', 'float32', [0, 3])],
        nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
      }),
    );
    const engine = await openvinoEngine(bytes);
    expect(output(await engine.run({ x: float32([0, 3]) }), 'y').dims).toEqual([0, 3]);
  });
});

describe('dynamic shapes', () => {
  it('may be others in every run, and are named in the metadata', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx');
    expect(engine.inputMetadata.map((input) => 'shape' in input && input.shape)).toEqual([
      ['batch', 'n'],
      ['n', 'm'],
    ]);
    for (const [batch, n, m] of [
      [1, 2, 3],
      [4, 1, 1],
      [1, 2, 3],
      [3, 70, 90],
      [2, 3, 0],
      [1, 1, 1],
    ] as const) {
      const a = float32([batch, n], new Float32Array(batch * n).fill(2));
      const b = float32([n, m], new Float32Array(n * m).fill(3));
      const y = output(await engine.run({ a, b }), 'y');
      expect(y.dims).toEqual([batch, m]);
      expect(new Set(values(y))).toEqual(new Set(m === 0 ? [] : [6 * n + 0.5]));
    }
  });

  it('of many runs in flight do not meet', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx', { openvino: { inlineBelowUs: 0 } });
    const runs = Array.from({ length: 60 }, async (_, i) => {
      const n = 1 + (i % 7);
      const m = 1 + (i % 5);
      const a = float32([1, n], new Float32Array(n).fill(i));
      const b = float32([n, m], new Float32Array(n * m).fill(1));
      const y = output(await engine.run({ a, b }), 'y');
      expect(y.dims).toEqual([1, m]);
      expect(new Set(values(y))).toEqual(new Set([i * n + 0.5]));
    });
    await Promise.all(runs);
  });

  it('that do not fit each other are the run’s error, and the next run is fine', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx');
    const error = await failureOf(engine.run({ a: float32([1, 2]), b: float32([3, 1]) }));
    expect(error).toMatchObject({ code: code('INFERENCE_FAILED') });
    const results = await engine.run({ a: float32([1, 2]), b: float32([2, 1]) });
    expect(values(output(results, 'y'))).toEqual([0.5]);
  });
});

describe('an output whose size depends on the data', () => {
  it.each([0, 1_000_000])(
    'has the size of its values (inlineBelowUs %i)',
    async (inlineBelowUs) => {
      const engine = await openvinoEngine('small/nonzero.onnx', { openvino: { inlineBelowUs } });
      for (let i = 0; i < 30; i++) {
        const count = (i * 7) % 12;
        const x = float32(
          [3, 4],
          Float32Array.from({ length: 12 }, (_, j) => (j < count ? 1 : 0)),
        );
        const indices = output(await engine.run({ x }), 'indices');
        expect(indices.dims).toEqual([2, count]);
        const expected = Array.from({ length: count }, (_, j) => j);
        expect(Array.from(indices.data as BigInt64Array, Number)).toEqual([
          ...expected.map((j) => Math.floor(j / 4)),
          ...expected.map((j) => j % 4),
        ]);
      }
    },
  );

  it('fills a tensor of the caller that has just that size, and refuses another one', async () => {
    const engine = await openvinoEngine('small/nonzero.onnx');
    const x = float32([2, 2], [0, 5, 0, 6]);
    const fitting = output(await engine.run({ x }), 'indices');
    (fitting.data as BigInt64Array).fill(9n);
    const results = await engine.run({ x }, { indices: fitting });
    expect(results['indices']).toBe(fitting);
    expect(fitting.data).toEqual(new BigInt64Array([0n, 1n, 1n, 1n]));
    const full = float32([2, 2], [1, 1, 1, 1]);
    const error = await failureOf(engine.run({ x: full }, { indices: fitting }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(output(await engine.run({ x: full }), 'indices').dims).toEqual([2, 4]);
  });

  it('that outgrows memory of the engine is an error and leaves that memory alone', async () => {
    const engine = await openvinoEngine('small/nonzero.onnx');
    const two = float32([2, 2], [0, 5, 0, 6]);
    const many = float32([256, 256], new Float32Array(65_536).fill(1));
    const indices = engine.allocate('indices', [2, 2]);
    const buffer = indices.data;
    for (let i = 0; i < 20; i++) {
      expect((await engine.run({ x: two }, { indices }))['indices']).toBe(indices);
      expect(indices.data).toEqual(new BigInt64Array([0n, 1n, 1n, 1n]));
      expect(await failureOf(engine.run({ x: many }, { indices }))).toMatchObject({
        code: code('INVALID_ARGUMENT'),
      });
      // OpenVINO gives a bound tensor of its own other memory when it has to grow.
      expect(indices.data).toBe(buffer);
      expect(Array.from(indices.data as BigInt64Array, Number).every((value) => value <= 1)).toBe(
        true,
      );
      expect(output(await engine.run({ x: many }), 'indices').dims).toEqual([2, 65_536]);
    }
  });

  it('that is smaller than memory of the engine is refused, with the shape it has', async () => {
    const engine = await openvinoEngine('small/nonzero.onnx');
    const indices = engine.allocate('indices', [2, 4]);
    const error = await failureOf(engine.run({ x: float32([2, 2], [0, 5, 0, 6]) }, { indices }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(error.message).toContain('[2, 2]');
    const full = float32([2, 2], [1, 1, 1, 1]);
    expect((await engine.run({ x: full }, { indices }))['indices']).toBe(indices);
  });
});

describe('shapes given at create', () => {
  it('are fixed in the metadata and checked in run', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx', { shapes: { a: [2, 3], b: [3, 4] } });
    expect(engine.inputMetadata).toMatchObject([{ shape: [2, 3] }, { shape: [3, 4] }]);
    expect(engine.outputMetadata).toMatchObject([{ shape: [2, 4] }]);
    const y = output(await engine.run({ a: float32([2, 3]), b: float32([3, 4]) }), 'y');
    expect(y.dims).toEqual([2, 4]);
    const error = await failureOf(engine.run({ a: float32([1, 3]), b: float32([3, 4]) }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(error.message).toContain('index: 0 Got: 1 Expected: 2');
  });

  it('are bounds when they are given as min and max', async () => {
    const engine = await openvinoEngine('digits/digits_cnn.onnx', {
      shapes: { input: { min: [1, 1, 8, 8], opt: [2, 1, 8, 8], max: [4, 1, 8, 8] } },
    });
    for (const batch of [1, 4]) {
      const { logits } = await engine.run({ input: float32([batch, 1, 8, 8]) });
      expect(logits?.dims).toEqual([batch, 10]);
    }
    const error = await failureOf(engine.run({ input: float32([5, 1, 8, 8]) }));
    expect(error).toMatchObject({ code: code('OUT_OF_RANGE') });
    expect(error.message).toContain('[5, 1, 8, 8]');
  });

  it('come from freeDimensionOverrides too', async () => {
    const engine = await openvinoEngine('digits/digits_cnn.onnx', {
      session: { freeDimensionOverrides: { batch: 3 } },
    });
    expect(engine.inputMetadata).toMatchObject([{ shape: [3, 1, 8, 8] }]);
    expect(engine.outputMetadata).toMatchObject([{ shape: [3, 10] }]);
  });

  it.each([
    ['another rank', { input: [1, 8, 8] }],
    ['another fixed size', { input: [1, 2, 8, 8] }],
    ['an input that is not there', { image: [1, 1, 8, 8] }],
  ])('that the model does not take are refused: %s', async (_what, shapes) => {
    const error = await failureOf(openvinoEngine('digits/digits_cnn.onnx', { shapes }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
  });
});

describe('freeDimensionOverrides', () => {
  it('fix the sizes they name and leave the others open', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx', {
      session: { freeDimensionOverrides: { n: 3 } },
    });
    expect(engine.inputMetadata.map((info) => info.isTensor && info.shape)).toEqual([
      ['batch', 3],
      [3, 'm'],
    ]);
    const feeds = { a: float32([2, 3], Array(6).fill(1)), b: float32([3, 4], Array(12).fill(1)) };
    expect(values(output(await engine.run(feeds), 'y'))).toEqual(Array(8).fill(3.5));
    const wrong = { a: float32([2, 2]), b: float32([2, 4]) };
    expect(await failureOf(engine.run(wrong))).toMatchObject({ code: code('INVALID_ARGUMENT') });
  });
});
