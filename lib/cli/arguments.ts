/** Reads the values of command-line options; each refusal is a usage error that names what was expected. */

import { InvalidArgumentError } from 'commander';

const MAX_DIM = Number.MAX_SAFE_INTEGER;

/** Collects a repeatable option. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** An integer of at least `min`. */
export function integerFrom(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`Expected an integer of at least ${min}.`);
    }
    return value;
  };
}

/** `0.5` or `1/255`. */
export function scaleFrom(text: string): number {
  const [numerator = '', denominator] = text.split('/', 2);
  const value = Number(numerator) / (denominator === undefined ? 1 : Number(denominator));
  const isComplete = numerator.trim() !== '' && denominator?.trim() !== '';
  if (!isComplete || !Number.isFinite(value) || value === 0) {
    throw new InvalidArgumentError('Expected a number other than 0, such as 0.5 or 1/255.');
  }
  return value;
}

/** `auto`, or provider names in the order to try. */
export function providersFrom(text: string): 'auto' | string[] {
  if (text === 'auto') return 'auto';
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw new InvalidArgumentError('Expected names separated by commas, such as openvino,cpu.');
  }
  return names;
}

/** The sizes given for inputs; the key '' is for the only input of a model. */
export type ShapesByInput = Map<string, number[]>;

/** `1x3x224x224` for the only input, or `name:1x3x224x224`. A scalar is `name:`. */
export function shapeFrom(text: string, previous: ShapesByInput | undefined): ShapesByInput {
  // The last colon: input names such as "x:0" have one themselves.
  const colon = text.lastIndexOf(':');
  const sizes = text.slice(colon + 1);
  const dims = sizes === '' ? [] : sizes.split(/[x,]/u).map(Number);
  const isValid = /^(?:\d+(?:[x,]\d+)*)?$/u.test(sizes) && dims.every((dim) => dim <= MAX_DIM);
  if (!isValid || (colon < 0 && sizes === '')) {
    throw new InvalidArgumentError('Expected sizes such as 1x3x224x224 or input:1x3x224x224.');
  }
  return new Map(previous).set(colon < 0 ? '' : text.slice(0, colon), dims);
}

/** A release number: it becomes part of a path and of a pip requirement. */
export function versionFrom(text: string): string {
  if (!/^\d+(?:\.\d+){1,3}$/u.test(text))
    throw new InvalidArgumentError('Expected a version such as 2026.4.1.');
  return text;
}
