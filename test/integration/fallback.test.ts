/** Why a provider does not serve, and what happens then: the next one, one warning, the reason in `fallbacks`. */

import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { createEngine, InferenceSession, listRuntimes, listSupportedBackends } from 'enginery';
import { describe, expect, it, onTestFinished } from 'vitest';

import { runProgram, type ChildOptions } from '../fixtures/child.js';
import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  output,
  session,
  values,
} from '../fixtures/engines.js';
import {
  compileLibrary,
  fakeOpenvino,
  lackOfCompiler,
  OPENVINO_SYMBOLS,
} from '../fixtures/libraries.js';
import { modelPath, temporaryFolder } from '../fixtures/models.js';

needsOpenvino();

const root = resolve(import.meta.dirname, '../..');

/** Hears of the process's warnings until the test ends. */
function warnings(): readonly Error[] {
  const heard: Error[] = [];
  const listen = (warning: Error): void => {
    if (warning.name === 'EngineryWarning') heard.push(warning);
  };
  process.on('warning', listen);
  onTestFinished(() => {
    process.off('warning', listen);
  });
  return heard;
}

async function turn(): Promise<void> {
  await new Promise((settle) => setTimeout(settle, 5));
}

describe('a model that OpenVINO cannot serve', () => {
  it('with string tensors is served by ONNX Runtime', async () => {
    const heard = warnings();
    const made = await session('small/string-concat.onnx');
    expect(made.provider).toBe('cpu');
    expect(made.fallbacks).toEqual([
      {
        provider: 'openvino',
        code: code('MODEL_UNSUPPORTED'),
        message: expect.stringContaining(
          "string tensors for OpenVINO, got one for input 'a'",
        ) as string,
      },
    ]);
    const { Tensor } = await import('enginery');
    const results = await made.run({
      a: new Tensor('string', ['x', 'grüße'], [2]),
      b: new Tensor('string', ['1', '😀'], [2]),
    });
    expect(output(results, 'joined').data).toEqual(['x1', 'grüße😀']);
    await turn();
    expect(heard).toHaveLength(1);
    expect(heard[0]?.message).toContain("provider 'openvino' does not serve, 'cpu' does");
    expect(heard[0]?.message).toContain('ERR_ENGINERY_MODEL_UNSUPPORTED');
    // Once per text: a server that makes the same session again does not repeat itself.
    await session('small/string-concat.onnx');
    await turn();
    expect(heard).toHaveLength(1);
  });

  it('for its operator is served by ONNX Runtime, with the same outputs', async () => {
    const made = await session('small/only-onnxruntime.onnx');
    expect([made.provider, made.report.provider]).toEqual(['cpu', 'cpu']);
    expect(made.fallbacks).toMatchObject([
      {
        provider: 'openvino',
        code: code('MODEL_UNSUPPORTED'),
        message: expect.stringContaining('Scaler') as string,
      },
    ]);
    expect(values(output(await made.run({ x: float32([1, 3], [2, 4, 6]) }), 'y'))).toEqual([
      2, 4, 6,
    ]);
  });

  it('is refused with strict', async () => {
    const heard = warnings();
    for (const options of [
      { strict: true },
      { strict: true, executionProviders: ['openvino', 'cpu'] },
    ]) {
      const error = await failureOf(session('small/only-onnxruntime.onnx', options));
      expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
      expect(error.message).toContain('Scaler');
    }
    await turn();
    expect(heard).toEqual([]);
  });

  it('is refused where no other provider is asked for', async () => {
    const error = await failureOf(
      session('small/only-onnxruntime.onnx', { executionProviders: ['openvino'] }),
    );
    expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
  });

  it('and nobody else can either is an error that tells of each', async () => {
    const error = await failureOf(session('small/unsupported-op.onnx'));
    expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
    expect(error.message).toMatch(
      /openvino: ERR_ENGINERY_MODEL_UNSUPPORTED: [\s\S]*cpu: ERR_ENGINERY_/,
    );
  });
});

describe('a model that OpenVINO serves', () => {
  it('leaves no fallback and no warning', async () => {
    const heard = warnings();
    const made = await session('small/add.onnx');
    expect([made.provider, made.fallbacks]).toEqual(['openvino', []]);
    await turn();
    expect(heard).toEqual([]);
  });

  it.each([
    [['openvino', 'cpu'], 'openvino'],
    [['cpu', 'openvino'], 'cpu'],
    [[{ name: 'openvino', inferRequests: 3 }], 'openvino'],
    [[{ name: 'cpu' }], 'cpu'],
    [[], 'openvino'],
    [undefined, 'openvino'],
  ])('is served in the order of the list: %j', async (executionProviders, provider) => {
    const options = executionProviders === undefined ? {} : { executionProviders };
    const made = await session('small/add.onnx', options);
    expect([made.provider, made.fallbacks]).toEqual([provider, []]);
  });

  it('is served after providers that are not there', async () => {
    const heard = warnings();
    const made = await session('small/add.onnx', {
      executionProviders: ['tensorrt', 'nosuch', 'openvino'],
    });
    expect(made.provider).toBe('openvino');
    expect(made.fallbacks).toMatchObject([
      { provider: 'tensorrt', code: code('RUNTIME_NOT_FOUND') },
      { provider: 'nosuch', code: code('RUNTIME_NOT_FOUND') },
    ]);
    await turn();
    expect(heard).toHaveLength(2);
  });

  it('is not tried elsewhere once its creation is cancelled', async () => {
    const error = await failureOf(
      session('small/add.onnx', { signal: AbortSignal.abort(new Error('enough')) }),
    );
    expect(error).toMatchObject({ code: code('CANCELLED'), name: 'AbortError' });
    expect(error.cause).toMatchObject({ message: 'enough' });
  });
});

describe('a device that is not there', () => {
  it.each(['NOSUCH', 'GPU.17', 'CPU.9'])('is a reason of its own: %s', async (device) => {
    const create = createEngine(modelPath('small/add.onnx'), { providers: ['openvino'], device });
    const error = await failureOf(create);
    expect(error).toMatchObject({ code: code('DEVICE_UNAVAILABLE') });
    expect(error.message).toContain(device);
  });

  it('is passed over for the next provider', async () => {
    const engine = await createEngine(modelPath('small/add.onnx'), { device: 'NOSUCH' });
    expect(engine.provider).toBe('cpu');
    expect(engine.fallbacks).toMatchObject([
      { provider: 'openvino', code: code('DEVICE_UNAVAILABLE') },
    ]);
    await engine.release();
  });

  it.each(['fp16', 'bf16'] as const)(
    'because it does not compute %s says what it computes',
    async (precision) => {
      const create = createEngine(modelPath('digits/digits_cnn.onnx'), {
        providers: ['openvino'],
        precision,
      });
      const made = await create.catch((error: unknown) => error);
      if (made instanceof InferenceSession) {
        expect(made.report.runtime['precision']).toBe(precision.replace('fp', 'f'));
        await made.release();
      } else {
        expect(made).toMatchObject({ code: code('DEVICE_UNAVAILABLE') });
        expect((made as Error).message).toMatch(/has: .*FP32/);
      }
    },
  );

  it.each(['AUTO', 'AUTO:CPU', 'HETERO:CPU', 'MULTI:CPU'])(
    'does not hide behind %s, which would take another precision in silence',
    async (device) => {
      const options = { providers: ['openvino'], strict: true, device } as const;
      const model = modelPath('small/add.onnx');
      const engine = await createEngine(model, options);
      const results = await engine.run({ a: float32([1, 16]), b: float32([1, 16]) });
      expect(output(results, 'sum').dims).toEqual([1, 16]);
      expect(engine.report.runtime).toMatchObject({ device, precision: 'f32' });
      await engine.release();
      const [alone, behind] = await Promise.all(
        ['CPU', device].map(async (name) =>
          createEngine(model, { ...options, device: name, precision: 'fp16' }).then(
            async (made) => made.release(),
            (error: unknown) => error,
          ),
        ),
      );
      expect(behind).toEqual(
        alone === undefined
          ? undefined
          : expect.objectContaining({ code: code('DEVICE_UNAVAILABLE') }),
      );
    },
  );
});

interface Answer {
  readonly provider: string;
  readonly fallbacks: readonly {
    readonly provider: string;
    readonly code: string;
    readonly message: string;
  }[];
  readonly strict: { readonly code: string; readonly message: string };
  readonly sum: number;
  readonly warnings: readonly string[];
  readonly report: { readonly available: boolean; readonly code: string; readonly message: string };
}

/** What a process of its own answers whose OpenVINO is broken in some way: it makes two sessions and a strict one. */
async function answerOf(options: ChildOptions): Promise<Answer> {
  const {
    code: status,
    signal,
    stdout,
    stderr,
  } = await runProgram(
    `
    const warnings = [];
    process.on('warning', ({ name, message }) => warnings.push(name + ': ' + message));
    const first = await InferenceSession.create(model('small/add.onnx'));
    const second = await InferenceSession.create(model('small/add.onnx'));
    const strict = await InferenceSession.create(model('small/add.onnx'), { strict: true }).catch((error) => error);
    const { sum } = await first.run(addFeeds());
    const [report] = await listRuntimes(['openvino']);
    await new Promise((settle) => setTimeout(settle, 10));
    console.log(JSON.stringify({
      provider: first.provider, fallbacks: first.fallbacks, sum: sum.data[0], warnings, report,
      strict: { code: strict.code, message: strict.message },
    }));
    await first.release();
    await second.release();
    `,
    options,
  );
  expect({ status, signal }, stderr).toEqual({ status: 0, signal: null });
  return JSON.parse(stdout) as Answer;
}

/** The fallback to ONNX Runtime for one reason, seen from every side. */
function expectFallback(answer: Answer, suffix: string, words: readonly string[]): void {
  expect(answer.provider).toBe('cpu');
  expect(answer.sum).toBe(3);
  expect(answer.fallbacks).toHaveLength(1);
  const [fallback] = answer.fallbacks;
  expect(fallback).toMatchObject({ provider: 'openvino', code: code(suffix) });
  for (const word of words) expect(fallback?.message).toContain(word);
  expect(answer.strict).toEqual({ code: code(suffix), message: fallback?.message });
  expect(answer.report).toMatchObject({ available: false, code: code(suffix) });
  expect(answer.warnings).toEqual([
    expect.stringContaining(
      `EngineryWarning: provider 'openvino' does not serve, 'cpu' does: ${code(suffix)}`,
    ),
  ]);
}

/** Who names a library is told about that name; everyone else how to get one. */
const FIXES_OF_NAMED = ['1. name the folder', '2. or unset ENGINERY_OPENVINO'];
const FIXES = [
  '1. npx enginery setup openvino',
  '2. or: python3 -m pip install openvino==',
  'ENGINERY_OPENVINO',
];

describe('OpenVINO’s library', () => {
  it('that is not where the user says is not found', async () => {
    const answer = await answerOf({ env: { ENGINERY_OPENVINO: '/nowhere/libopenvino_c.so' } });
    expectFallback(answer, 'RUNTIME_NOT_FOUND', [
      'ENGINERY_OPENVINO /nowhere/libopenvino_c.so: no such file',
      ...FIXES_OF_NAMED,
    ]);
  });

  it('whose folder is empty is not found', async () => {
    const folder = temporaryFolder();
    const answer = await answerOf({ env: { ENGINERY_OPENVINO: folder } });
    expectFallback(answer, 'RUNTIME_NOT_FOUND', [
      `ENGINERY_OPENVINO ${folder}: no libopenvino_c.so there`,
      ...FIXES_OF_NAMED,
    ]);
  });

  it('that is no library is told in the loader’s words', async () => {
    const file = join(temporaryFolder(), 'libopenvino_c.so');
    writeFileSync(file, 'this is text');
    const answer = await answerOf({ env: { ENGINERY_OPENVINO: file } });
    expectFallback(answer, 'RUNTIME_NOT_FOUND', [file, 'file too short', ...FIXES_OF_NAMED]);
  });

  it('that lacks its functions is named with the one that is missing', async (context) => {
    const lack = lackOfCompiler();
    context.skip(lack !== undefined, lack);
    const file = compileLibrary(temporaryFolder(), 'int nothing(void) { return 0; }');
    const answer = await answerOf({ env: { ENGINERY_OPENVINO: file } });
    expectFallback(answer, 'RUNTIME_SYMBOL', [
      file,
      OPENVINO_SYMBOLS[0] ?? '',
      '2025.2 or later',
      ...FIXES_OF_NAMED,
    ]);
  });

  it.for(['2024.6.0-17404-4c0f47d2335', '2025.1.0-1', 'nonsense', ''])(
    'of version "%s" is too old',
    async (version, context) => {
      const lack = lackOfCompiler();
      context.skip(lack !== undefined, lack);
      const file = fakeOpenvino(temporaryFolder(), version);
      const answer = await answerOf({ env: { ENGINERY_OPENVINO: file } });
      expectFallback(answer, 'RUNTIME_VERSION', [
        'expected OpenVINO 2025.2 or later',
        version,
        file,
        ...FIXES_OF_NAMED,
      ]);
    },
  );

  it('whose tensors have other sizes than ours is refused by its element types', async (context) => {
    const lack = lackOfCompiler();
    context.skip(lack !== undefined, lack);
    const file = fakeOpenvino(temporaryFolder(), '2027.1.0-1');
    const answer = await answerOf({ env: { ENGINERY_OPENVINO: file } });
    expectFallback(answer, 'RUNTIME_VERSION', ['element type', file, ...FIXES_OF_NAMED]);
  });
});

/** A copy of the package in a folder of its own, with or without the addon, and with nothing of the checkout around. */
function packageCopy({ withAddon }: { readonly withAddon: boolean }): string {
  const folder = join(temporaryFolder(), 'node_modules', 'enginery');
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  if (withAddon) {
    cpSync(join(root, 'build/Release/enginery.node'), join(folder, 'build/Release/enginery.node'));
  }
  return pathToFileURL(join(folder, 'dist/index.js')).href;
}

describe('a machine without OpenVINO', () => {
  it('hears of every place that was searched, and what to do', async () => {
    const home = temporaryFolder();
    const answer = await answerOf({
      packageUrl: packageCopy({ withAddon: true }),
      env: {
        ENGINERY_OPENVINO: undefined,
        HOME: home,
        XDG_CACHE_HOME: undefined,
        PATH: home,
        VIRTUAL_ENV: undefined,
        LD_LIBRARY_PATH: home,
      },
    });
    expectFallback(answer, 'RUNTIME_NOT_FOUND', [
      'Searched: ',
      join(home, '.cache/enginery/openvino'),
      `loader ${home}: no libopenvino_c.so there`,
      'system /usr/lib',
      ...FIXES,
    ]);
  });
});

describe('the addon', () => {
  it('that is not there is a reason with its fix, and ONNX Runtime serves', async () => {
    const answer = await answerOf({ packageUrl: packageCopy({ withAddon: false }) });
    expectFallback(answer, 'ADDON_LOAD', [
      `${process.platform}-${process.arch}`,
      '1. reinstall the package',
      '2. from a checkout: npm run build:native',
    ]);
  });

  it('of another version than the package is not used', async () => {
    const url = packageCopy({ withAddon: true });
    const file = new URL('../package.json', url);
    const { readFileSync } = await import('node:fs');
    const description = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
    writeFileSync(file, JSON.stringify({ ...description, version: '99.0.0' }));
    const answer = await answerOf({ packageUrl: url });
    expectFallback(answer, 'ADDON_LOAD', ['of version 99.0.0', `found ${description.version}`]);
  });
});

describe('listRuntimes', () => {
  it('tells of each runtime its version, place and devices', async () => {
    const reports = await listRuntimes();
    expect(reports.map(({ provider, available }) => [provider, available])).toEqual([
      ['openvino', true],
      ['cpu', true],
    ]);
    const [openvino, cpu] = reports;
    expect(openvino?.version).toMatch(/^20\d\d\.\d/);
    expect(openvino?.path).toMatch(/libopenvino_c\.so/);
    expect(openvino?.devices.map(({ name }) => name)).toContain('CPU');
    expect(cpu?.version).toMatch(/^1\.\d+\.\d+$/);
    expect(cpu?.path).toContain('onnxruntime-node');
  });
});

describe('listSupportedBackends', () => {
  it('answers at once with what is in the package, as onnxruntime-node’s does', () => {
    expect(listSupportedBackends()).toEqual([
      { name: 'openvino', bundled: true },
      { name: 'cpu', bundled: true },
    ]);
  });
});
