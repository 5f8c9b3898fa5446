/** The calibration table as a file, and in parts. */

import { describe, expect, test } from 'vitest';

import {
  calibrationTableJson,
  mergeCalibrationTables,
  parseCalibrationTable,
  requireDataDigest,
  requireModelDigest,
  type CalibrationTable,
} from '../../../lib/quantize/calibration-table.js';
import { TensorObserver } from '../../../lib/quantize/observer.js';
import { rangeOf } from '../../../lib/quantize/range-method.js';

function table(values: readonly number[], data = 'd1', tensor = 'x'): CalibrationTable {
  const observer = new TensorObserver({ channels: true });
  observer.observe(Float32Array.from(values), [1, values.length]);
  return {
    modelDigest: 'm1',
    dataDigests: [data],
    samples: 1,
    tensors: new Map([[tensor, observer]]),
  };
}

const coded = (code: string): Error =>
  expect.objectContaining({ code: `ERR_ENGINERY_${code}` }) as Error;

describe('a saved table', () => {
  test('reads back with equal statistics', () => {
    const original = table([-1.5, 0, 2.25, NaN, 1e-30]);
    const read = parseCalibrationTable(calibrationTableJson(original), 'table.json');
    expect(read.tensors).toEqual(original.tensors);
    expect(read).toMatchObject({ modelDigest: 'm1', dataDigests: ['d1'], samples: 1 });
  });

  test('is the same text when written again', () => {
    const text = calibrationTableJson(table([1, 2, 3]));
    expect(calibrationTableJson(parseCalibrationTable(text, 'table.json'))).toBe(text);
  });

  test.each([
    ['no JSON', 'x', 'JSON'],
    ['something else', '{"a":1}', 'format'],
    ['another version', '{"format":"enginery-calibration","version":99}', 'version 99'],
    [
      'a tensor without its counts',
      '{"format":"enginery-calibration","version":1,"modelDigest":"m","dataDigests":[],"samples":1,"tensors":[["x",{}]]}',
      'tensor "x"',
    ],
  ])('that is %s is refused', (_, text, message) => {
    const read = (): unknown => parseCalibrationTable(text, 'table.json');
    expect(read).toThrow(coded('INVALID_ARGUMENT'));
    expect(read).toThrow(message);
  });

  test('of another model is refused', () => {
    expect(() => {
      requireModelDigest(table([1]), 'm2');
    }).toThrow(coded('ENGINE_STALE'));
  });

  test('of other data is refused', () => {
    expect(() => {
      requireDataDigest(table([1]), 'd2');
    }).toThrow(coded('ENGINE_STALE'));
  });
});

describe('merged tables', () => {
  test('hold the samples of both', () => {
    const merged = mergeCalibrationTables(table([-1, 2]), table([5, 0], 'd2'));
    const observer = merged.tensors.get('x') ?? new TensorObserver();
    expect(merged).toMatchObject({ samples: 2, dataDigests: ['d1', 'd2'] });
    expect(rangeOf(observer, { name: 'minmax' }, 'uint8')).toEqual({ lo: -1, hi: 5 });
    expect(Array.from(observer.channelAbsMax ?? [])).toEqual([5, 2]);
  });

  test('leave the parts as they are', () => {
    const first = table([-1, 2]);
    const before = calibrationTableJson(first);
    mergeCalibrationTables(first, table([5, 0], 'd2'));
    expect(calibrationTableJson(first)).toBe(before);
  });

  test('must be of the same tensors', () => {
    expect(() => mergeCalibrationTables(table([1]), table([1], 'd2', 'y'))).toThrow(
      coded('INVALID_ARGUMENT'),
    );
  });
});
