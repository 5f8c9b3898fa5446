/** Error classes, codes, exit codes, and what becomes of errors that the addon throws. */

import { describe, expect, it } from 'vitest';

import {
  ERROR_CODE_SUFFIXES,
  EngineryError,
  errorCodeSuffix,
  errorFromNative,
  exitCodeFromError,
  invalidArgument,
  isCodedError,
  messageFromUnknown,
  outOfRange,
} from '../../../lib/common/errors.js';

/** What the addon throws: a plain Error with a code. */
function nativeError(code: string, message: string, cause?: unknown): Error {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause });
  return Object.assign(error, { code });
}

describe('EngineryError', () => {
  it('carries its code, its message and its cause', () => {
    const cause = new Error('why');
    const error = new EngineryError('MODEL_INVALID', 'what', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'EngineryError',
      code: 'ERR_ENGINERY_MODEL_INVALID',
      message: 'what',
      cause,
    });
  });

  it('has no cause where none is given', () => {
    expect('cause' in new EngineryError('INTERNAL', 'x')).toBe(false);
  });

  it('is named AbortError when it tells of a cancellation', () => {
    expect(new EngineryError('CANCELLED', 'x').name).toBe('AbortError');
  });
});

describe('invalidArgument', () => {
  it('makes a TypeError with a code', () => {
    const cause = new Error('why');
    const error = invalidArgument('what', { cause });
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT', message: 'what', cause });
  });
});

describe('outOfRange', () => {
  it('makes a RangeError with a code', () => {
    const error = outOfRange('what');
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ code: 'ERR_ENGINERY_OUT_OF_RANGE', message: 'what' });
  });
});

describe('isCodedError', () => {
  it.each([
    new EngineryError('TIMEOUT', 'x'),
    invalidArgument('x'),
    outOfRange('x'),
    nativeError('ERR_ENGINERY_DISPOSED', 'x'),
  ])('knows %o', (error) => {
    expect(isCodedError(error)).toBe(true);
  });

  it('knows an error of another realm by its structure', () => {
    expect(isCodedError({ code: 'ERR_ENGINERY_DISPOSED', message: 'x' })).toBe(true);
  });

  it.each([
    ['an error without a code', new Error('x')],
    ['a code of Node', nativeError('ENOENT', 'x')],
    ['a code that is not in the list', nativeError('ERR_ENGINERY_NOVELTY', 'x')],
    ['a suffix alone', nativeError('DISPOSED', 'x')],
    ['a code that is no string', Object.assign(new Error('x'), { code: 5 })],
    ['an object without a message', { code: 'ERR_ENGINERY_DISPOSED' }],
    ['text', 'ERR_ENGINERY_DISPOSED'],
    ['null', null],
    ['nothing', undefined],
  ])('does not take %s', (_, value) => {
    expect(isCodedError(value)).toBe(false);
  });
});

describe('errorCodeSuffix', () => {
  it.each(ERROR_CODE_SUFFIXES)('gives %s for its whole code', (suffix) => {
    expect(errorCodeSuffix(`ERR_ENGINERY_${suffix}`)).toBe(suffix);
  });

  it('gives nothing for other codes', () => {
    expect(errorCodeSuffix('ERR_ENGINERY_')).toBeUndefined();
    expect(errorCodeSuffix('INTERNAL')).toBeUndefined();
  });
});

describe('exitCodeFromError', () => {
  it.each([
    [2, 'INVALID_ARGUMENT'],
    [2, 'OUT_OF_RANGE'],
    [3, 'MODEL_INVALID'],
    [3, 'MODEL_UNSUPPORTED'],
    [4, 'RUNTIME_NOT_FOUND'],
    [4, 'RUNTIME_SYMBOL'],
    [4, 'RUNTIME_VERSION'],
    [4, 'ADDON_LOAD'],
    [4, 'DEVICE_UNAVAILABLE'],
    [5, 'BUILD_FAILED'],
    [5, 'CALIBRATION_FAILED'],
    [5, 'ENGINE_STALE'],
    [1, 'OUT_OF_MEMORY'],
    [1, 'INFERENCE_FAILED'],
    [1, 'INTERNAL'],
    [1, 'OVERLOADED'],
    [1, 'TIMEOUT'],
    [1, 'DISPOSED'],
    [130, 'CANCELLED'],
  ] as const)('is %i for %s', (exitCode, suffix) => {
    expect(exitCodeFromError(new EngineryError(suffix, 'x'))).toBe(exitCode);
  });

  it('is 1 for what is not ours', () => {
    expect(exitCodeFromError(new Error('x'))).toBe(1);
    expect(exitCodeFromError(undefined)).toBe(1);
  });
});

describe('messageFromUnknown', () => {
  it('is the message of an error and the text of anything else', () => {
    expect(messageFromUnknown(new TypeError('x'))).toBe('x');
    expect(messageFromUnknown('x')).toBe('x');
    expect(messageFromUnknown(undefined)).toBe('undefined');
    expect(messageFromUnknown(null)).toBe('null');
  });
});

describe('errorFromNative', () => {
  it.each([
    ['ERR_ENGINERY_INVALID_ARGUMENT', TypeError],
    ['ERR_ENGINERY_OUT_OF_RANGE', RangeError],
    ['ERR_ENGINERY_INFERENCE_FAILED', EngineryError],
  ])('makes %s an error of its class, with message and cause', (code, kind) => {
    const cause = new Error('the runtime’s own text');
    const thrown = nativeError(code, 'x', cause);
    const error = errorFromNative(thrown);
    expect(error).toBeInstanceOf(kind);
    expect(error).not.toBe(thrown);
    expect(error).toMatchObject({ code, message: 'x', cause });
  });

  it('gives the error the stack of its caller', () => {
    const thrown = nativeError('ERR_ENGINERY_INTERNAL', 'x');
    thrown.stack = 'Error: x';
    function whoAsked(): Error {
      return errorFromNative(thrown);
    }
    expect(whoAsked().stack).toContain('whoAsked');
  });

  it('keeps a cancellation an AbortError', () => {
    expect(errorFromNative(nativeError('ERR_ENGINERY_CANCELLED', 'x')).name).toBe('AbortError');
  });

  it.each([
    ['an error without a code', new Error('x')],
    ['a string', 'x'],
  ])('takes %s for a bug of ours and keeps it as the cause', (_, thrown) => {
    expect(errorFromNative(thrown)).toMatchObject({
      code: 'ERR_ENGINERY_INTERNAL',
      message: 'x',
      cause: thrown,
    });
  });
});
