/** Tests of option values: what is understood and what is a usage error. */

import { describe, expect, it } from 'vitest';
import {
  integerFrom,
  providersFrom,
  scaleFrom,
  shapeFrom,
  versionFrom,
} from '../../../lib/cli/arguments.js';

const USAGE_ERROR = expect.objectContaining({ code: 'commander.invalidArgument' }) as Error;

describe('option values', () => {
  it('reads integers', () => {
    expect(integerFrom(1)('12')).toBe(12);
    for (const text of ['0', '-1', '1.5', '1e3', 'x', '', '99999999999999999999']) {
      expect(() => integerFrom(1)(text)).toThrow(USAGE_ERROR);
    }
  });

  it('reads scales as numbers and fractions', () => {
    expect([scaleFrom('0.5'), scaleFrom('1/16'), scaleFrom('-2')]).toEqual([0.5, 1 / 16, -2]);
    for (const text of ['', '0', '1/0', '1/', '/2', 'x', '1/x', 'NaN', 'Infinity']) {
      expect(() => scaleFrom(text)).toThrow(USAGE_ERROR);
    }
  });

  it('reads providers', () => {
    expect(providersFrom('auto')).toBe('auto');
    expect(providersFrom('openvino, cpu')).toEqual(['openvino', 'cpu']);
    expect(() => providersFrom('openvino,,cpu')).toThrow(USAGE_ERROR);
  });

  it('reads shapes, with or without a name, several times', () => {
    const shapes = shapeFrom('x:0:2x3', shapeFrom('1,8', shapeFrom('s:', undefined)));
    expect(shapes).toEqual(
      new Map([
        ['s', []],
        ['', [1, 8]],
        ['x:0', [2, 3]],
      ]),
    );
    for (const text of ['', 'x', 'a:1x', 'a:x1', 'a:-1', 'a:1.5', 'a:99999999999999999999']) {
      expect(() => shapeFrom(text, undefined)).toThrow(USAGE_ERROR);
    }
  });

  it('reads versions, which become part of a path', () => {
    expect(versionFrom('2026.4.1')).toBe('2026.4.1');
    for (const text of ['', '2026', '../x', '1.2;rm', 'v1.2'])
      expect(() => versionFrom(text)).toThrow(USAGE_ERROR);
  });
});
