/** onnxruntime-node’s session and run options; same-surface.test.ts compares the refusals with that package's. */

import { describe, expect, it } from 'vitest';

import {
  checkOutputLocation,
  checkRunOptions,
  checkSessionOptions,
  optionalSignal,
  runOptionsFor,
} from '../../../lib/session/session-options.js';

/** Every session option with a value of its kind. */
const GOOD = {
  intraOpNumThreads: 2,
  interOpNumThreads: 0,
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  enableMemPattern: false,
  executionMode: 'parallel',
  optimizedModelFilePath: '/o.onnx',
  enableProfiling: false,
  profileFilePrefix: 'p',
  logId: 'id',
  logSeverityLevel: 4,
  logVerbosityLevel: 1,
  enableGraphCapture: false,
  freeDimensionOverrides: { batch: 8 },
  preferredOutputLocation: 'cpu',
  extra: { session: { use_env_allocators: '1' } },
};

describe('checkSessionOptions', () => {
  it('lets every option of onnxruntime-node through, with flat names in extra', () => {
    expect(checkSessionOptions(GOOD)).toEqual({
      ...GOOD,
      extra: { 'session.use_env_allocators': '1' },
    });
  });

  it('lets through what onnxruntime-node ignores, whatever it is', () => {
    const ignored = { logVerbosityLevel: 'x', enableGraphCapture: 5, freeDimensionOverrides: 5 };
    expect(checkSessionOptions(ignored)).toEqual(ignored);
    expect(checkSessionOptions({ profileFilePrefix: 5 })).toEqual({ profileFilePrefix: 5 });
  });

  it('reads inherited options and what Node-API calls an object, as onnxruntime-node does', () => {
    expect(checkSessionOptions(Object.create({ logId: 'x' }) as Record<string, unknown>)).toEqual({
      logId: 'x',
    });
    expect(() =>
      checkSessionOptions(Object.create({ logId: 5 }) as Record<string, unknown>),
    ).toThrow('logId must');
    expect(checkSessionOptions({ extra: ['x', ['y']] })).toEqual({ extra: { 0: 'x', '1.0': 'y' } });
    expect(checkSessionOptions({ extra: () => 1 })).toEqual({ extra: {} });
  });

  it('refuses extra that holds itself', () => {
    const extra: Record<string, unknown> = {};
    extra['again'] = { extra };
    expect(() => checkSessionOptions({ extra })).toThrow('must not contain itself');
  });

  it('lets names through that it does not know, as onnxruntime-node does', () => {
    expect(checkSessionOptions({ noSuchOption: 1 })).toEqual({ noSuchOption: 1 });
  });

  it('keeps from providers what belongs to the session, and what is undefined', () => {
    const own = {
      executionProviders: ['cpu'],
      strict: true,
      signal: new AbortController().signal,
      externalData: [],
      weights: new Uint8Array(1),
      onProgress: (): void => undefined,
      logId: undefined,
    };
    expect(checkSessionOptions({ ...own, logVerbosityLevel: 0 })).toEqual({ logVerbosityLevel: 0 });
  });

  it.each([
    [{ intraOpNumThreads: '2' }, 'sessionOptions.intraOpNumThreads must be a number.'],
    [{ interOpNumThreads: null }, 'sessionOptions.interOpNumThreads must be a number.'],
    [{ graphOptimizationLevel: 9 }, 'sessionOptions.graphOptimizationLevel must be a string.'],
    [{ enableCpuMemArena: 1 }, 'sessionOptions.enableCpuMemArena must be a boolean value.'],
    [{ enableMemPattern: 'no' }, 'sessionOptions.enableMemPattern must be a boolean value.'],
    [{ executionMode: 1 }, 'sessionOptions.executionMode must be a string.'],
    [{ optimizedModelFilePath: 1 }, 'sessionOptions.optimizedModelFilePath must be a string.'],
    [{ enableProfiling: 1 }, 'sessionOptions.enableProfiling must be a boolean value.'],
    [{ logId: 1 }, 'sessionOptions.logId must be a string.'],
    [{ logSeverityLevel: '1' }, 'sessionOptions.logSeverityLevel must be a number.'],
    [{ extra: 'x' }, 'sessionOptions.extra must be an object.'],
    [
      { extra: { session: { deep: { on: true } } } },
      'sessionOptions.extra value must be a string in Node.js binding.',
    ],
    [
      { enableProfiling: true },
      'sessionOptions.profileFilePrefix is required when sessionOptions.enableProfiling is set to true.',
    ],
    [
      { enableProfiling: true, profileFilePrefix: 5 },
      'sessionOptions.profileFilePrefix must be a string. when sessionOptions.enableProfiling is set to true.',
    ],
  ])('refuses %j as a wrong type', (options, message) => {
    expect(() => checkSessionOptions(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: `Invalid argument: ${message}`,
      }),
    );
  });

  it.each([
    [
      { graphOptimizationLevel: 'most' },
      "'graphOptimizationLevel' is not supported: most. Expected one of: disabled, basic, extended, layout, all",
    ],
    [
      { executionMode: 'both' },
      "'executionMode' is not supported: both. Expected one of: sequential, parallel",
    ],
  ])('refuses %j and names the choices', (options, message) => {
    expect(() => checkSessionOptions(options)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT', message }),
    );
  });

  it.each([
    [{ intraOpNumThreads: -1 }, "'intraOpNumThreads' is invalid: -1."],
    [{ interOpNumThreads: 1.5 }, "'interOpNumThreads' is invalid: 1.5."],
    [{ logSeverityLevel: 5 }, 'must be one of the following: 0, 1, 2, 3, 4.'],
  ])('refuses %j as out of range', (options, message) => {
    expect(() => checkSessionOptions(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
        message: expect.stringContaining(message) as string,
      }),
    );
  });
});

describe('checkOutputLocation', () => {
  it.each([undefined, null, 'gpu-buffer', { sum: 'cpu-pinned' }, {}, []])('takes %j', (value) => {
    expect(() => {
      checkOutputLocation(value, ['sum']);
    }).not.toThrow();
  });

  it.each([
    ['none', 'preferredOutputLocation must be an array or a valid string.'],
    [5, 'preferredOutputLocation must be an array or a valid string.'],
    [{ sum: 'x' }, 'preferredOutputLocation["sum"] must be a valid string.'],
    [{ product: 'cpu' }, '"product" is not a valid output name.'],
    [['cpu'], '"0" is not a valid output name.'],
  ])('refuses %j', (value, message) => {
    expect(() => {
      checkOutputLocation(value, ['sum']);
    }).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: `Invalid argument: ${message}`,
      }),
    );
  });
});

describe('checkRunOptions', () => {
  it('lets the options of a run through', () => {
    expect(() => {
      checkRunOptions({
        logSeverityLevel: 0,
        logVerbosityLevel: 'x',
        tag: 't',
        terminate: 5,
        extra: null,
        noSuchOption: 1,
      });
    }).not.toThrow();
  });

  it.each([
    [{ tag: 1 }, 'runOptions.tag must be a string.'],
    [{ logSeverityLevel: '1' }, 'runOptions.logSeverityLevel must be a number.'],
  ])('refuses %j', (options, message) => {
    expect(() => {
      checkRunOptions(options);
    }).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: `Invalid argument: ${message}`,
      }),
    );
  });

  it('refuses a severity that there is not', () => {
    expect(() => {
      checkRunOptions({ logSeverityLevel: -1 });
    }).toThrow(expect.objectContaining({ code: 'ERR_ENGINERY_OUT_OF_RANGE' }));
  });
});

describe('runOptionsFor', () => {
  it('keeps what ONNX Runtime may read', () => {
    const options = { tag: 't', logSeverityLevel: 2, logVerbosityLevel: 1, extra: { a: '1' } };
    const { signal } = new AbortController();
    expect(runOptionsFor({ ...options, terminate: false, signal, other: 5 })).toEqual(options);
    expect(runOptionsFor({ terminate: true, tag: undefined })).toBeUndefined();
  });
});

describe('optionalSignal', () => {
  it('takes a signal by its structure, and nothing', () => {
    const { signal } = new AbortController();
    const alien = { aborted: false, addEventListener: (): void => undefined };
    expect(optionalSignal(signal, 'x')).toBe(signal);
    expect(optionalSignal(alien, 'x')).toBe(alien);
    expect(optionalSignal(undefined, 'x')).toBeUndefined();
  });

  it.each([null, 5, {}, { aborted: false }, new AbortController()])('refuses %o', (value) => {
    expect(() => optionalSignal(value, 'runOptions.signal')).toThrow(
      'Invalid argument: runOptions.signal must be an AbortSignal.',
    );
  });
});
