/** onnxruntime-node’s session and run options; same-surface.test.ts compares the refusals with that package's. */

import { describe, expect, it } from 'vitest';

import {
  checkRunOptions,
  checkSessionOptions,
  optionalSignal,
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
  it('lets every option of onnxruntime-node through, as it is given', () => {
    expect(checkSessionOptions(GOOD)).toEqual(GOOD);
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
    [{ profileFilePrefix: 1 }, 'sessionOptions.profileFilePrefix must be a string.'],
    [{ logId: 1 }, 'sessionOptions.logId must be a string.'],
    [{ logSeverityLevel: '1' }, 'sessionOptions.logSeverityLevel must be a number.'],
    [{ logVerbosityLevel: '1' }, 'sessionOptions.logVerbosityLevel must be a number.'],
    [{ enableGraphCapture: 1 }, 'sessionOptions.enableGraphCapture must be a boolean value.'],
    [{ freeDimensionOverrides: 1 }, 'sessionOptions.freeDimensionOverrides must be an object.'],
    [{ extra: 'x' }, 'sessionOptions.extra must be an object.'],
    [
      { extra: { session: { deep: { on: true } } } },
      'sessionOptions.extra value must be a string in Node.js binding.',
    ],
    [
      { preferredOutputLocation: 'none' },
      'preferredOutputLocation must be an array or a valid string.',
    ],
    [
      { preferredOutputLocation: { sum: 'x' } },
      'preferredOutputLocation["sum"] must be a valid string.',
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
    [{ freeDimensionOverrides: { n: -1 } }, 'sessionOptions.freeDimensionOverrides.n must be a'],
    [{ freeDimensionOverrides: { n: '8' } }, 'sessionOptions.freeDimensionOverrides.n must be a'],
  ])('refuses %j as out of range', (options, message) => {
    expect(() => checkSessionOptions(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  it('lets a location be named for each output, and null stand for none', () => {
    for (const preferredOutputLocation of [null, 'gpu-buffer', { sum: 'cpu-pinned' }]) {
      expect(checkSessionOptions({ preferredOutputLocation })).toEqual({ preferredOutputLocation });
    }
  });
});

describe('checkRunOptions', () => {
  it('lets the options of a run through', () => {
    expect(() => {
      checkRunOptions({
        logSeverityLevel: 0,
        logVerbosityLevel: 0,
        tag: 't',
        terminate: false,
        extra: {},
        noSuchOption: 1,
      });
    }).not.toThrow();
  });

  it.each([
    [{ tag: 1 }, 'runOptions.tag must be a string.'],
    [{ terminate: 1 }, 'runOptions.terminate must be a boolean value.'],
    [{ logSeverityLevel: '1' }, 'runOptions.logSeverityLevel must be a number.'],
    [{ logVerbosityLevel: '1' }, 'runOptions.logVerbosityLevel must be a number.'],
    [{ extra: 1 }, 'runOptions.extra must be an object.'],
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
