/** Guards: what they let through, what they refuse, and the words of the refusal. */

import { describe, expect, it } from 'vitest';

import {
  didYouMean,
  expected,
  isRecord,
  optionalBoolean,
  optionalChoice,
  optionalInteger,
  optionalString,
  rejectUnknownKeys,
  requireRecord,
} from '../../../lib/common/validate.js';

/** The error that a guard throws. */
function refusal(guard: () => unknown): Error & { readonly code?: string } {
  try {
    guard();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected an error');
}

describe('expected', () => {
  it.each([
    ['x', '"x" (string)'],
    ['x'.repeat(100), `"${'x'.repeat(60)}..." (string)`],
    [5, '5 (number)'],
    [5n, '5 (bigint)'],
    [true, 'true (boolean)'],
    [Symbol('s'), 'Symbol(s) (symbol)'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'object'],
    [[], 'array'],
    [(): void => undefined, 'function'],
  ])('shows %o with its type', (value, shown) => {
    const error = expected('a thing', 'name', value);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`expected a thing for name, got ${shown}`);
  });
});

describe('isRecord', () => {
  it('takes objects and neither arrays nor null nor functions', () => {
    expect([{}, Object.create(null), new Map()].every(isRecord)).toBe(true);
    expect([[], null, undefined, 'x', (): void => undefined].some(isRecord)).toBe(false);
  });
});

describe('requireRecord', () => {
  it('gives the object back', () => {
    const options = {};
    expect(requireRecord(options, 'options')).toBe(options);
  });

  it('refuses anything else', () => {
    expect(refusal(() => requireRecord([], 'options')).message).toBe(
      'expected an object for options, got array',
    );
  });
});

describe('optionalString and optionalBoolean', () => {
  it('let their type and undefined through', () => {
    expect(optionalString('', 'x')).toBe('');
    expect(optionalString(undefined, 'x')).toBeUndefined();
    expect(optionalBoolean(false, 'x')).toBe(false);
    expect(optionalBoolean(undefined, 'x')).toBeUndefined();
  });

  it('refuse other types, null among them', () => {
    expect(refusal(() => optionalString(null, 'x')).message).toBe(
      'expected a string for x, got null',
    );
    expect(refusal(() => optionalBoolean(1, 'x')).message).toBe(
      'expected a boolean for x, got 1 (number)',
    );
  });
});

describe('optionalInteger', () => {
  it('lets integers of its range and undefined through', () => {
    expect(optionalInteger(1, 'x', 1, 3)).toBe(1);
    expect(optionalInteger(3, 'x', 1, 3)).toBe(3);
    expect(optionalInteger(0, 'x')).toBe(0);
    expect(optionalInteger(undefined, 'x')).toBeUndefined();
  });

  it.each([0, 4, 1.5, NaN, Infinity, -1])('refuses %d outside of it', (value) => {
    const error = refusal(() => optionalInteger(value, 'x', 1, 3));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe(
      `expected an integer in [1, 3] for x, got ${String(value)} (number)`,
    );
  });

  it.each(['1', 1n, null])('refuses %o, which is no number', (value) => {
    expect(refusal(() => optionalInteger(value, 'x')).code).toBe('ERR_ENGINERY_INVALID_ARGUMENT');
  });
});

describe('optionalChoice', () => {
  const choices = ['latency', 'throughput'] as const;

  it('lets a choice and undefined through', () => {
    expect(optionalChoice('latency', 'hint', choices)).toBe('latency');
    expect(optionalChoice(undefined, 'hint', choices)).toBeUndefined();
  });

  it('refuses another text and suggests the nearest choice', () => {
    const error = refusal(() => optionalChoice('Latncy', 'hint', choices));
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe(
      `expected one of 'latency', 'throughput' for hint, got "Latncy" (string); did you mean "latency"?`,
    );
  });

  it('refuses another type', () => {
    expect(refusal(() => optionalChoice(5, 'hint', choices))).toBeInstanceOf(TypeError);
  });
});

describe('rejectUnknownKeys', () => {
  it('lets known keys through', () => {
    expect(() => {
      rejectUnknownKeys({ device: 'CPU' }, 'openvino', ['device', 'library']);
    }).not.toThrow();
  });

  it('names the unknown key, the nearest known one and all of them', () => {
    const error = refusal(() => {
      rejectUnknownKeys({ device: 'CPU', libary: '/x' }, 'openvino', ['device', 'library']);
    });
    expect(error).toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
      message:
        'expected a known option in openvino, got "libary"; did you mean "library"?; known: device, library',
    });
  });

  it('takes keys of Object.prototype for unknown ones', () => {
    expect(() => {
      rejectUnknownKeys({ constructor: 1 }, 'openvino', ['device']);
    }).toThrow('got "constructor"');
  });
});

describe('didYouMean', () => {
  it.each([
    ['devise', 'device'],
    ['DEVICE', 'device'],
    ['numthreds', 'numThreads'],
    ['Threads', ''],
    ['x', ''],
    ['', ''],
  ])('suggests for "%s": "%s"', (value, suggestion) => {
    const text = suggestion === '' ? '' : `; did you mean "${suggestion}"?`;
    expect(didYouMean(value, ['device', 'numThreads', 'library'])).toBe(text);
  });

  it('prefers the nearest, and the first of equals', () => {
    expect(didYouMean('input1', ['input', 'input10', 'input12'])).toContain('"input"');
    expect(didYouMean('input12', ['input', 'input1', 'input12x'])).toContain('"input1"');
  });

  it('suggests nothing where there is nothing to choose from', () => {
    expect(didYouMean('x', [])).toBe('');
  });
});
