/** 4-bit inputs and outputs, which onnxruntime-node does not pass, through ONNX Runtime's workers; OpenVINO as the second opinion. */

import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { createEngine, Tensor, type Engine, type EngineOptions } from 'enginery';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { buildExternalTensor } from '../../lib/onnx/index.js';
import { code, failureOf, float32, openvinoEngine, output, session } from '../fixtures/engines.js';
import { workerUrl } from '../fixtures/child.js';
import {
  FOUR_BIT_CASES,
  fourBitModel,
  type FourBitCase,
  nestedModel,
  pack,
} from '../fixtures/four-bit-models.js';
import { modelPath, temporaryFolder } from '../fixtures/models.js';
import { lackOfOpenvino } from '../requirements.js';

async function cpuEngine(model: string | Uint8Array, options: EngineOptions = {}): Promise<Engine> {
  const engine = await createEngine(model, { providers: ['cpu'], strict: true, ...options });
  onTestFinished(async () => engine.release());
  return engine;
}

function tensor({ type, dims, values }: FourBitCase['x']): Tensor {
  if (type === 'float32') return float32(dims, values);
  return new Tensor(type, pack(values), dims);
}

/** Type, dims and data, the unused half of a last byte left out. */
function content({ type, dims, data }: Tensor): unknown {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const bytes = Array.from(data as Uint8Array | Float32Array);
  const last = bytes.at(-1);
  if (type.endsWith('int4') && count % 2 === 1 && last !== undefined)
    bytes[bytes.length - 1] = last & 15;
  return { type, dims: [...dims], bytes };
}

describe('on ONNX Runtime', () => {
  it.each(FOUR_BIT_CASES)('$name gives the values of plain arithmetic', async ({ model, x, y }) => {
    const engine = await cpuEngine(model);
    expect(engine.inputMetadata[0]).toMatchObject({ name: 'x', type: x.type });
    expect(engine.outputMetadata[0]).toMatchObject({ name: 'y', type: y.type });
    const found = output(await engine.run({ x: tensor(x) }), 'y');
    expect(content(found)).toEqual(content(tensor(y)));
  });
});

describe('on OpenVINO', () => {
  beforeEach((context) => {
    const lack = lackOfOpenvino();
    context.skip(lack !== undefined, lack);
  });

  it.each(FOUR_BIT_CASES)('$name gives the same', async ({ model, x, y }) => {
    const engine = await openvinoEngine(model);
    const found = output(await engine.run({ x: tensor(x) }), 'y');
    expect(content(found)).toEqual(content(tensor(y)));
  });
});

describe('a session with 4-bit ends', () => {
  it('fills tensors that the caller gives, and refuses those that do not fit', async () => {
    const engine = await cpuEngine(modelPath('small/identity-int4.onnx'));
    const x = new Tensor('int4', pack([-8, 7, -1]), [3]);
    const y = new Tensor('int4', new Uint8Array([0xff, 0xff]), [3]);
    const results = await engine.run({ x }, { y });
    expect(results['y']).toBe(y);
    expect(y.data).toEqual(pack([-8, 7, -1]));
    for (const wrong of [
      new Tensor('uint4', new Uint8Array(2), [3]),
      new Tensor('int4', new Uint8Array(2), [4]),
      new Tensor('int8', new Int8Array(3), [3]),
    ]) {
      expect(await failureOf(engine.run({ x }, { y: wrong }))).toMatchObject({
        code: code('INVALID_ARGUMENT'),
      });
    }
    expect(
      await failureOf(engine.run({ x: new Tensor('int8', new Int8Array(3), [3]) })),
    ).toMatchObject({
      code: code('INVALID_ARGUMENT'),
    });
  });

  it('is what onnxruntime-node’s own words make where OpenVINO is not asked', async () => {
    const made = await session('small/identity-uint4.onnx', { executionProviders: ['cpu'] });
    expect(made.inputNames).toEqual(['x']);
    expect(made.outputNames).toEqual(['y']);
    expect(made.inputMetadata).toEqual([
      { name: 'x', isTensor: true, type: 'uint4', shape: ['n'] },
    ]);
    expect(made.outputMetadata).toEqual([
      { name: 'y', isTensor: true, type: 'uint4', shape: ['n'] },
    ]);
    const x = new Tensor('uint4', pack([15, 0, 8]), [3]);
    expect(output(await made.run({ x }, ['y']), 'y').data).toEqual(x.data);
  });

  it('works in a worker thread, where ONNX Runtime is a process of its own', async () => {
    const worker = new Worker(
      new URL(
        workerUrl(`
          import { parentPort } from 'node:worker_threads';
          const engine = await createEngine(model('small/identity-int4.onnx'), { providers: ['cpu'] });
          const x = new Tensor('int4', new Uint8Array([0x78, 0x0f]), [3]);
          parentPort.postMessage((await engine.run({ x })).y.data);
          await engine.release();
        `),
      ),
    );
    const [data] = (await once(worker, 'message')) as unknown[];
    expect(data).toEqual(pack([-8, 7, -1]));
    await once(worker, 'exit');
  });

  it('runs branches that read the input, and local functions', async () => {
    const engine = await cpuEngine(nestedModel());
    const values = [7, -7, 3];
    const x = new Tensor('int4', pack(values), [3]);
    for (const [flag, sign] of [
      [true, 1],
      [false, -1],
    ] as const) {
      const feeds = { x, flag: new Tensor('bool', [flag], []) };
      const expected = pack(values.map((value) => sign * value));
      expect(output(await engine.run(feeds), 'y').data).toEqual(expected);
    }
  });

  it('finds external data beside the model, below its folder, and given as bytes', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'data'));
    const weights = new Float32Array([1, 2, 3]);
    const bytes = fourBitModel({
      x: ['int4', [3]],
      y: ['float32', [3]],
      initializers: [
        buildExternalTensor('w', 'float32', [3], { location: 'data/w.bin', offset: 0, length: 12 }),
      ],
      nodes: [
        { type: 'Cast', inputs: ['x'], outputs: ['f'], attributes: { to: { int: 1 } } },
        { type: 'Mul', inputs: ['f', 'w'], outputs: ['y'] },
      ],
    });
    writeFileSync(join(folder, 'model.onnx'), bytes);
    writeFileSync(join(folder, 'data', 'w.bin'), weights);
    const data = new Uint8Array(weights.buffer);
    const byPath = await cpuEngine(join(folder, 'model.onnx'), {
      session: { extra: { session: { set_denormal_as_zero: '1' } } },
    });
    const byBytes = await session(bytes, {
      executionProviders: ['cpu'],
      externalData: [{ path: 'data/w.bin', data }],
    });
    const x = new Tensor('int4', pack([-8, 7, 5]), [3]);
    for (const made of [byPath, byBytes]) {
      expect(output(await made.run({ x }), 'y').data).toEqual(new Float32Array([-8, 14, 15]));
    }
    expect(readFileSync(join(folder, 'model.onnx'))).toEqual(Buffer.from(bytes));
  });

  it('shows the nodes of the model among its layers', async () => {
    const engine = await cpuEngine(nestedModel());
    const { layers } = await engine.inspect({
      feeds: { x: new Tensor('int4', pack([1]), [1]), flag: new Tensor('bool', [true], []) },
    });
    expect(layers.find(({ type }) => type === 'If')).toMatchObject({ status: 'executed' });
  });

  it('with an operator that ONNX Runtime has no 4-bit kernel for is refused in its words', async () => {
    const bytes = fourBitModel({
      x: ['int4', ['a', 'b']],
      y: ['int4', ['a', 'b']],
      nodes: [{ type: 'Flatten', inputs: ['x'], outputs: ['y'] }],
    });
    const error = await failureOf(cpuEngine(bytes));
    expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
    expect(error.message).toContain('Flatten');
  });
});
