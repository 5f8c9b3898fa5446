/** What run() gives back: which outputs, in whose memory, and that it is nobody else's. */

import { Worker } from 'node:worker_threads';

import { Tensor } from 'enginery';
import { describe, expect, it } from 'vitest';

import { buildModel, buildValue, encodeModel } from '../../lib/onnx/index.js';
import { ELEMENT_VALUES } from '../fixtures/element-values.js';
import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  session,
  thrownBy,
  values,
} from '../fixtures/engines.js';

needsOpenvino();

/** What OpenVINO does not carry. */
const ONLY_ONNXRUNTIME = [
  { type: 'float64', data: new Float64Array([0.1, -1e300, NaN]), count: 3 },
  { type: 'string', data: ['a', '', 'é'], count: 3 },
];

const left = float32([2, 3], [1, 2, 3, 4, 5, 6]);
const right = float32([2, 3], [10, 20, 30, 40, 50, 60]);
const SUM = [11, 22, 33, 44, 55, 66];
const DIFFERENCE = [-9, -18, -27, -36, -45, -54];

// onnxruntime-node itself takes Object's own method for the tensor to fill.
describe('outputs named as what every object has', () => {
  it('are what was asked for', async () => {
    const [first, second] = ['constructor', 'toString'];
    const bytes = encodeModel(
      buildModel({
        irVersion: 8,
        opsets: { '': 13 },
        inputs: [buildValue('x', 'float32', [2])],
        outputs: [first, second].map((name) => buildValue(name, 'float32', [2])),
        nodes: [
          { type: 'Neg', inputs: ['x'], outputs: [first] },
          { type: 'Abs', inputs: ['x'], outputs: [second] },
        ],
      }),
    );
    const engine = await openvinoEngine(bytes);
    const x = float32([2], [1, -2]);
    const all = await engine.run({ x });
    expect(Object.values(all).map(values)).toEqual([
      [-1, 2],
      [1, 2],
    ]);
    expect(Object.keys(await engine.run({ x }, [second]))).toEqual([second]);
    const own = float32([2]);
    const filled = await engine.run({ x }, { [first]: own });
    expect(Object.entries(filled)).toEqual([[first, own]]);
  });
});

describe.each([0, 1_000_000])('outputs with inlineBelowUs %i', (inlineBelowUs) => {
  const twoIo = async () => openvinoEngine('small/two-io.onnx', { openvino: { inlineBelowUs } });
  /** Runs until short runs go inline, where they may. */
  const warm = async (engine: Awaited<ReturnType<typeof twoIo>>): Promise<void> => {
    for (let i = 0; i < 20; i++) await engine.run({ left, right });
  };

  it('are all of them, in the model’s order, when none is named', async () => {
    const engine = await twoIo();
    await warm(engine);
    const results = await engine.run({ right, left });
    expect(Object.keys(results)).toEqual(['sum', 'difference']);
    expect(values(results['sum'])).toEqual(SUM);
    expect(values(results['difference'])).toEqual(DIFFERENCE);
    expect(results['sum']).toBeInstanceOf(Tensor);
  });

  it('are those that are named', async () => {
    const engine = await twoIo();
    await warm(engine);
    expect(Object.keys(await engine.run({ left, right }, ['difference']))).toEqual(['difference']);
    const results = await engine.run({ left, right }, { sum: null });
    expect(Object.keys(results)).toEqual(['sum']);
    expect(values(results['sum'])).toEqual(SUM);
  });

  it('fill tensors of the caller, which come back as the same objects', async () => {
    const engine = await twoIo();
    await warm(engine);
    const sum = float32([2, 3]);
    const data = sum.data;
    for (let i = 0; i < 3; i++) {
      (data as Float32Array).fill(NaN);
      const results = await engine.run({ left, right }, { sum, difference: null });
      expect(results['sum']).toBe(sum);
      expect(sum.data).toBe(data);
      expect(values(sum)).toEqual(SUM);
      expect(values(results['difference'])).toEqual(DIFFERENCE);
    }
  });

  it('fill a part of a larger buffer and nothing beside it', async () => {
    const engine = await twoIo();
    await warm(engine);
    const whole = new Float32Array(10).fill(-1);
    const sum = new Tensor('float32', whole.subarray(2, 8), [2, 3]);
    await engine.run({ left, right }, { sum });
    expect([...whole]).toEqual([-1, -1, ...SUM, -1, -1]);
  });

  it('are written to memory of the engine without a copy', async () => {
    const engine = await twoIo();
    await warm(engine);
    const sum = engine.allocate('sum');
    const input = engine.allocate('left');
    (input.data as Float32Array).set(left.data as Float32Array);
    const { data } = sum;
    const results = await engine.run({ left: input, right }, { sum });
    expect(results['sum']).toBe(sum);
    expect(sum.data).toBe(data);
    expect(values(sum)).toEqual(SUM);
    (input.data as Float32Array).fill(0);
    await engine.run({ left: input, right }, { sum });
    expect(values(sum)).toEqual(values(right));
    // The next run without it does not write there.
    await engine.run({ left, right });
    expect(values(sum)).toEqual(values(right));
  });

  it('of two runs share no memory, and later runs leave them alone', async () => {
    const engine = await twoIo();
    await warm(engine);
    const first = output(await engine.run({ left, right }), 'sum');
    const second = output(await engine.run({ left: right, right }), 'sum');
    expect((first.data as Float32Array).buffer).not.toBe((second.data as Float32Array).buffer);
    (second.data as Float32Array).fill(7);
    for (let i = 0; i < 10; i++) await engine.run({ left: right, right: right });
    expect(values(first)).toEqual(SUM);
    expect(values(second)).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it('keep their values when the caller overwrites its input afterwards', async () => {
    const engine = await twoIo();
    await warm(engine);
    const mine = float32([2, 3], values(left));
    const run = engine.run({ left: mine, right });
    (mine.data as Float32Array).fill(NaN);
    expect(values(output(await run, 'sum'))).toEqual(SUM);
  });

  it('can be fed to the next run', async () => {
    const engine = await twoIo();
    await warm(engine);
    let sum = left;
    for (let i = 0; i < 5; i++) sum = output(await engine.run({ left: sum, right }), 'sum');
    expect(values(sum)).toEqual([51, 102, 153, 204, 255, 306]);
  });
});

describe('a large output', () => {
  const dims = [4, 1024, 1024];
  const large = (fill: number): Tensor => float32(dims, new Float32Array(2 ** 22).fill(fill));

  it('is in memory of its own, run after run', async () => {
    const engine = await openvinoEngine('small/large-input.onnx');
    const first = output(await engine.run({ x: large(1) }), 'y');
    const second = output(await engine.run({ x: large(2) }), 'y');
    expect((first.data as Float32Array).every((value) => value === 3)).toBe(true);
    expect((second.data as Float32Array).every((value) => value === 5)).toBe(true);
    expect((first.data as Float32Array).byteLength).toBe(2 ** 24);
    expect((first.data as Float32Array).buffer.byteLength).toBe(2 ** 24);
  });

  it('of several runs in flight is each run’s own', async () => {
    const engine = await openvinoEngine('small/large-input.onnx');
    const runs = [1, 2, 3, 4, 5, 6].map(async (fill) => engine.run({ x: large(fill) }));
    const outputs = (await Promise.all(runs)).map(
      (results) => output(results, 'y').data as Float32Array,
    );
    outputs.forEach((data, i) => {
      expect(data[0]).toBe(2 * (i + 1) + 1);
      expect(data.at(-1)).toBe(2 * (i + 1) + 1);
    });
    expect(new Set(outputs.map((data) => data.buffer)).size).toBe(6);
  });

  it('goes to memory of the caller and to that of the engine', async () => {
    const engine = await openvinoEngine('small/large-input.onnx');
    const own = large(0);
    expect((await engine.run({ x: large(1) }, { y: own }))['y']).toBe(own);
    expect((own.data as Float32Array).every((value) => value === 3)).toBe(true);
    const theirs = engine.allocate('y');
    await engine.run({ x: large(4) }, { y: theirs });
    expect((theirs.data as Float32Array).every((value) => value === 9)).toBe(true);
    expect((own.data as Float32Array)[5]).toBe(3);
  });
});

describe.each(['small/add.onnx', 'small/large-input.onnx'])('the output of %s', (model) => {
  it('can be transferred to another thread', async () => {
    const engine = await openvinoEngine(model);
    const feeds = Object.fromEntries(
      engine.inputMetadata.map((input) => {
        const shape = 'shape' in input ? input.shape.map(Number) : [];
        return [
          input.name,
          float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1)),
        ];
      }),
    );
    const [name = ''] = engine.outputNames;
    const data = output(await engine.run(feeds), name).data as Float32Array<ArrayBuffer>;
    const [first] = data;
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       parentPort.once('message', (data) => parentPort.postMessage([data.length, data[0], data.at(-1)]));`,
      { eval: true },
    );
    const { length } = data;
    const answer = new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    worker.postMessage(data, [data.buffer]);
    expect(data.length).toBe(0);
    expect(await answer).toEqual([length, first, first]);
    await worker.terminate();
    // The request that wrote it is used again.
    expect(output(await engine.run(feeds), name).data[0]).toBe(first);
  });
});

describe.each(['openvino', 'cpu'])('with provider %s a tensor to be filled', (provider) => {
  // onnxruntime-node carries no 4-bit tensors.
  const isServed = ({ type }: { readonly type: string }): boolean =>
    provider === 'openvino' || !type.endsWith('int4');
  const cases = [...ELEMENT_VALUES, ...(provider === 'cpu' ? ONLY_ONNXRUNTIME : [])];

  it.each(cases.filter(isServed))(
    'of type $type comes back as the same object, filled',
    async ({ type, data, count }) => {
      const engine = await session(`small/identity-${type}.onnx`, {
        executionProviders: [provider],
        strict: true,
      });
      const [input = ''] = engine.inputNames;
      const [name = ''] = engine.outputNames;
      const typed = Tensor as unknown as new (...args: unknown[]) => Tensor;
      const own = Array.isArray(data)
        ? Array<string>(count).fill('')
        : new (data.constructor as new (length: number) => typeof data)(data.length);
      const target = new typed(type, own, [count]);
      for (let i = 0; i < 3; i++) {
        const results = await engine.run(
          { [input]: new typed(type, data, [count]) },
          { [name]: target },
        );
        expect(results[name]).toBe(target);
        expect(target.data).toBe(own);
        expect(own).toEqual(data);
      }
    },
  );
});

describe('engine.allocate()', () => {
  it('gives zeros of the port’s type and shape', async () => {
    const engine = await openvinoEngine('small/two-io.onnx');
    for (const name of ['left', 'sum']) {
      const tensor = engine.allocate(name);
      expect(tensor).toBeInstanceOf(Tensor);
      expect([tensor.type, tensor.dims]).toEqual(['float32', [2, 3]]);
      expect(values(tensor)).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  it('wants dims where the model leaves them open', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx');
    const error = thrownBy(() => engine.allocate('a'));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(error.message).toContain('batch');
    const a = engine.allocate('a', [2, 2]);
    (a.data as Float32Array).fill(1);
    const y = output(await engine.run({ a, b: float32([2, 1], [3, 4]) }), 'y');
    expect(values(y)).toEqual([7.5, 7.5]);
  });

  it('writes an output of open size where its dims are those of the run', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx');
    const y = engine.allocate('y', [2, 1]);
    const { data } = y;
    const feeds = { a: float32([2, 2], [1, 1, 2, 2]), b: float32([2, 1], [3, 4]) };
    for (let i = 0; i < 3; i++) {
      (data as Float32Array).fill(0);
      expect((await engine.run(feeds, { y }))['y']).toBe(y);
      expect(values(y)).toEqual([7.5, 14.5]);
      expect(values(output(await engine.run(feeds), 'y'))).toEqual([7.5, 14.5]);
    }
    expect(y.data).toBe(data);
  });

  it.each([
    ['no such name', 'nothing', undefined, 'INVALID_ARGUMENT'],
    ['a negative size', 'a', [-1, 2], 'OUT_OF_RANGE'],
    ['NaN', 'a', [NaN, 2], 'OUT_OF_RANGE'],
    ['more than 2^53 elements', 'a', [2 ** 30, 2 ** 30], 'OUT_OF_RANGE'],
    ['a size that is no number', 'a', ['1', 2], 'INVALID_ARGUMENT'],
    ['more memory than there is', 'a', [2 ** 30, 2 ** 20], 'OUT_OF_MEMORY'],
  ])('refuses %s', async (_what, name, dims, suffix) => {
    const engine = await openvinoEngine('small/dynamic.onnx');
    const error = thrownBy(() => engine.allocate(name, dims as number[]));
    expect(error).toMatchObject({ code: code(suffix) });
    expect(
      values(output(await engine.run({ a: float32([1, 1]), b: float32([1, 1]) }), 'y')),
    ).toEqual([0.5]);
  });

  it('gives memory that outlives the session', async () => {
    const engine = await openvinoEngine('small/two-io.onnx');
    const sum = engine.allocate('sum');
    await engine.run({ left, right }, { sum });
    await engine.release();
    expect(values(sum)).toEqual(SUM);
    (sum.data as Float32Array).fill(1);
    const other = await openvinoEngine('small/two-io.onnx');
    expect(values(output(await other.run({ left: sum, right: sum }), 'sum'))).toEqual([
      2, 2, 2, 2, 2, 2,
    ]);
  });

  it('is copied like any tensor when it is seen with other dims or in part', async () => {
    const engine = await openvinoEngine('small/dynamic.onnx');
    const a = engine.allocate('a', [2, 3]);
    (a.data as Float32Array).set([1, 2, 3, 4, 5, 6]);
    const seen = new Tensor('float32', a.data as Float32Array, [3, 2]);
    const b = float32([2, 1], [1, 1]);
    expect(values(output(await engine.run({ a: seen, b }), 'y'))).toEqual([3.5, 7.5, 11.5]);
    const part = new Tensor('float32', (a.data as Float32Array).subarray(2, 4), [1, 2]);
    expect(values(output(await engine.run({ a: part, b }), 'y'))).toEqual([7.5]);
  });

  it('of another type or shape is refused as any tensor is', async () => {
    const engine = await openvinoEngine('small/two-io.onnx');
    const other = await openvinoEngine('small/add.onnx');
    const error = await failureOf(engine.run({ left: other.allocate('a'), right }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(error.message).toContain('Got invalid dimensions for input: left');
  });
});
