/**
 * The same calls of onnxruntime-node and of enginery: the same metadata and the same results. Every value in every place
 * is in same-surface.test.ts, whole programs are in same-program.test.ts.
 */

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
});

describe('the package', () => {
  it('has what onnxruntime-node exports, and the same Tensor and env', () => {
    expect(Object.keys(enginery)).toEqual(expect.arrayContaining(Object.keys(onnxruntime)));
    expect(enginery.Tensor).toBe(onnxruntime.Tensor);
    expect(enginery.env).toBe(onnxruntime.env);
  });

  it('lists its providers in the shape of onnxruntime-node’s list', () => {
    const kinds = (backends: readonly object[]): unknown =>
      backends.map((one) => Object.entries(one).map(([name, value]) => [name, typeof value]));
    const [theirs] = kinds(onnxruntime.listSupportedBackends()) as unknown[];
    expect(kinds(enginery.listSupportedBackends())).toEqual([theirs, theirs]);
    expect(enginery.listSupportedBackends().map(({ name }) => name)).toEqual(['openvino', 'cpu']);
  });
});
