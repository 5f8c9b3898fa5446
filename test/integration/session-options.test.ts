/** What session and run options do, where both providers give them a meaning or one of them cannot. */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Tensor, type InferenceSession } from 'enginery';
import { describe, expect, it } from 'vitest';

import { nodesFromProfile } from '../../lib/runtime/onnxruntime-profile.js';
import { runProgram } from '../fixtures/child.js';
import { code, failureOf, float32, needsOpenvino, session } from '../fixtures/engines.js';
import { temporaryFolder } from '../fixtures/models.js';
import { compile, fakeOnnxruntime, withModel } from '../fixtures/onnxruntime.js';

needsOpenvino();

const DIGITS = 'digits/digits_cnn.onnx';
const feeds = () => ({ input: float32([1, 1, 8, 8]) });

interface Event {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly tid: number;
  readonly args: { readonly op_name?: string };
}

/** The one file in `folder`. */
function fileIn(folder: string): string {
  const files = readdirSync(folder);
  expect(files).toHaveLength(1);
  return readFileSync(join(folder, files[0] ?? ''), 'utf8');
}

describe.each(['openvino', 'cpu'])('enableProfiling with provider %s', (provider) => {
  const profiled = async (folder: string): Promise<InferenceSession> =>
    session(DIGITS, {
      executionProviders: [provider],
      strict: true,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'p'),
    });

  it('writes the nodes of each run, which are those of no run after endProfiling', async () => {
    const folder = temporaryFolder();
    const engine = await profiled(folder);
    for (let i = 0; i < 3; i++) await engine.run(feeds());
    engine.endProfiling();
    await engine.run(feeds());
    engine.endProfiling();
    await engine.release();
    const events = JSON.parse(fileIn(folder)) as Event[];
    const runs = events.filter(({ name }) => name === 'model_run');
    expect(runs).toHaveLength(3);
    const nodes = nodesFromProfile(fileIn(folder));
    expect(nodes.map(({ type }) => type.toLowerCase()).join()).toContain('conv');
    expect(new Set(nodes.map((node) => node.provider)).size).toBe(1);
    for (const node of nodes) expect(node.timeUs).toBeGreaterThanOrEqual(0);
  });

  it('has the runs of a session that is released while they wait', async () => {
    const folder = temporaryFolder();
    const engine = await profiled(folder);
    const runs = Array.from({ length: 20 }, async () => engine.run(feeds()));
    const released = engine.release();
    await Promise.all([...runs, released]);
    const events = JSON.parse(fileIn(folder)) as Event[];
    expect(events.filter(({ name }) => name === 'model_run')).toHaveLength(20);
    // Each has its own layers, although requests are used again at once.
    const convolutions = events.filter(({ args }) => /conv/i.test(args.op_name ?? ''));
    expect(convolutions.length % 20).toBe(0);
    expect(convolutions.length).toBeGreaterThan(0);
  });
});

describe('a profile of OpenVINO', () => {
  it('has no events of one row that overlap, and layers inside their run', async () => {
    const folder = temporaryFolder();
    const engine = await session('small/slow.onnx', {
      executionProviders: ['openvino'],
      strict: true,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'p'),
    });
    const x = float32([1, 512]);
    await Promise.all(Array.from({ length: 6 }, async () => engine.run({ x })));
    engine.endProfiling();
    const events = JSON.parse(fileIn(folder)) as Event[];
    const runs = events.filter(({ name }) => name === 'model_run');
    for (const node of events.filter(({ cat }) => cat === 'Node')) {
      const isInside = ({ tid, ts, dur }: Event): boolean =>
        // Times are rounded, each for itself, one microsecond for each layer.
        tid === node.tid && ts <= node.ts && node.ts + node.dur <= ts + dur + 50;
      expect(runs.filter(isInside)).toHaveLength(1);
    }
    for (const run of runs) {
      const next = runs.find(({ tid, ts }) => tid === run.tid && ts > run.ts);
      if (next !== undefined) expect(run.ts + run.dur).toBeLessThanOrEqual(next.ts + 1);
    }
    expect(new Set(runs.map(({ tid }) => tid)).size).toBe(6);
  });

  it('gives the row of a run that could not be started to the next one', async () => {
    const folder = temporaryFolder();
    const engine = await session('small/identity-int64.onnx', {
      executionProviders: ['openvino'],
      strict: true,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'p'),
    });
    const run = async (value: bigint): Promise<unknown> =>
      engine.run({ x: new Tensor('int64', BigInt64Array.of(value), [1]) });
    for (let i = 0; i < 3; i++) {
      expect(await failureOf(run(2n ** 40n))).toMatchObject({ code: code('OUT_OF_RANGE') });
    }
    await run(1n);
    await engine.release();
    const events = JSON.parse(fileIn(folder)) as Event[];
    expect(new Set(events.map(({ tid }) => tid)).size).toBe(1);
  });
});

describe('an option that OpenVINO cannot honour', () => {
  const folderOptions = (): InferenceSession.SessionOptions => ({
    optimizedModelFilePath: join(temporaryFolder(), 'o.onnx'),
    logSeverityLevel: 3,
  });

  it('is refused by name, and the next provider honours it', async () => {
    const options = folderOptions();
    const refused = session(DIGITS, { ...options, executionProviders: ['openvino'], strict: true });
    const error = await failureOf(refused);
    expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
    expect(error.message).toContain('optimizedModelFilePath');
    const engine = await session(DIGITS, { ...options, executionProviders: ['openvino', 'cpu'] });
    expect(engine.provider).toBe('cpu');
    expect(readFileSync(options.optimizedModelFilePath ?? '').length).toBeGreaterThan(1000);
  });

  it('and only tunes is refused where it is strict, and taken with one warning elsewhere', async () => {
    const body = (isStrict: boolean): string => `
      process.on('warning', ({ name, message }) => console.log(name, message));
      for (let i = 0; i < 2; i++) {
        const options = { executionProviders: ['openvino'], strict: ${isStrict}, executionMode: 'parallel' };
        await InferenceSession.create(model('small/add.onnx'), options).then(
          (session) => console.log(session.provider),
          (error) => console.log(error.code, error.message),
        );
      }
      await new Promise((resolve) => setImmediate(resolve));`;
    const taken = await runProgram(body(false));
    expect(taken.stdout.match(/executionMode/g)).toHaveLength(1);
    expect(taken.stdout.match(/^openvino$/gm)).toHaveLength(2);
    const refused = await runProgram(body(true));
    expect(refused.stdout.match(/^ERR_ENGINERY_MODEL_UNSUPPORTED .*executionMode/gm)).toHaveLength(
      2,
    );
  });
});

describe.each(['openvino', 'cpu'])('with provider %s', (provider) => {
  it('freeDimensionOverrides are the sizes of the session', async () => {
    const engine = await session('small/dynamic.onnx', {
      executionProviders: [provider],
      strict: true,
      freeDimensionOverrides: { n: 3 },
    });
    expect(engine.inputMetadata).toMatchObject([{ shape: ['batch', 3] }, { shape: [3, 'm'] }]);
    const error = await failureOf(engine.run({ a: float32([2, 2]), b: float32([2, 4]) }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(error.message).toContain('Got invalid dimensions for input: a');
    const { y } = await engine.run({ a: float32([2, 3]), b: float32([3, 4]) });
    expect(y?.dims).toEqual([2, 4]);
  });
});

describe('ONNX Runtime', () => {
  it('is given the options of a run, without those that are ours and those that cannot travel', async () => {
    const packagePath = fakeOnnxruntime(
      `async run(feeds, fetches, options) {
         return { x: new Tensor('string', [JSON.stringify(options)], [1]) };
       }`,
    );
    const x = float32([1], [0]);
    await withModel(await compile('small/add.onnx', { packagePath }), async (model) => {
      const options = { tag: 't', logSeverityLevel: 3, extra: { entry: '1' } };
      const seen = async (given: object): Promise<unknown> => {
        const { x: answer } = await model.run({ x }, { x: null }, { onnxruntime: { ...given } });
        return JSON.parse((answer?.data as readonly string[])[0] ?? '');
      };
      expect(await seen(options)).toEqual(options);
      expect(await seen({ ...options, extra: { log: () => 1 } })).toEqual({
        tag: 't',
        logSeverityLevel: 3,
      });
    });
  });

  it('names the tag of a run in its log', async () => {
    const { stdout, stderr } = await runProgram(`
      const options = { executionProviders: ['cpu'], strict: true, logSeverityLevel: 1 };
      const session = await InferenceSession.create(model('small/add.onnx'), options);
      await session.run(addFeeds(), { tag: 'the tag of a run' });
      await session.release();`);
    expect(stdout + stderr).toContain('the tag of a run');
  });

  it.each([
    ['verbose', true],
    ['error', false],
  ])('writes what env.logLevel %s asks for', async (level, isTalkative) => {
    const {
      code: exit,
      stdout,
      stderr,
    } = await runProgram(
      `
      const { env } = await import('enginery');
      env.logLevel = ${JSON.stringify(level)};
      const options = { executionProviders: ['cpu'], strict: true };
      await (await InferenceSession.create(model('small/add.onnx'), options)).release();`,
      {
        packageUrl: 'enginery',
      },
    );
    expect(exit).toBe(0);
    expect(/onnxruntime/.test(stdout + stderr)).toBe(isTalkative);
  });
});
