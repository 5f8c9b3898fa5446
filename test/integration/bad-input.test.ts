/** Bad input: each kind has its code, its message says what was expected and found, and the process stays healthy. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createEngine, InferenceSession, Tensor, type Engine, type EngineOptions } from 'enginery';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { code, failureOf, float32, needsOpenvino, thrownBy, values } from '../fixtures/engines.js';
import { modelPath, temporaryFolder } from '../fixtures/models.js';
import { resizableBuffer } from '../fixtures/resizable.js';

needsOpenvino();

const ADD = modelPath('small/add.onnx');
const bytes = new Uint8Array(readFileSync(ADD));
const a = float32([1, 16], new Float32Array(16).fill(2));

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine(ADD, { providers: ['openvino'], strict: true });
});
afterAll(async () => {
  await engine.release();
});

/** After every failure the session that is there, and a new one, are as good as before. */
afterEach(async () => {
  const { sum } = await engine.run({ a, b: a });
  expect(values(sum)).toEqual(new Array(16).fill(4));
});

async function expectWorks(): Promise<void> {
  const made = await createEngine(ADD, { providers: ['openvino'], strict: true });
  expect(values((await made.run({ a, b: a }))['sum'])).toEqual(new Array(16).fill(4));
  await made.release();
}

describe('a model that cannot be read', () => {
  const file = (name: string, content: Uint8Array): string => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, content);
    return path;
  };
  const folder = (): string => {
    const path = join(temporaryFolder(), 'model.onnx');
    mkdirSync(path);
    return path;
  };
  const fifo = (): string => {
    const path = join(temporaryFolder(), 'model.onnx');
    execFileSync('mkfifo', [path]);
    return path;
  };

  it.each<readonly [string, () => string | Uint8Array, string, RegExp]>([
    [
      'is not there',
      () => '/nowhere/model.onnx',
      'INVALID_ARGUMENT',
      /\/nowhere\/model\.onnx.*File doesn't exist/,
    ],
    ['is a folder', folder, 'INVALID_ARGUMENT', /not a regular file/],
    ['is a FIFO that nobody writes to', fifo, 'INVALID_ARGUMENT', /not a regular file/],
    ['is a device', () => '/dev/zero', 'INVALID_ARGUMENT', /not a regular file/],
    ['has an empty path', () => '', 'INVALID_ARGUMENT', /File doesn't exist/],
    ['has a NUL in its path', () => 'model\0.onnx', 'INVALID_ARGUMENT', /NUL/],
    [
      'is an empty file',
      () => file('empty.onnx', new Uint8Array(0)),
      'MODEL_INVALID',
      /an empty file/,
    ],
    ['has no bytes', () => new Uint8Array(0), 'MODEL_INVALID', /an empty file/],
    [
      'is text',
      () => file('model.onnx', Buffer.from('hello, this is not a model')),
      'MODEL_INVALID',
      /Expected ONNX/,
    ],
    ['is noise', () => new Uint8Array(5000).map((_, i) => (i * 7919) % 251), 'MODEL_INVALID', /./],
    ['is cut off', () => bytes.subarray(0, 60), 'MODEL_INVALID', /truncated/],
    [
      'is cut off in its file',
      () => file('cut.onnx', bytes.subarray(0, 100)),
      'MODEL_INVALID',
      /truncated/,
    ],
    ['is a zip file', () => Buffer.from('504b0304140000000800', 'hex'), 'MODEL_INVALID', /./],
    [
      'has an operator that nobody knows',
      () => modelPath('small/unsupported-op.onnx'),
      'MODEL_UNSUPPORTED',
      /Mystery/,
    ],
    [
      'has external data outside its folder',
      () => modelPath('small/external-outside.onnx'),
      'MODEL_INVALID',
      /"\.\."/,
    ],
  ])('because it %s', async (_what, model, suffix, words) => {
    const source = model();
    for (const providers of [['openvino'], 'auto'] as const) {
      const error = await failureOf(createEngine(source, { providers }));
      expect(error).toMatchObject({ code: code(suffix) });
      expect(error.message).toMatch(words);
    }
    await expectWorks();
  });

  it('because it was detached before the call', async () => {
    const own = bytes.slice();
    structuredClone(own, { transfer: [own.buffer] });
    expect(await failureOf(createEngine(own))).toMatchObject({ code: code('MODEL_INVALID') });
  });
});

describe('a feed', () => {
  const feed = (b: unknown): Promise<unknown> => engine.run({ a, b: b as Tensor });
  const tensor = (parts: object): object => ({
    type: 'float32',
    dims: [1, 16],
    data: new Float32Array(16),
    ...parts,
  });
  const holey = (): number[] => {
    const dims = [1, 16];
    Reflect.deleteProperty(dims, '0');
    return dims;
  };
  const detached = (): object => {
    const data = new Float32Array(16);
    const whole = tensor({ data });
    structuredClone(data, { transfer: [data.buffer] });
    return whole;
  };
  const shrunk = (): object => {
    const buffer = resizableBuffer(64, 128);
    const data = new Float32Array(buffer);
    buffer.resize(32);
    return tensor({ data });
  };
  const outOfBounds = (): object => {
    const buffer = resizableBuffer(128, 128);
    const data = new Float32Array(buffer, 64, 16);
    buffer.resize(100);
    return tensor({ data });
  };

  it.each<readonly [string, () => unknown, string, RegExp]>([
    ['of a misspelled name is missing', () => undefined, 'INVALID_ARGUMENT', /'b' is missing/],
    ['that is null', () => null, 'INVALID_ARGUMENT', /'b', got null/],
    ['that is a string', () => 'x', 'INVALID_ARGUMENT', /'b', got string/],
    [
      'that is a bare typed array',
      () => new Float32Array(16),
      'INVALID_ARGUMENT',
      /Tensor\.dims must be an array/,
    ],
    ['without a type', () => tensor({ type: undefined }), 'INVALID_ARGUMENT', /Tensor\.type/],
    [
      'of a type that does not exist',
      () => tensor({ type: 'float99' }),
      'INVALID_ARGUMENT',
      /float99/,
    ],
    [
      'of another type',
      () => tensor({ type: 'int32', data: new Int32Array(16) }),
      'INVALID_ARGUMENT',
      /Unexpected input data type/,
    ],
    [
      'without dims',
      () => tensor({ dims: undefined }),
      'INVALID_ARGUMENT',
      /Tensor\.dims must be an array/,
    ],
    [
      'with dims as a typed array',
      () => tensor({ dims: new Int32Array([1, 16]) }),
      'INVALID_ARGUMENT',
      /Tensor\.dims must be an array/,
    ],
    [
      'with dims of strings',
      () => tensor({ dims: ['1', '16'] }),
      'INVALID_ARGUMENT',
      /Tensor\.dims\[0\]/,
    ],
    [
      'with a hole in its dims',
      () => tensor({ dims: holey() }),
      'INVALID_ARGUMENT',
      /Tensor\.dims\[0\]/,
    ],
    [
      'with dims of BigInts',
      () => tensor({ dims: [1n, 16n] }),
      'INVALID_ARGUMENT',
      /Tensor\.dims\[0\]/,
    ],
    [
      'with NaN in its dims',
      () => tensor({ dims: [1, NaN] }),
      'OUT_OF_RANGE',
      /Tensor\.dims\[1\].*NaN/,
    ],
    [
      'with infinity in its dims',
      () => tensor({ dims: [1, Infinity] }),
      'OUT_OF_RANGE',
      /Infinity/,
    ],
    ['with a negative size', () => tensor({ dims: [1, -16] }), 'OUT_OF_RANGE', /-16/],
    ['with a broken size', () => tensor({ dims: [1, 1.5] }), 'OUT_OF_RANGE', /1\.5/],
    [
      'with a size of 2^53',
      () => tensor({ dims: [1, 2 ** 53] }),
      'OUT_OF_RANGE',
      /9007199254740992/,
    ],
    ['with 2^60 elements', () => tensor({ dims: [2 ** 30, 2 ** 30] }), 'OUT_OF_RANGE', /2\^53-1/],
    [
      'of another rank',
      () => float32([16]),
      'INVALID_ARGUMENT',
      /Invalid rank for input: b Got: 1 Expected: 2/,
    ],
    [
      'of rank 5000',
      () => tensor({ dims: new Array(5000).fill(1) }),
      'INVALID_ARGUMENT',
      /Invalid rank for input: b Got: 5000 Expected: 2/,
    ],
    ['of another size', () => float32([1, 8]), 'INVALID_ARGUMENT', /index: 1 Got: 8 Expected: 16/],
    [
      'without data',
      () => tensor({ data: undefined }),
      'INVALID_ARGUMENT',
      /Tensor\.data must be a typed array.*Expected Float32Array as data of 'b'/,
    ],
    [
      'with data in an array',
      () => tensor({ data: new Array(16).fill(0) }),
      'INVALID_ARGUMENT',
      /Tensor\.data must be a typed array.*Expected Float32Array as data of 'b'/,
    ],
    [
      'with data in an ArrayBuffer',
      () => tensor({ data: new ArrayBuffer(64) }),
      'INVALID_ARGUMENT',
      /Tensor\.data must be a typed array.*Expected Float32Array as data of 'b'/,
    ],
    [
      'with data in a DataView',
      () => tensor({ data: new DataView(new ArrayBuffer(64)) }),
      'INVALID_ARGUMENT',
      /Expected Float32Array.*got DataView/,
    ],
    [
      'with data in another typed array',
      () => tensor({ data: new Float64Array(16) }),
      'INVALID_ARGUMENT',
      /Expected Float32Array.*got Float64Array/,
    ],
    [
      'with one value too few',
      () => tensor({ data: new Float32Array(15) }),
      'INVALID_ARGUMENT',
      /expected 64, got 60 bytes as data of 'b'/,
    ],
    [
      'whose data was detached before',
      detached,
      'INVALID_ARGUMENT',
      /expected 64, got 0 bytes.*detached/,
    ],
    ['whose buffer shrank before', shrunk, 'INVALID_ARGUMENT', /expected 64, got 32/],
    ['whose buffer no longer holds it', outOfBounds, 'INVALID_ARGUMENT', /expected 64, got 0/],
  ])('%s is refused', async (_what, make, suffix, words) => {
    const error = await failureOf(feed(make()));
    expect(error).toMatchObject({ code: code(suffix) });
    expect(error.message).toMatch(words);
  });

  it('under a name that is nearly right is asked back', async () => {
    const model = await createEngine(modelPath('small/two-io.onnx'), { providers: ['openvino'] });
    const error = await failureOf(model.run({ left: float32([2, 3]), rihgt: float32([2, 3]) }));
    expect(error.message).toBe("input 'right' is missing in 'feeds'. Did you mean \"rihgt\"?");
    await model.release();
  });

  it('whose getters throw gives their error, and whose getters change their answer are read once', async () => {
    const boom = new Error('boom');
    const throwing = {
      dims: [1, 16],
      get type(): string {
        throw boom;
      },
    };
    expect(await failureOf(feed(throwing))).toBe(boom);
    let reads = 0;
    const changing = {
      type: 'float32',
      dims: [1, 16],
      get data(): Float32Array {
        return new Float32Array(reads++ === 0 ? 16 : 1);
      },
    };
    await feed(changing);
    expect(reads).toBe(1);
  });

  it('whose dims answer differently each time is refused or run, without harm', async () => {
    const dynamic = await createEngine(modelPath('small/dynamic.onnx'), {
      providers: ['openvino'],
    });
    let reads = 0;
    const dims = new Proxy([2, 2], {
      get: (target, key) =>
        key === '0'
          ? [2, 2 ** 40, -1, NaN, 3, 0][reads++ % 6]
          : (Reflect.get(target, key) as unknown),
    });
    const x = { type: 'float32', dims, data: new Float32Array(4) } as unknown as Tensor;
    for (let i = 0; i < 60; i++) {
      try {
        await dynamic.run({ a: x, b: float32([2, 1]) });
      } catch (error) {
        expect(error).toHaveProperty('code');
      }
    }
    const results = await dynamic.run({ a: float32([1, 1]), b: float32([1, 1]) });
    expect(values(results['y'])).toEqual([0.5]);
    await dynamic.release();
  });
});

describe('a fetch', () => {
  it.each<readonly [string, unknown, string, RegExp]>([
    ['of a name that is not there', ['total'], 'OUT_OF_RANGE', /invalid output name: total/],
    ['of no names', [], 'INVALID_ARGUMENT', /cannot be an empty array/],
    [
      'of another type',
      { sum: new Tensor('int32', new Int32Array(16), [1, 16]) },
      'INVALID_ARGUMENT',
      /Unexpected output data type/,
    ],
    [
      'of another shape',
      { sum: float32([16, 1]) },
      'INVALID_ARGUMENT',
      /Got invalid dimensions for output: sum/,
    ],
    [
      'with too little data',
      { sum: { type: 'float32', dims: [1, 16], data: new Float32Array(3) } },
      'INVALID_ARGUMENT',
      /expected 64, got 12/,
    ],
  ])('%s is refused', async (_what, fetches, suffix, words) => {
    const error = await failureOf(engine.run({ a, b: a }, fetches as string[]));
    expect(error).toMatchObject({ code: code(suffix) });
    expect(error.message).toMatch(words);
  });

  it.each([0, 1_000_000])(
    'whose memory goes while the run lasts is the run’s error (inlineBelowUs %i)',
    async (inlineBelowUs) => {
      const own = await createEngine(ADD, { providers: ['openvino'], openvino: { inlineBelowUs } });
      for (let i = 0; i < 20; i++) {
        const sum = float32([1, 16]);
        const { buffer } = sum.data as Float32Array;
        const run = own.run({ a, b: a }, { sum });
        structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
        // Inline the run is over when the call returns: then it was written before.
        const error = await run.then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error !== undefined) expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
        if (inlineBelowUs === 0) expect(error).toBeDefined();
      }
      await own.release();
    },
  );
});

describe('an option', () => {
  it.each<readonly [string, unknown, string, RegExp]>([
    [
      'of createEngine that is not known',
      { provider: ['cpu'] },
      'INVALID_ARGUMENT',
      /got "provider"; did you mean "providers"\?/,
    ],
    [
      'that is nothing like any',
      { zzzzzzzzzzzz: 1 },
      'INVALID_ARGUMENT',
      /got "zzzzzzzzzzzz"; known: providers/,
    ],
    [
      'of OpenVINO that is not known',
      { openvino: { inlineBelowMs: 1 } },
      'INVALID_ARGUMENT',
      /did you mean "inlineBelowUs"\?/,
    ],
    [
      'of a provider in the list',
      { providers: [{ name: 'openvino', devise: 'CPU' }] },
      'INVALID_ARGUMENT',
      /did you mean "device"\?/,
    ],
    [
      'of ONNX Runtime that is not known',
      { onnxruntime: { worker: 1 } },
      'INVALID_ARGUMENT',
      /did you mean "workers"\?/,
    ],
    [
      'of a shape that is not known',
      { shapes: { a: { min: [1], most: [2], max: [2] } } },
      'INVALID_ARGUMENT',
      /got "most"/,
    ],
    [
      'precision of another name',
      { precision: 'f16' },
      'OUT_OF_RANGE',
      /'fp32', 'fp16', 'bf16'.*did you mean "fp16"\?/,
    ],
    [
      'precision of another type',
      { precision: 32 },
      'INVALID_ARGUMENT',
      /for precision, got 32 \(number\)/,
    ],
    ['strict of another type', { strict: 'yes' }, 'INVALID_ARGUMENT', /a boolean for strict/],
    ['device of another type', { device: 0 }, 'INVALID_ARGUMENT', /a string for device/],
    ['providers of another type', { providers: 5 }, 'INVALID_ARGUMENT', /for providers, got 5/],
    ['providers with a number', { providers: [5] }, 'INVALID_ARGUMENT', /providers\[0\]/],
    [
      'providers with an object without name',
      { providers: [{}] },
      'INVALID_ARGUMENT',
      /providers\[0\]\.name/,
    ],
    ['signal of another type', { signal: {} }, 'INVALID_ARGUMENT', /signal must be an AbortSignal/],
    [
      'onProgress of another type',
      { onProgress: true },
      'INVALID_ARGUMENT',
      /a function for onProgress/,
    ],
    ['weights of another type', { weights: [1] }, 'INVALID_ARGUMENT', /a Uint8Array for weights/],
    ['openvino of another type', { openvino: 'CPU' }, 'INVALID_ARGUMENT', /an object for openvino/],
    ['session of another type', { session: [] }, 'INVALID_ARGUMENT', /an object for session/],
    ['shapes of another type', { shapes: [1] }, 'INVALID_ARGUMENT', /an object for shapes/],
    ['shapes with a string', { shapes: { a: ['1'] } }, 'INVALID_ARGUMENT', /shapes\.a\[0\]/],
    ['shapes with NaN', { shapes: { a: [NaN] } }, 'OUT_OF_RANGE', /shapes\.a\[0\]/],
    [
      'shapes with min above max',
      { shapes: { a: { min: [3], max: [2] } } },
      'OUT_OF_RANGE',
      /min <= opt <= max/,
    ],
    [
      'shapes of two lengths',
      { shapes: { a: { min: [1, 2], max: [2] } } },
      'INVALID_ARGUMENT',
      /as many sizes/,
    ],
    [
      'inlineBelowUs below zero',
      { openvino: { inlineBelowUs: -1 } },
      'OUT_OF_RANGE',
      /inlineBelowUs/,
    ],
    ['inferRequests of zero', { openvino: { inferRequests: 0 } }, 'OUT_OF_RANGE', /inferRequests/],
    ['numThreads broken', { openvino: { numThreads: 1.5 } }, 'OUT_OF_RANGE', /numThreads/],
    [
      'performanceHint of another name',
      { openvino: { performanceHint: 'fast' } },
      'OUT_OF_RANGE',
      /'latency', 'throughput'/,
    ],
    [
      'property that is a number',
      { openvino: { properties: { NUM_STREAMS: 1 } } },
      'INVALID_ARGUMENT',
      /properties\.NUM_STREAMS/,
    ],
    [
      'in the session’s own words',
      { session: { intraOpNumThreads: 'x' } },
      'INVALID_ARGUMENT',
      /intraOpNumThreads must be a number/,
    ],
    ['that is null', null, 'INVALID_ARGUMENT', /an object for options, got null/],
  ])('%s is refused', async (_what, options, suffix, words) => {
    const error = await failureOf(createEngine(ADD, options as EngineOptions));
    expect(error).toMatchObject({ code: code(suffix) });
    expect(error.message).toMatch(words);
  });

  it('that OpenVINO itself does not know is its refusal, in its words', async () => {
    const options: EngineOptions = {
      providers: ['openvino'],
      strict: true,
      openvino: { properties: { NO_SUCH_PROPERTY: 'YES' } },
    };
    const error = await failureOf(createEngine(ADD, options));
    expect(error.code).toMatch(/^ERR_ENGINERY_/);
    expect(error.message).toContain('NO_SUCH_PROPERTY');
    await expectWorks();
  });

  it('of InferenceSession.create that is not known passes, as in onnxruntime-node', async () => {
    const made = await InferenceSession.create(ADD, {
      nosuch: 5,
    } as InferenceSession.SessionOptions);
    await made.release();
  });
});

describe('after release', () => {
  it('every method says that the session is disposed', async () => {
    const own = await createEngine(ADD, { providers: ['openvino'], strict: true });
    await own.release();
    const disposed = { code: code('DISPOSED'), message: 'Session already disposed.' };
    expect(await failureOf(own.run({ a, b: a }))).toMatchObject(disposed);
    expect(await failureOf(own.release())).toMatchObject(disposed);
    expect(await failureOf(own.inspect())).toMatchObject(disposed);
    expect(thrownBy(() => own.allocate('a'))).toMatchObject(disposed);
    // What it was stays known.
    expect(own.inputNames).toEqual(['a', 'b']);
    expect(own.provider).toBe('openvino');
  });
});
