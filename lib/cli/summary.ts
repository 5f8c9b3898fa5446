/** What is said of a tensor: smallest, largest and mean value, the first values, and the largest per row. */

import { arrayOver, elementCount } from '../common/index.js';
import { jsonFromValue, valueAt, type Tensor, type TensorContent } from '../tensor/index.js';

/** JSON holds every value up to this many; --output writes the rest. */
export const MAX_JSON_VALUES = 65536;

export interface Summary {
  readonly min: number | bigint;
  readonly max: number | bigint;
  readonly mean: number;
  /** NaN values, which take no part in the figures above. */
  readonly nanCount: number;
}

/** One of the largest values of a row. */
export interface TopValue {
  readonly index: number;
  readonly value: number | bigint;
}

/** A tensor that an engine returned, with float16 as bits whatever this Node version uses for it. */
export function contentFromTensor(tensor: Tensor): TensorContent {
  const { data } = tensor;
  // onnxruntime-common's types allow boolean arrays nowhere in data; the casts state its own contract.
  if (tensor.type === 'string') return { type: 'string', dims: tensor.dims, data: data };
  const array = data as Extract<TensorContent['data'], ArrayBufferView>;
  const type = tensor.type;
  const isBits = type !== 'float16' || array instanceof Uint16Array;
  const bits = isBits ? array : arrayOver('float16', array.buffer, array.byteOffset, array.length);
  return { type, dims: tensor.dims, data: bits };
}

/** Figures over all values; undefined for strings and empty tensors. */
export function summarize(content: TensorContent): Summary | undefined {
  if (content.type === 'string') return undefined;
  const count = elementCount(content.dims, 'the tensor');
  let min: number | bigint | undefined;
  let max: number | bigint | undefined;
  let sum = 0;
  let nanCount = 0;
  for (let i = 0; i < count; i++) {
    const value = valueAt(content, i);
    if (Number.isNaN(value)) {
      nanCount++;
      continue;
    }
    if (min === undefined || value < min) min = value;
    if (max === undefined || value > max) max = value;
    sum += Number(value);
  }
  if (min === undefined || max === undefined) {
    return count === 0 ? undefined : { min: NaN, max: NaN, mean: NaN, nanCount };
  }
  return { min, max, mean: sum / (count - nanCount), nanCount };
}

/** The first `limit` values. */
export function firstValues(content: TensorContent, limit: number): (number | bigint | string)[] {
  const count = Math.min(limit, elementCount(content.dims, 'the tensor'));
  return Array.from({ length: count }, (_, i) =>
    content.type === 'string' ? String(content.data[i] ?? '') : valueAt(content, i),
  );
}

/** The `k` largest values of each row along the last axis, for the first `rows` rows. */
export function topValues(content: TensorContent, k: number, rows: number): TopValue[][] {
  const width = content.dims.at(-1) ?? 1;
  if (content.type === 'string' || width === 0) return [];
  const rowCount = Math.min(rows, elementCount(content.dims, 'the tensor') / width);
  return Array.from({ length: rowCount }, (_, row) => {
    const values = Array.from({ length: width }, (__, index) => ({
      index,
      value: valueAt(content, row * width + index),
    }));
    const known = values.filter(({ value }) => !Number.isNaN(value));
    known.sort((a, b) => (a.value > b.value ? -1 : a.value < b.value ? 1 : a.index - b.index));
    return known.slice(0, k);
  });
}

/** The tensor for JSON output; `data` is null when it holds more than MAX_JSON_VALUES values. */
export function jsonFromContent(content: TensorContent): Record<string, unknown> {
  const count = elementCount(content.dims, 'the tensor');
  const summary = summarize(content);
  return {
    type: content.type,
    dims: content.dims,
    ...(summary === undefined
      ? {}
      : {
          min: jsonFromValue(summary.min),
          max: jsonFromValue(summary.max),
          mean: jsonFromValue(summary.mean),
          nanCount: summary.nanCount,
        }),
    data: count > MAX_JSON_VALUES ? null : firstValues(content, count).map(jsonFromValue),
  };
}
