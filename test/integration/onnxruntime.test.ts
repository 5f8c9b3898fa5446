/** The ONNX Runtime provider with the real onnxruntime-node: numbers, types, hazards, cancellation, release. */

import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CompiledModel, TensorValue } from '../../lib/runtime/provider.js';
import {
  builtOnnx,
  builtProvider,
  compile,
  digits,
  float32,
  modelPath,
  outlineOf,
  rejection,
  withModel,
} from '../fixtures/onnxruntime.js';

const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
const ones = (count: number): TensorValue => float32([1, count], new Float32Array(count).fill(1));
const slowFeeds = { x: ones(512) };

describe('probe', () => {
  it('finds the installed package without loading it', async () => {
    const report = await (await builtProvider()).onnxruntimeProvider('cpu').probe();
    expect(report).toMatchObject({ provider: 'cpu', available: true });
    expect(manifest).toMatchObject({ devDependencies: { 'onnxruntime-node': report.version } });
    expect(report.devices.map((device) => device.name)).toEqual(['CPU']);
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('onnxruntime_binding');
  });
});

describe('the digits', () => {
  it('are classified as ONNX Runtime in Python does: 498 of 500 right, logits within 1e-5', async () => {
    const { count, pixels, labels, logits } = await digits();
    await withModel(await compile('digits/digits_cnn.onnx'), async (model) => {
      let right = 0;
      let largest = 0;
      for (let image = 0; image < count; image++) {
        const input = float32([1, 1, 8, 8], pixels.subarray(image * 64, image * 64 + 64));
        const result = (await model.run({ input }, { logits: null }, {}))['logits'];
        const scores = [...(result?.data as Float32Array)];
        if (scores.indexOf(Math.max(...scores)) === labels[image]) right++;
        scores.forEach((score, index) => {
          largest = Math.max(largest, Math.abs(score - (logits[image * 10 + index] ?? NaN)));
        });
      }
      expect(right).toBe(498);
      expect(largest).toBeLessThan(1e-5);
    });
  });

  it('have the model metadata with symbolic sizes', async () => {
    await withModel(await compile('digits/digits_cnn.onnx'), async (model) => {
      expect(model.inputs).toEqual([{ name: 'input', type: 'float32', shape: ['batch', 1, 8, 8] }]);
      expect(model.outputs).toEqual([{ name: 'logits', type: 'float32', shape: ['batch', 10] }]);
      expect(model.description).toMatchObject({ runtime: 'onnxruntime-node', device: 'cpu' });
      await Promise.resolve();
    });
  });

  it('are the same from bytes, which stay the caller’s', async () => {
    const bytes = new Uint8Array(readFileSync(modelPath('digits/digits_cnn.onnx')));
    const { pixels, logits } = await digits();
    await withModel(await compile(bytes, { workers: 2 }), async (model) => {
      expect(bytes.byteLength).toBeGreaterThan(0);
      const input = float32([2, 1, 8, 8], pixels.subarray(0, 128));
      const runs = [1, 2, 3, 4].map(async () => model.run({ input }, { logits: null }, {}));
      for (const result of await Promise.all(runs)) {
        const data = result['logits']?.data as Float32Array;
        for (const [index, value] of data.entries()) {
          expect(value).toBeCloseTo(logits[index] ?? NaN, 4);
        }
      }
    });
  });
});

describe('element types', () => {
  const values: Record<string, TensorValue['data']> = {
    float32: new Float32Array([1.5, -2, NaN]),
    float64: new Float64Array([1.5, -2, Infinity]),
    float16: new Uint16Array([0x3c00, 0xc000, 0x7e01]),
    uint8: new Uint8Array([0, 127, 255]),
    int8: new Int8Array([0, 127, -128]),
    uint16: new Uint16Array([0, 1, 65535]),
    int16: new Int16Array([0, 1, -32768]),
    uint32: new Uint32Array([0, 1, 4294967295]),
    int32: new Int32Array([0, 1, -2147483648]),
    int64: new BigInt64Array([0n, 1n, -(2n ** 63n)]),
    uint64: new BigUint64Array([0n, 1n, 2n ** 64n - 1n]),
    bool: new Uint8Array([0, 1, 1]),
    string: ['', 'grüße 😀', 'a\nb'],
  };

  it.each(Object.keys(values))('%s passes through unchanged', async (type) => {
    const x = { type, dims: [3], data: values[type] } as TensorValue;
    await withModel(await compile(`small/identity-${type}.onnx`), async (model) => {
      expect(await model.run({ x }, { y: null }, {})).toEqual({ y: x });
    });
  });

  it.each(['float32', 'string'])('an empty %s tensor passes through', async (type) => {
    const x = {
      type,
      dims: [0],
      data: type === 'string' ? [] : new Float32Array(0),
    } as TensorValue;
    await withModel(await compile(`small/identity-${type}.onnx`), async (model) => {
      expect(await model.run({ x }, { y: null }, {})).toEqual({ y: x });
    });
  });

  it('a 0-d tensor and a data-dependent shape come back with their dims', async () => {
    await withModel(await compile('small/scalar.onnx'), async (model) => {
      expect(await model.run({ x: float32([], [3]) }, { y: null }, {})).toEqual({
        y: float32([], [9]),
      });
    });
    await withModel(await compile('small/nonzero.onnx'), async (model) => {
      const x = float32([2, 2], [0, 5, 0, 6]);
      const { indices } = await model.run({ x }, { indices: null }, {});
      expect(indices).toEqual({
        type: 'int64',
        dims: [2, 2],
        data: new BigInt64Array([0n, 1n, 1n, 1n]),
      });
    });
  });

  it('a 4-bit output that the file does not declare is refused when the session is made, because returning it ends the process', async () => {
    const { buildModel, buildTensor, buildValue, encodeModel } = await builtOnnx();
    const undeclared = buildValue('y', 'int4');
    delete undeclared.type;
    const bytes = encodeModel(
      buildModel({
        irVersion: 10,
        opsets: { '': 21 },
        inputs: [buildValue('x', 'float32', ['n'])],
        outputs: [undeclared],
        initializers: [
          buildTensor('scale', 'float32', [], new Float32Array([1])),
          buildTensor('zero', 'int4', [], new Uint8Array([0])),
        ],
        nodes: [{ type: 'QuantizeLinear', inputs: ['x', 'scale', 'zero'], outputs: ['y'] }],
      }),
    );
    const outline = await outlineOf(bytes);
    const error = await rejection(compile(bytes, { source: { outline } }));
    expect(error).toMatchObject({ code: 'ERR_ENGINERY_MODEL_UNSUPPORTED' });
    expect(error.message).toContain("output 'y'");
  });
});

describe('feeds', () => {
  let model: CompiledModel;
  beforeAll(async () => {
    model = await compile('small/identity-float32.onnx');
  });
  afterAll(async () => model.release());

  const output = async (x: TensorValue): Promise<number[]> => [
    ...((await model.run({ x }, { y: null }, {}))['y']?.data as Float32Array),
  ];

  it('count at the time of the call, whatever happens to the buffer afterwards', async () => {
    const data = new Float32Array([1, 2, 3]);
    const changed = output({ type: 'float32', dims: [3], data });
    data.fill(9);
    const moved = output({ type: 'float32', dims: [3], data });
    structuredClone(data, { transfer: [data.buffer] });
    expect(await changed).toEqual([1, 2, 3]);
    expect(await moved).toEqual([9, 9, 9]);
  });

  it('may view a SharedArrayBuffer, a part of a buffer, or a resizable one that shrinks meanwhile', async () => {
    const shared = new Float32Array(new SharedArrayBuffer(12));
    shared.set([1, 2, 3]);
    const fromShared = output({ type: 'float32', dims: [3], data: shared });
    shared.fill(0);
    expect(await fromShared).toEqual([1, 2, 3]);
    const part = new Float32Array([0, 1, 2, 0]).subarray(1, 3);
    expect(await output({ type: 'float32', dims: [2], data: part })).toEqual([1, 2]);
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(length: number): void };
    const buffer = new Resizable(8, { maxByteLength: 16 });
    const view = new Float32Array(buffer);
    view.set([4, 5]);
    const resized = output({ type: 'float32', dims: [2], data: view });
    buffer.resize(0);
    expect(await resized).toEqual([4, 5]);
    expect(await rejection(output({ type: 'float32', dims: [2], data: view }))).toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
    });
  });

  it('over a detached buffer are refused, empty ones too', async () => {
    for (const count of [2, 0]) {
      const data = new Float32Array(count);
      structuredClone(data, { transfer: [data.buffer] });
      const error = await rejection(output({ type: 'float32', dims: [count], data }));
      expect(error).toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
      expect(error.message).toMatch(/detached/);
    }
  });

  const broken: [string, unknown, string][] = [
    ['a missing input', undefined, 'INVALID_ARGUMENT'],
    ['null', null, 'INVALID_ARGUMENT'],
    ['another type', { type: 'float64', dims: [1], data: new Float64Array(1) }, 'INVALID_ARGUMENT'],
    [
      'data of another kind',
      { type: 'float32', dims: [1], data: new Int32Array(1) },
      'INVALID_ARGUMENT',
    ],
    [
      'too little data',
      { type: 'float32', dims: [4], data: new Float32Array(3) },
      'INVALID_ARGUMENT',
    ],
    [
      'dims that are no array',
      { type: 'float32', dims: 3, data: new Float32Array(3) },
      'INVALID_ARGUMENT',
    ],
    ['a NaN size', { type: 'float32', dims: [NaN], data: new Float32Array(1) }, 'OUT_OF_RANGE'],
    ['a negative size', { type: 'float32', dims: [-1], data: new Float32Array(1) }, 'OUT_OF_RANGE'],
    [
      '2^53 elements',
      { type: 'float32', dims: [2 ** 53], data: new Float32Array(1) },
      'OUT_OF_RANGE',
    ],
    [
      'a wrong rank',
      { type: 'float32', dims: [1, 1], data: new Float32Array(1) },
      'INVALID_ARGUMENT',
    ],
  ];
  it.each(broken)('with %s are refused, and the session goes on', async (_what, x, code) => {
    const error = await rejection(output(x as TensorValue));
    expect(error).toMatchObject({ code: `ERR_ENGINERY_${code}` });
    expect(error).toBeInstanceOf(code === 'OUT_OF_RANGE' ? RangeError : TypeError);
    expect(await output(float32([1], [7]))).toEqual([7]);
  });

  it('with a string tensor that holds something else are refused by index', async () => {
    await withModel(await compile('small/identity-string.onnx'), async (strings) => {
      const x = { type: 'string', dims: [2], data: ['a', 5] } as unknown as TensorValue;
      const error = await rejection(strings.run({ x }, { y: null }, {}));
      expect(error).toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
      expect(error.message).toContain('data[1]');
    });
  });
});

describe('fetches', () => {
  const feeds = {
    left: float32([2, 3], [1, 2, 3, 4, 5, 6]),
    right: float32([2, 3], [6, 5, 4, 3, 2, 1]),
  };
  const difference = [-5, -3, -1, 1, 3, 5];
  let model: CompiledModel;
  beforeAll(async () => {
    model = await compile('small/two-io.onnx');
  });
  afterAll(async () => model.release());

  it('give only what is asked for', async () => {
    const result = await model.run(feeds, { difference: null }, {});
    expect(result).toEqual({ difference: float32([2, 3], difference) });
  });

  it('fill the given tensor and return it', async () => {
    const target = float32([2, 3], new Float32Array(6));
    const result = await model.run(feeds, { difference: target, sum: null }, {});
    expect(result['difference']).toBe(target);
    expect([...(target.data as Float32Array)]).toEqual(difference);
    expect([...(result['sum']?.data as Float32Array)]).toEqual([7, 7, 7, 7, 7, 7]);
  });

  it('fill a string array', async () => {
    await withModel(await compile('small/identity-string.onnx'), async (strings) => {
      const target: TensorValue = { type: 'string', dims: [1], data: [''] };
      await strings.run({ x: { type: 'string', dims: [1], data: ['text'] } }, { y: target }, {});
      expect(target.data).toEqual(['text']);
    });
  });

  it('with a tensor of other dims, another type or a detached buffer are refused, and none is written', async () => {
    const detached = new Float32Array(6);
    const targets: TensorValue[] = [
      float32([3, 2], new Float32Array(6)),
      { type: 'int32', dims: [2, 3], data: new Int32Array(6) },
      { type: 'float32', dims: [2, 3], data: detached },
      { type: 'float32', dims: [2, 3], data: new Float32Array(7) },
    ];
    for (const target of targets) {
      const sum = float32([2, 3], new Float32Array(6));
      const running = model.run(feeds, { sum, difference: target }, {});
      if (target.data === detached) structuredClone(detached, { transfer: [detached.buffer] });
      expect(await rejection(running)).toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
      expect([...(sum.data as Float32Array)]).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  it('with an unknown name are refused by name', async () => {
    const error = await rejection(model.run(feeds, { nothing: null }, {}));
    expect(error).toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
    expect(error.message).toContain("'sum', 'difference'");
  });
});

describe('the event loop', () => {
  it('turns while a run takes long, on one worker and on two', async () => {
    for (const workers of [1, 2]) {
      await withModel(await compile('small/slow.onnx', { workers }), async (model) => {
        let turns = 0;
        let isRunning = true;
        const turn = (): void => {
          turns++;
          if (isRunning) setImmediate(turn);
        };
        setImmediate(turn);
        await Promise.all([1, 2].map(async () => model.run(slowFeeds, { y: null }, {})));
        isRunning = false;
        // A blocked loop turns a handful of times; an idle one tens of thousands of times in a run of this length.
        expect(turns).toBeGreaterThan(100);
      });
    }
  });
});

describe('cancellation', () => {
  it('rejects a started run at once and drops a waiting one; the session goes on', async () => {
    await withModel(await compile('small/slow.onnx'), async (model) => {
      const [first, second] = [new AbortController(), new AbortController()];
      const started = rejection(model.run(slowFeeds, { y: null }, { signal: first.signal }));
      const waiting = rejection(model.run(slowFeeds, { y: null }, { signal: second.signal }));
      const last = model.run(slowFeeds, { y: null }, {});
      second.abort();
      first.abort(new Error('enough'));
      expect(await started).toMatchObject({ name: 'AbortError', code: 'ERR_ENGINERY_CANCELLED' });
      expect((await started).cause).toMatchObject({ message: 'enough' });
      expect(await waiting).toMatchObject({ code: 'ERR_ENGINERY_CANCELLED' });
      expect((await last)['y']?.dims).toEqual([1, 512]);
    });
  });

  it('refuses a run whose signal is aborted already', async () => {
    await withModel(await compile('small/slow.onnx'), async (model) => {
      const running = model.run(slowFeeds, { y: null }, { signal: AbortSignal.abort() });
      expect(await rejection(running)).toMatchObject({ code: 'ERR_ENGINERY_CANCELLED' });
    });
  });

  it('abandons the creation of a session', async () => {
    const controller = new AbortController();
    const created = rejection(compile('digits/digits_cnn.onnx', { signal: controller.signal }));
    setImmediate(() => {
      controller.abort();
    });
    expect(await created).toMatchObject({ code: 'ERR_ENGINERY_CANCELLED' });
    expect(
      await rejection(compile('digits/digits_cnn.onnx', { signal: AbortSignal.abort() })),
    ).toMatchObject({
      code: 'ERR_ENGINERY_CANCELLED',
    });
  });
});

describe('release', () => {
  it('lets accepted runs finish; afterwards run and release are refused in onnxruntime-node’s words', async () => {
    const model = await compile('small/slow.onnx');
    const runs = [1, 2].map(async () => model.run(slowFeeds, { y: null }, {}));
    const released = model.release();
    const late = [model.run(slowFeeds, { y: null }, {}), model.release(), model.inspect()];
    for (const promise of late) {
      const error = await rejection(promise);
      expect(error).toMatchObject({ code: 'ERR_ENGINERY_DISPOSED' });
      expect(error.message).toContain('Session already disposed');
    }
    expect(() => {
      model.endProfiling();
    }).toThrow('Session already disposed');
    for (const result of await Promise.all(runs)) expect(result['y']?.dims).toEqual([1, 512]);
    await released;
  });
});
