/** Scales, zero points and integers against the definitions of QuantizeLinear. */

import { describe, expect, test } from 'vitest';

import {
  activationParameters,
  channelLayout,
  quantizedValue,
  quantizeWeights,
  weightScales,
} from '../../../lib/quantize/scheme.js';
import { seededRandom } from '../../fixtures/random.js';

describe('activationParameters', () => {
  test('spans 255 steps over an asymmetric range', () => {
    expect(activationParameters({ lo: -1, hi: 2 }, 'uint8')).toEqual({
      type: 'uint8',
      scale: Math.fround(3 / 255),
      zeroPoint: 85,
    });
  });

  test('spans 127 steps over the larger side of a symmetric range', () => {
    expect(activationParameters({ lo: -4, hi: 2 }, 'int8')).toEqual({
      type: 'int8',
      scale: Math.fround(4 / 127),
      zeroPoint: 0,
    });
  });

  test.each([
    [{ lo: 1, hi: 5 }, 5 / 255, 0],
    [{ lo: -5, hi: -1 }, 5 / 255, 255],
  ])('widens %o to hold zero', (range, scale, zeroPoint) => {
    expect(activationParameters(range, 'uint8')).toMatchObject({
      scale: Math.fround(scale),
      zeroPoint,
    });
  });

  test.each([
    { lo: 0, hi: 0 },
    { lo: 0, hi: 1e-40 },
  ])('takes scale 1 for %o, whose own is not a normal float32', (range) => {
    expect(activationParameters(range, 'uint8')).toMatchObject({ scale: 1, zeroPoint: 0 });
    expect(activationParameters(range, 'int8')).toMatchObject({ scale: 1, zeroPoint: 0 });
  });

  test.each([NaN, Infinity])('refuses a range that ends at %d', (hi) => {
    expect(() => activationParameters({ lo: 0, hi }, 'uint8')).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_CALIBRATION_FAILED' }) as Error,
    );
  });

  test('returns zero exactly and everything in range within half a step', () => {
    const random = seededRandom(11);
    for (let turn = 0; turn < 200; turn++) {
      const range = { lo: -random.integer(1000) / 100, hi: (random.integer(1000) + 1) / 100 };
      for (const type of ['uint8', 'int8'] as const) {
        const parameters = activationParameters(range, type);
        expect(quantizedValue(0, parameters)).toBe(0);
        const value = range.lo + ((range.hi - range.lo) * random.integer(1001)) / 1000;
        // The zero point is rounded: the range may be off by half a step at its ends.
        const error = Math.abs(quantizedValue(value, parameters) - value);
        expect(error).toBeLessThanOrEqual(parameters.scale * 1.0001);
      }
    }
  });
});

describe('weights', () => {
  test('have one scale for each channel of the axis', () => {
    // [2, 3, 2], axis 1: channel 0 holds 1, -2, 7, 8.
    const values = Float32Array.of(1, -2, 3, 4, -5, 6, 7, 8, 9, -10, 11, 12);
    const scales = weightScales(values, channelLayout([2, 3, 2], 1));
    expect(Array.from(scales)).toEqual([8, 10, 12].map((most) => Math.fround(most / 127)));
  });

  test('are the nearest integers, ties to even, within -127 and 127', () => {
    const scales = Float32Array.of(1, 2);
    const values = Float32Array.of(0.5, 1.5, 200, 5, -300, -5);
    const layout = channelLayout([2, 3], 0);
    expect(Array.from(quantizeWeights(values, layout, scales))).toEqual([0, 2, 127, 2, -127, -2]);
  });

  test('of a dead channel get a scale that keeps biases in int32', () => {
    const scales = weightScales(Float32Array.of(0, 0, 1, 2), channelLayout([2, 2], 0));
    expect(scales[0]).toBeCloseTo(2e-5 / 127, 12);
  });

  test('that are not finite are refused', () => {
    expect(() => weightScales(Float32Array.of(1, NaN, 1), channelLayout([3], undefined))).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_MODEL_INVALID' }) as Error,
    );
  });
});
