/** Gives a tensor the type a model wants: by itself only where no value changes, otherwise only when asked. */

import {
  arrayOver,
  byteLengthOf,
  EngineryError,
  float16FromNumber,
  outOfRange,
  type Dtype,
  type NumericDtype,
} from '../common/index.js';
import { INTEGER_RANGES, valueAt, type TensorContent } from '../tensor/index.js';

/** What the user allowed. */
export interface Conversion {
  /** Convert even between integers and floats, and round. */
  readonly isCast: boolean;
  /** Multiply by this after reading; implies a cast. */
  readonly scale?: number;
}

type Kind = 'float' | 'integer' | 'other';

function kindOf(type: Dtype): Kind {
  if (type === 'float16' || type === 'float32' || type === 'float64') return 'float';
  if (type === 'string' || type === 'int4' || type === 'uint4') return 'other';
  return 'integer';
}

const BIG_RANGES: Readonly<Partial<Record<Dtype, readonly [bigint, bigint]>>> = Object.freeze({
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const);

/** The integer of `type` for `value`, fractions cut off; undefined when it does not fit. */
function integerOf(value: number | bigint, type: Dtype): number | bigint | undefined {
  const whole = typeof value === 'bigint' ? value : Math.trunc(value);
  if (typeof whole === 'number' && !Number.isFinite(whole)) return undefined;
  const bigRange = BIG_RANGES[type];
  if (bigRange !== undefined) {
    const big = BigInt(whole);
    return big >= bigRange[0] && big <= bigRange[1] ? big : undefined;
  }
  const [min, max] = INTEGER_RANGES[type] ?? [0, -1];
  return whole >= min && whole <= max ? Number(whole) : undefined;
}

function refusal(content: TensorContent, type: Dtype, name: string): EngineryError {
  const isPixels = content.type === 'uint8' && kindOf(type) === 'float';
  const hint = isPixels
    ? 'add --cast, and --scale 1/255 (or what the model was trained with) if these are pixels'
    : 'add --cast to convert';
  return new EngineryError(
    'INVALID_ARGUMENT',
    `expected ${type} for ${name}, got ${content.type}; ${hint}`,
  );
}

/** `content` as `type`. `name` is for messages. `ERR_ENGINERY_INVALID_ARGUMENT` or `ERR_ENGINERY_OUT_OF_RANGE`. */
export function convertTensor(
  content: TensorContent,
  type: Dtype,
  name: string,
  { isCast, scale }: Conversion,
): TensorContent {
  if (content.type === type && scale === undefined) return content;
  const from = kindOf(content.type);
  const to = kindOf(type);
  if (type === 'string' || from === 'other' || to === 'other') {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `expected ${type} for ${name}, got ${content.type}, which does not convert`,
    );
  }
  const isAsked = isCast || scale !== undefined;
  if (!isAsked && from !== to) throw refusal(content, type, name);
  return { type, dims: content.dims, data: converted(content, type, name, isAsked, scale) };
}

function converted(
  content: TensorContent,
  type: NumericDtype,
  name: string,
  isAsked: boolean,
  scale: number | undefined,
): TensorContent['data'] {
  const count = content.data.length;
  const data = arrayOver(type, new ArrayBuffer(byteLengthOf(type, count)), 0, count);
  const result: TensorContent = { type, dims: content.dims, data };
  // Writing through the union of typed arrays: the branch below gives what the array of this type holds.
  const target = data as { [index: number]: number | bigint };
  const isFloat = kindOf(type) === 'float';
  for (let i = 0; i < count; i++) {
    const stored = valueAt(content, i);
    const value = scale === undefined ? stored : Number(stored) * scale;
    if (isFloat) {
      target[i] = type === 'float16' ? float16FromNumber(Number(value)) : Number(value);
    } else {
      const whole = integerOf(value, type);
      if (whole === undefined) {
        throw outOfRange(`expected values of ${type} for ${name}, got ${String(value)} at ${i}`);
      }
      target[i] = whole;
    }
    if (isAsked || sameValue(valueAt(result, i), stored)) continue;
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `expected ${type} for ${name}, got ${content.type} whose value ${String(stored)} would change; add --cast to round`,
    );
  }
  return data;
}

function sameValue(a: number | bigint, b: number | bigint): boolean {
  if (typeof a === typeof b) return Object.is(a, b);
  // A bigint and a number are neither above nor below each other only when no digit is lost; NaN is refused earlier.
  return a <= b && a >= b;
}
