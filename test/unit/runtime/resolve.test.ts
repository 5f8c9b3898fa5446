/** From provider names to the provider that serves: order, refusals, warnings. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { EngineryError, type ErrorCodeSuffix } from '../../../lib/common/index.js';
import type {
  CompiledModel,
  CompileOptions,
  ModelSource,
  Provider,
} from '../../../lib/runtime/provider.js';
import {
  AUTO_PROVIDERS,
  checkOnnxruntimeOptions,
  compileWithFirst,
  createProvider,
  listRuntimes,
  listSupportedBackends,
  providerRequests,
} from '../../../lib/runtime/resolve.js';

const SOURCE: ModelSource = { format: 'onnx', path: '/model.onnx' };
const OPTIONS: CompileOptions = { precision: 'fp32', shapes: new Map(), session: {} };

/** A provider that serves `model`, or refuses with `failure`. */
function provider(name: string, outcome: CompiledModel | Error): Provider {
  return {
    name,
    probe: () => Promise.resolve({ provider: name, available: true, devices: [] }),
    compile: () => (outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)),
  };
}

// Nothing of a model is looked at here but which one it is.
const model = { description: { runtime: 'fake' } } as unknown as CompiledModel;

let count = 0;
/** A refusal whose text no other test has: equal warnings are emitted once per process. */
function refusal(suffix: ErrorCodeSuffix): EngineryError {
  return new EngineryError(suffix, `reason ${++count}`);
}

describe('providerRequests', () => {
  it.each([undefined, 'auto', []])('reads %o as the automatic order', (value) => {
    expect(providerRequests(value, 'providers')).toEqual(
      AUTO_PROVIDERS.map((name) => ({ name, options: {} })),
    );
  });

  it('keeps the order, and the options of an entry apart from its name', () => {
    const value = [{ name: 'openvino', device: 'GPU' }, 'cpu', { name: 'cuda', deviceId: 1 }];
    expect(providerRequests(value, 'providers')).toEqual([
      { name: 'openvino', options: { device: 'GPU' } },
      { name: 'cpu', options: {} },
      { name: 'cuda', options: { deviceId: 1 } },
    ]);
  });

  it.each([
    ['cpu', 'expected an array of provider names, or \'auto\', for providers, got "cpu" (string)'],
    [5, "expected an array of provider names, or 'auto', for providers, got 5 (number)"],
    [[5], 'expected a string or an object for providers[0], got 5 (number)'],
    [['cpu', null], 'expected a string or an object for providers[1], got null'],
    [[['cpu']], 'expected a string or an object for providers[0], got array'],
    [[{}], 'expected a string for providers[0].name, got undefined'],
    [[{ name: 5 }], 'expected a string for providers[0].name, got 5 (number)'],
  ])('refuses %j', (value, message) => {
    expect(() => providerRequests(value, 'providers')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT', message }),
    );
  });
});

describe('createProvider', () => {
  it('checks OpenVINO’s options at once', () => {
    expect(() => createProvider({ name: 'openvino', options: { devise: 'GPU' } })).toThrow(
      'did you mean "device"?',
    );
  });

  it('checks the worker options of ONNX Runtime at once', () => {
    expect(() => createProvider({ name: 'cpu', options: { workers: 0 } })).toThrow(
      'expected an integer in [1, 256] for cpu.workers, got 0 (number)',
    );
    expect(() => createProvider({ name: 'cpu', options: { packagePath: 5 } })).toThrow(
      'expected a string for cpu.packagePath, got 5 (number)',
    );
  });

  it.each(['cpu', 'cuda', 'webgpu', 'nonsense'])('hands %s to ONNX Runtime', (name) => {
    expect(createProvider({ name, options: { deviceId: 1 } }).name).toBe(name);
  });

  it('refuses every model for tensorrt, which this version has not got', async () => {
    const tensorrt = createProvider({ name: 'tensorrt', options: {} });
    await expect(tensorrt.compile(SOURCE, OPTIONS)).rejects.toMatchObject({
      code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND',
    });
    expect(await tensorrt.probe()).toMatchObject({
      available: false,
      code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND',
    });
  });
});

describe('checkOnnxruntimeOptions', () => {
  it('lets its options through', () => {
    const options = { workers: 2, packagePath: '/x' };
    expect(checkOnnxruntimeOptions(options)).toBe(options);
  });

  it('refuses unknown ones and suggests the nearest', () => {
    expect(() => checkOnnxruntimeOptions({ worker: 2 })).toThrow(
      'expected a known option in onnxruntime, got "worker"; did you mean "workers"?',
    );
  });
});

describe('compileWithFirst', () => {
  const emitWarning = vi.spyOn(process, 'emitWarning');

  beforeEach(() => {
    emitWarning.mockImplementation(() => undefined);
  });
  afterEach(() => {
    emitWarning.mockReset();
  });

  it('asks no further provider when the first one serves, and warns of nothing', async () => {
    const second = provider('second', model);
    const compile = vi.spyOn(second, 'compile');
    const opened = await compileWithFirst(
      SOURCE,
      [provider('first', model), second],
      OPTIONS,
      false,
    );
    expect(opened).toEqual({ model, provider: 'first', refusals: [] });
    expect(compile).not.toHaveBeenCalled();
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it('goes on to the next in list order for any failure, and keeps every reason', async () => {
    const first = refusal('RUNTIME_NOT_FOUND');
    const bug = new Error(`reason ${++count}`);
    const tried: string[] = [];
    const opened = await compileWithFirst(
      SOURCE,
      [provider('first', first), provider('second', bug), provider('third', model)],
      OPTIONS,
      false,
      (name) => tried.push(name),
    );
    expect(tried).toEqual(['first', 'second', 'third']);
    expect(opened.provider).toBe('third');
    expect(opened.refusals).toEqual([
      { provider: 'first', code: first.code, message: first.message },
      { provider: 'second', code: 'ERR_ENGINERY_INTERNAL', message: bug.message },
    ]);
  });

  it('warns once of each refusal, with provider, code and message', async () => {
    const reason = refusal('MODEL_UNSUPPORTED');
    const providers = [provider('first', reason), provider('second', model)];
    await compileWithFirst(SOURCE, providers, OPTIONS, false);
    await compileWithFirst(SOURCE, providers, OPTIONS, false);
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(
      `provider 'first' does not serve, 'second' does: ERR_ENGINERY_MODEL_UNSUPPORTED: ${reason.message}`,
      'EngineryWarning',
    );
  });

  it('makes the first refusal the error when it is strict', async () => {
    const reason = refusal('MODEL_UNSUPPORTED');
    const providers = [provider('first', reason), provider('second', model)];
    await expect(compileWithFirst(SOURCE, providers, OPTIONS, true)).rejects.toBe(reason);
  });

  it('asks nobody else after an abort', async () => {
    const reason = refusal('CANCELLED');
    const providers = [provider('first', reason), provider('second', model)];
    await expect(compileWithFirst(SOURCE, providers, OPTIONS, false)).rejects.toBe(reason);
  });

  it('gives the only provider’s own error', async () => {
    const reason = refusal('DEVICE_UNAVAILABLE');
    const providers = [provider('first', reason)];
    await expect(compileWithFirst(SOURCE, providers, OPTIONS, false)).rejects.toBe(reason);
  });

  it('tells of each refusal when nobody serves', async () => {
    const [first, last] = [refusal('RUNTIME_NOT_FOUND'), refusal('MODEL_INVALID')];
    const providers = [provider('first', first), provider('second', last)];
    await expect(compileWithFirst(SOURCE, providers, OPTIONS, false)).rejects.toMatchObject({
      message:
        'no provider serves this model:\n' +
        `first: ERR_ENGINERY_RUNTIME_NOT_FOUND: ${first.message}\n` +
        `second: ERR_ENGINERY_MODEL_INVALID: ${last.message}`,
    });
    expect(emitWarning).not.toHaveBeenCalled();
  });

  it.each([
    ['the last one', ['RUNTIME_NOT_FOUND', 'MODEL_INVALID'], 1],
    [
      'one that was more than unsuited to the model',
      ['RUNTIME_NOT_FOUND', 'MODEL_UNSUPPORTED', 'MODEL_UNSUPPORTED'],
      0,
    ],
    ['the last one, when all were unsuited', ['MODEL_UNSUPPORTED', 'MODEL_UNSUPPORTED'], 1],
  ] as const)('then has the code and the cause of %s', async (_, suffixes, telling) => {
    const reasons = suffixes.map((suffix) => refusal(suffix));
    const providers = reasons.map((reason, i) => provider(`provider ${i}`, reason));
    await expect(compileWithFirst(SOURCE, providers, OPTIONS, false)).rejects.toMatchObject({
      code: reasons[telling]?.code,
      cause: reasons[telling],
    });
  });
});

describe('listSupportedBackends', () => {
  it('names what is compiled in, at once', () => {
    expect(listSupportedBackends()).toEqual([
      { name: 'openvino', bundled: true },
      { name: 'cpu', bundled: true },
    ]);
  });
});

describe('listRuntimes', () => {
  it('reports a runtime that is absent instead of throwing', async () => {
    expect(await listRuntimes(['tensorrt'])).toMatchObject([
      { provider: 'tensorrt', available: false, code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND' },
    ]);
  });
});
