/**
 * The same calls of onnxruntime-node and of enginery: every overload, the same metadata and the same results; at the
 * end what is known to differ. Whole programs are in same-program.test.ts, misuse is in same-misuse.test.ts.
 */

import { readFileSync } from 'node:fs';

import * as enginery from 'enginery';
import * as onnxruntime from 'onnxruntime-node';
import { describe, expect, it, onTestFinished } from 'vitest';

import { failureOf, needsOpenvino } from '../fixtures/engines.js';
import { modelPath } from '../fixtures/models.js';

needsOpenvino();

/** What a program imports: each package has it under the same names. */
type Package = Pick<typeof onnxruntime, 'InferenceSession' | 'Tensor'>;
type Session = onnxruntime.InferenceSession;
type Results = onnxruntime.InferenceSession.ReturnType;
type Options = onnxruntime.InferenceSession.SessionOptions;

// The declarations of test/types/drop-in.ts say that this holds; here it is one type for both packages.
const ours = enginery as unknown as Package;

/** Ours on one provider and no other. */
function only(provider: string): Options {
  return { executionProviders: [provider], strict: true } as Options;
}

const PROVIDERS = ['openvino', 'cpu'] as const;

async function released<T extends Session>(creating: Promise<T>): Promise<T> {
  const session = await creating;
  onTestFinished(async () => session.release());
  return session;
}

/** The results as plain values, in their order. */
function shown(results: Results): unknown {
  return Object.entries(results).map(([name, { type, dims, data, location }]) => ({
    ...{ name, type, location },
    dims: [...dims],
    kind: data.constructor.name,
    data: Array.from(data as Float32Array),
  }));
}

const TWO_IO = modelPath('small/two-io.onnx');

/** Feeds of two-io.onnx, with this package's class. */
function feeds({ Tensor }: Package): onnxruntime.InferenceSession.FeedsType {
  return {
    left: new Tensor('float32', [1, 2, 3, 4, 5, 6], [2, 3]),
    right: new Tensor('float32', new Float32Array([6, 5, 4, 3, 2, 1]), [2, 3]),
  };
}

describe.each(PROVIDERS)('with executionProviders [%s] enginery', (provider) => {
  it.each([
    'digits/digits_cnn.onnx',
    ...['add', 'scalar', 'dynamic', 'nonzero', 'concat', 'two-io'].map((n) => `small/${n}.onnx`),
    ...['int64', 'bool', 'float16', 'uint8'].map((type) => `small/identity-${type}.onnx`),
  ])('has the names and the metadata of onnxruntime-node for %s', async (model) => {
    const theirs = await released(onnxruntime.InferenceSession.create(modelPath(model)));
    const mine = await released(ours.InferenceSession.create(modelPath(model), only(provider)));
    for (const name of ['inputNames', 'outputNames', 'inputMetadata', 'outputMetadata'] as const) {
      // As text: the order of the properties too.
      expect(JSON.stringify(mine[name])).toBe(JSON.stringify(theirs[name]));
    }
  });

  describe('creates sessions', () => {
    const file = readFileSync(TWO_IO);
    const bytes = Uint8Array.from(file);
    const { length } = bytes;
    /** The model between other bytes. */
    const padded = new Uint8Array(length + 24).fill(255);
    padded.set(bytes, 16);
    const tail = new Uint8Array(length + 16);
    tail.set(bytes, 16);

    it.each<
      [string, (create: Package['InferenceSession']['create'], o: Options) => Promise<Session>]
    >([
      ['a path', (create, o) => create(TWO_IO, o)],
      ['a Uint8Array', (create, o) => create(bytes, o)],
      ['a Node Buffer', (create, o) => create(file, o)],
      ['a view of a part of a buffer', (create, o) => create(padded.subarray(16, 16 + length), o)],
      ['an ArrayBuffer', (create, o) => create(bytes.buffer, o)],
      ['an offset and a length', (create, o) => create(padded.buffer, 16, length, o)],
      ['no offset and the whole length', (create, o) => create(bytes.buffer, 0, length, o)],
    ])('from %s', async (_, make) => {
      const theirs = await released(
        make(onnxruntime.InferenceSession.create.bind(onnxruntime.InferenceSession), {}),
      );
      const mine = await released(
        make(ours.InferenceSession.create.bind(ours.InferenceSession), only(provider)),
      );
      expect(shown(await mine.run(feeds(ours)))).toEqual(
        shown(await theirs.run(feeds(onnxruntime))),
      );
    });

    // Without options there is no provider to choose: the automatic order serves.
    it.each<[string, (create: Package['InferenceSession']['create']) => Promise<Session>]>([
      ['a path alone', (create) => create(TWO_IO)],
      ['bytes alone', (create) => create(bytes)],
      ['a buffer alone', (create) => create(bytes.buffer)],
      ['an offset alone', (create) => create(tail.buffer, 16)],
      ['an offset and a length alone', (create) => create(padded.buffer, 16, length)],
      ['options without providers', (create) => create(TWO_IO, { executionProviders: [] })],
    ])('from %s', async (_, make) => {
      const theirs = await released(
        make(onnxruntime.InferenceSession.create.bind(onnxruntime.InferenceSession)),
      );
      const mine = await released(make(ours.InferenceSession.create.bind(ours.InferenceSession)));
      expect(shown(await mine.run(feeds(ours)))).toEqual(
        shown(await theirs.run(feeds(onnxruntime))),
      );
    });
  });

  describe('runs', () => {
    const options = { tag: 'a run', logSeverityLevel: 3 } as const;

    it.each<[string, (session: Session, p: Package) => Promise<Results>]>([
      ['feeds', (session, p) => session.run(feeds(p))],
      ['feeds and options', (session, p) => session.run(feeds(p), options)],
      ['feeds and empty options', (session, p) => session.run(feeds(p), {})],
      ['names', (session, p) => session.run(feeds(p), ['difference'])],
      ['names in another order', (session, p) => session.run(feeds(p), ['difference', 'sum'])],
      ['a name twice', (session, p) => session.run(feeds(p), ['sum', 'sum'])],
      ['names and options', (session, p) => session.run(feeds(p), ['sum'], options)],
      ['an object of null', (session, p) => session.run(feeds(p), { difference: null })],
      [
        'an object of null and options',
        (session, p) => session.run(feeds(p), { difference: null, sum: null }, options),
      ],
      [
        'an object of tensors',
        (session, p) =>
          session.run(feeds(p), {
            sum: new p.Tensor('float32', new Float32Array(6), [2, 3]),
            difference: new p.Tensor('float32', new Float32Array(6), [2, 3]),
          }),
      ],
      [
        'an object of a tensor and null',
        (session, p) =>
          session.run(feeds(p), {
            difference: null,
            sum: new p.Tensor('float32', new Float32Array(6), [2, 3]),
          }),
      ],
      [
        'an object with a name that is no output',
        (session, p) => session.run(feeds(p), { sum: null, product: null }),
      ],
      [
        'feeds with a name that is no input',
        (session, p) => session.run({ ...feeds(p), more: feeds(p)['left'] as enginery.Tensor }),
      ],
      [
        'feeds without a prototype',
        (session, p) => session.run(Object.assign(Object.create(null) as object, feeds(p))),
      ],
      [
        'inherited feeds',
        (session, p) => session.run(Object.create(feeds(p)) as ReturnType<typeof feeds>),
      ],
    ] as [string, (session: Session, p: Package) => Promise<Results>][])(
      'with %s',
      async (_, run) => {
        const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO));
        const mine = await released(ours.InferenceSession.create(TWO_IO, only(provider)));
        const expected = await run(theirs, onnxruntime);
        const results = await run(mine, ours);
        expect(shown(results)).toEqual(shown(expected));
        for (const value of Object.values(results))
          expect(value).toBeInstanceOf(onnxruntime.Tensor);
      },
    );

    it('fills the memory of a tensor that is given for an output', async () => {
      const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO));
      const mine = await released(ours.InferenceSession.create(TWO_IO, only(provider)));
      const filled = await Promise.all(
        (
          [
            [theirs, onnxruntime],
            [mine, ours],
          ] as const
        ).map(async ([session, p]) => {
          const data = new Float32Array(6);
          await session.run(feeds(p), { sum: new p.Tensor('float32', data, [2, 3]) });
          return [...data];
        }),
      );
      expect(filled).toEqual([
        [7, 7, 7, 7, 7, 7],
        [7, 7, 7, 7, 7, 7],
      ]);
    });

    it('takes tensors of onnxruntime-node and gives tensors that it takes', async () => {
      const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO));
      const mine = await released(ours.InferenceSession.create(TWO_IO, only(provider)));
      const { sum, difference } = await mine.run(feeds(onnxruntime));
      if (sum === undefined || difference === undefined) throw new Error('expected two outputs');
      const results = await theirs.run({ left: sum, right: difference });
      // (left + right) + (left - right)
      expect(Array.from(results['sum']?.data as Float32Array)).toEqual([2, 4, 6, 8, 10, 12]);
    });

    it('rejects and never throws at the call', async () => {
      const mine = await released(ours.InferenceSession.create(TWO_IO, only(provider)));
      const running = (mine.run as (feeds: unknown) => Promise<unknown>)(null);
      expect((await failureOf(running)).name).toBe('TypeError');
    });
  });

  it('has startProfiling and endProfiling, which fail once it is released', async () => {
    const theirs = await onnxruntime.InferenceSession.create(TWO_IO);
    const mine = await ours.InferenceSession.create(TWO_IO, only(provider));
    for (const session of [theirs, mine]) {
      session.startProfiling();
      session.endProfiling();
      await session.release();
      session.startProfiling();
      expect(() => {
        session.endProfiling();
      }).toThrow('Session already disposed.');
      expect(session.inputNames).toEqual(['left', 'right']);
    }
  });

  it.each([
    ['extra with a value that is no text', { extra: { session: { x: 5 } } }, /extra value must be/],
    ['an unknown location', { preferredOutputLocation: 'none' }, /must be an array or a valid/],
    [
      'an unknown location of an output',
      { preferredOutputLocation: { sum: 'nowhere' } },
      /preferredOutputLocation\["sum"\] must be a valid string\./,
    ],
    ['a location of another type', { preferredOutputLocation: 5 }, /must be an array or a valid/],
  ])('refuses %s as onnxruntime-node does', async (_, options, words) => {
    // What no program with types writes.
    const wrong = options as unknown as Options;
    const theirs = await failureOf(onnxruntime.InferenceSession.create(TWO_IO, wrong));
    const mine = await failureOf(
      ours.InferenceSession.create(TWO_IO, { ...wrong, ...only(provider) }),
    );
    for (const { name, message } of [theirs, mine]) {
      expect(name).toBe('TypeError');
      expect(message).toMatch(words);
    }
    expect(mine.message).toContain(theirs.message);
  });

  it.each([
    ['null for executionProviders', { executionProviders: null }],
    ['null for externalData', { externalData: null }],
    ['null for preferredOutputLocation', { preferredOutputLocation: null }],
    ['an option of no meaning', { noSuchOption: 1 }],
    ['another location than the CPU', { preferredOutputLocation: 'gpu-buffer' }],
  ])('takes %s as onnxruntime-node does', async (_, options) => {
    const given = options as unknown as Options;
    const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO, given));
    const mine = await released(
      ours.InferenceSession.create(TWO_IO, { ...only(provider), ...given }),
    );
    expect(shown(await mine.run(feeds(ours)))).toEqual(shown(await theirs.run(feeds(onnxruntime))));
  });
});

// Each of these is on purpose, or not ours to change; whoever makes one equal moves it to where it belongs.
describe('known differences from onnxruntime-node:', () => {
  /** The outcome of a call in few words. */
  async function outcome(call: () => unknown): Promise<string> {
    try {
      await call();
      return 'taken';
    } catch (error) {
      return error instanceof Error ? error.name : 'thrown';
    }
  }
  async function both(options: unknown): Promise<string[]> {
    const outcomes = [];
    for (const { InferenceSession } of [onnxruntime, ours]) {
      outcomes.push(
        await outcome(async () => released(InferenceSession.create(TWO_IO, options as Options))),
      );
    }
    return outcomes;
  }

  it('a plain object without a location is a tensor: tensors are read by structure', async () => {
    const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO));
    const mine = await released(enginery.InferenceSession.create(TWO_IO));
    const plain = { type: 'float32', dims: [2, 3], data: new Float32Array(6) };
    const fed = { left: plain, right: plain } as never;
    expect(await outcome(() => theirs.run(fed))).toBe('TypeError');
    expect(await outcome(() => mine.run(fed))).toBe('taken');
  });

  it.each<[string, (memory: SharedArrayBuffer) => SharedArrayBuffer | Uint8Array, number[]]>([
    ['a SharedArrayBuffer', (memory) => memory, []],
    ['a view of one', (memory) => new Uint8Array(memory), []],
    ['a part of one', (memory) => memory, [0, readFileSync(TWO_IO).length]],
  ])('a model may lie in %s; the binding there takes no shared memory', async (_, view, range) => {
    const file = readFileSync(TWO_IO);
    const memory = new SharedArrayBuffer(file.length);
    new Uint8Array(memory).set(file);
    const outcomes = [];
    for (const { InferenceSession } of [onnxruntime, ours]) {
      const create = InferenceSession.create.bind(InferenceSession) as (
        ...args: unknown[]
      ) => Promise<Session>;
      outcomes.push(await outcome(async () => released(create(view(memory), ...range))));
    }
    expect(outcomes).toEqual(['TypeError', 'taken']);
  });

  it('data longer than the dims say are refused; there the rest is ignored', async () => {
    const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO));
    const mine = await released(enginery.InferenceSession.create(TWO_IO));
    const long = { type: 'float32', dims: [2, 3], data: new Float32Array(7), location: 'cpu' };
    const fed = { left: long, right: long } as never;
    expect(await outcome(() => theirs.run(fed))).toBe('taken');
    expect(await outcome(() => mine.run(fed))).toBe('TypeError');
  });

  it('terminate: true ends the run; there the flag is not read', async () => {
    const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO));
    const mine = await released(enginery.InferenceSession.create(TWO_IO));
    expect(await outcome(() => theirs.run(feeds(onnxruntime), { terminate: true }))).toBe('taken');
    const error = await failureOf(mine.run(feeds(ours), { terminate: true }));
    expect(error.code).toBe('ERR_ENGINERY_CANCELLED');
  });

  it('an output’s tensor comes back as the same object; there as another over the same memory', async () => {
    const theirs = await released(onnxruntime.InferenceSession.create(TWO_IO));
    const mine = await released(enginery.InferenceSession.create(TWO_IO));
    const sum = new enginery.Tensor('float32', new Float32Array(6), [2, 3]);
    expect((await theirs.run(feeds(onnxruntime), { sum }))['sum']).not.toBe(sum);
    expect((await mine.run(feeds(ours), { sum }))['sum']).toBe(sum);
  });

  it('a session is no instance of onnxruntime-common’s class, whose constructor is not public', async () => {
    const mine = await released(enginery.InferenceSession.create(TWO_IO));
    expect(mine).not.toBeInstanceOf(onnxruntime.InferenceSession);
    expect(mine).toBeInstanceOf(enginery.InferenceSession);
  });

  it('an unknown provider behind others is a refusal that is kept, not only a line on the console', async () => {
    const options = { executionProviders: ['nosuch', 'cpu'] };
    const mine = await released(enginery.InferenceSession.create(TWO_IO, options));
    expect(mine.provider).toBe('cpu');
    expect(mine.fallbacks).toMatchObject([
      { provider: 'nosuch', code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND' },
    ]);
  });

  it('entries of executionProviders that are no providers are named; there they are not found', async () => {
    expect(await both({ executionProviders: [5] })).toEqual(['Error', 'TypeError']);
    expect(await both({ executionProviders: [{}] })).toEqual(['Error', 'TypeError']);
  });

  it('executionProviders that is false, 0 or empty text is refused; there it counts as absent', async () => {
    for (const executionProviders of [false, 0, '']) {
      expect(await both({ executionProviders })).toEqual(['taken', 'TypeError']);
    }
  });

  it('an option that onnxruntime-node ignores is checked, since a provider here may read it', async () => {
    for (const options of [
      { freeDimensionOverrides: 5 },
      { enableGraphCapture: 5 },
      { logVerbosityLevel: 'x' },
      { profileFilePrefix: 5 },
    ]) {
      expect(await both(options)).toEqual(['taken', 'TypeError']);
    }
  });

  it('an array is no object of extra options', async () => {
    expect(await both({ extra: [] })).toEqual(['taken', 'TypeError']);
  });

  it('enableProfiling needs no file name on OpenVINO, which writes no file', async () => {
    expect(await both({ enableProfiling: true })).toEqual(['TypeError', 'taken']);
  });

  it('OpenVINO does not look for the outputs that preferredOutputLocation names', async () => {
    const preferredOutputLocation = { product: 'cpu' };
    expect(await both({ preferredOutputLocation })).toEqual(['TypeError', 'taken']);
  });

  it('externalData may be paths', async () => {
    const externalData = [modelPath('small/external.weights.bin')];
    expect(await both({ externalData })).toEqual(['TypeError', 'taken']);
  });

  it('a released session says so before it looks at the feeds', async () => {
    const theirs = await onnxruntime.InferenceSession.create(TWO_IO);
    const mine = await enginery.InferenceSession.create(TWO_IO);
    await theirs.release();
    await mine.release();
    expect((await failureOf(theirs.run({}))).message).toBe("input 'left' is missing in 'feeds'.");
    expect((await failureOf(mine.run({}))).message).toContain('Session already disposed.');
  });
});
