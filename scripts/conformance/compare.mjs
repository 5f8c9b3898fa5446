// @ts-check
/** Compares what a run gave with what ONNX expects, within stated tolerances. */

import { elementCount, numberFromFloat16 } from '../../dist/common/index.js';

/** @typedef {import('../../dist/runtime/index.js').TensorValue} TensorValue */

/**
 * Floating-point results pass within `absolute + relative * |expected|`. float32 and float64 have the limits of ONNX's
 * own backend tests (onnx.backend.test.case.base). float16 has two units in the last place of its 11-bit significand,
 * one for the expected rounding and one for ours, and the spacing of its subnormals. All other types are compared
 * exactly; NaN equals NaN.
 */
export const TOLERANCES = Object.freeze({
  float32: { relative: 1e-3, absolute: 1e-7 },
  float64: { relative: 1e-3, absolute: 1e-7 },
  float16: { relative: 2 ** -9, absolute: 2 ** -24 },
});

/**
 * What is wrong with `actual`, or undefined.
 * @param {string} name
 * @param {TensorValue | undefined} actual
 * @param {TensorValue} expected
 * @returns {string | undefined}
 */
export function differenceOf(name, actual, expected) {
  if (actual === undefined) return `no output '${name}'`;
  if (actual.type !== expected.type) {
    return `'${name}' has type ${actual.type}, expected ${expected.type}`;
  }
  if (actual.dims.join() !== expected.dims.join()) {
    return `'${name}' has dims [${actual.dims.join()}], expected [${expected.dims.join()}]`;
  }
  const [got, wanted] = [valuesOf(actual), valuesOf(expected)];
  if (got.length !== wanted.length) {
    return `'${name}' has ${got.length} entries, expected ${wanted.length}`;
  }
  const tolerance =
    expected.type in TOLERANCES
      ? TOLERANCES[/** @type {keyof typeof TOLERANCES} */ (expected.type)]
      : undefined;
  let wrong = 0;
  let first = -1;
  for (let i = 0; i < wanted.length; i++) {
    if (isSame(got[i], wanted[i], tolerance)) continue;
    if (wrong++ === 0) first = i;
  }
  if (wrong === 0) return undefined;
  return `${wrong} of ${wanted.length} values of '${name}' differ, the first is ${String(got[first])}, expected ${String(wanted[first])}`;
}

/**
 * @param {unknown} got
 * @param {unknown} wanted
 * @param {{ readonly relative: number, readonly absolute: number } | undefined} tolerance
 */
function isSame(got, wanted, tolerance) {
  if (tolerance === undefined || typeof got !== 'number' || typeof wanted !== 'number') {
    return got === wanted;
  }
  if (Object.is(got, wanted) || got === wanted) return true;
  // An expected infinity would make the limit infinite.
  return (
    Number.isFinite(wanted) &&
    Math.abs(got - wanted) <= tolerance.absolute + tolerance.relative * Math.abs(wanted)
  );
}

/**
 * Values to compare: float16 as numbers, whichever array holds its bits, and 4-bit values one by one.
 * @param {TensorValue} tensor
 * @returns {ArrayLike<unknown>}
 */
function valuesOf({ type, dims, data }) {
  if (!ArrayBuffer.isView(data)) return data;
  if (type === 'float16') {
    const bits = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    return Array.from(bits, numberFromFloat16);
  }
  if (type === 'int4' || type === 'uint4') {
    // An odd count leaves half a byte that means nothing.
    return Array.from({ length: elementCount(dims, type) }, (_, i) => {
      const byte = Number(data[i >> 1]);
      return i % 2 === 0 ? byte & 15 : (byte >> 4) & 15;
    });
  }
  return data;
}
