/** Tensors on the caller's side: copies of what goes to a worker, and the caller's own tensors filled from what comes back. */

import { types } from 'node:util';

import {
  ARRAY_NAMES,
  type Dtype,
  arrayLengthOf,
  arrayOver,
  byteLengthOf,
  elementCount,
  invalidArgument,
  type NumericDtype,
} from '../common/index.js';
import type { WorkerTensor } from './onnxruntime-messages.js';
import type { TensorValue, ValueInfo } from './provider.js';

/** Copies ready to be transferred. */
export interface CopiedFeeds {
  readonly feeds: ReadonlyMap<string, WorkerTensor>;
  readonly transfer: readonly ArrayBuffer[];
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** The typed array of a numeric tensor, seen as bytes; refused when it is of another kind, too short, or detached. */
function bytesOf(data: unknown, type: NumericDtype, elements: number, name: string): Uint8Array {
  const allowed = ARRAY_NAMES[type];
  const kind = describe(data);
  if (!types.isTypedArray(data) || !allowed.includes(kind)) {
    throw invalidArgument(
      `expected ${allowed.join(' or ')} for the data of ${name} (${type}), got ${kind}`,
    );
  }
  const entries = arrayLengthOf(type, elements);
  if (data.length !== entries) {
    const why = data.length === 0 ? ' (its buffer is empty, detached or resized)' : '';
    throw invalidArgument(
      `expected ${entries} entries for the data of ${name}, got ${data.length} (${kind})${why}`,
    );
  }
  try {
    return new Uint8Array(data.buffer, data.byteOffset, byteLengthOf(type, elements));
  } catch (error) {
    // An empty view over a detached buffer has the right length, and no buffer.
    throw invalidArgument(
      `expected an attached buffer for the data of ${name}, got a detached one`,
      {
        cause: error,
      },
    );
  }
}

function copyStrings(data: unknown, elements: number, name: string): readonly string[] {
  if (!Array.isArray(data)) {
    throw invalidArgument(
      `expected an array of strings for the data of ${name}, got ${describe(data)}`,
    );
  }
  const strings: string[] = [];
  for (const [index, text] of (data as unknown[]).entries()) {
    if (typeof text !== 'string') {
      throw invalidArgument(
        `expected a string for data[${index}] of ${name}, got ${describe(text)}`,
      );
    }
    strings.push(text);
  }
  if (strings.length !== elements) {
    throw invalidArgument(
      `expected ${elements} strings for the data of ${name}, got ${strings.length}`,
    );
  }
  return strings;
}

function copyFeed(feed: TensorValue | null | undefined, input: ValueInfo): WorkerTensor {
  const name = `input '${input.name}'`;
  if (feed === null || typeof feed !== 'object') {
    throw invalidArgument(`expected a tensor for ${name}, got ${describe(feed)}`);
  }
  const { type, data } = feed;
  if (type !== input.type) {
    throw invalidArgument(`expected type ${input.type} for ${name}, got ${type}`);
  }
  const given: unknown = feed.dims;
  if (!Array.isArray(given)) {
    throw invalidArgument(`expected an array for the dims of ${name}, got ${describe(given)}`);
  }
  const dims = given.slice() as number[]; // elementCount checks each
  const elements = elementCount(dims, name);
  if (type === 'string') return { type, dims, data: copyStrings(data, elements, name) };
  const source = bytesOf(data, type, elements, name);
  // A shared buffer has no transferable slice, and slice() of a plain one is the copy that does not zero first.
  const buffer = types.isSharedArrayBuffer(source.buffer)
    ? new ArrayBuffer(source.byteLength)
    : source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength);
  if (types.isSharedArrayBuffer(source.buffer)) new Uint8Array(buffer).set(source);
  return { type, dims, data: arrayOver(type, buffer) };
}

/** Copies the values of all `inputs` as they are at this moment. Throws INVALID_ARGUMENT or OUT_OF_RANGE. */
export function copyFeeds(
  feeds: Readonly<Record<string, TensorValue>>,
  inputs: readonly ValueInfo[],
): CopiedFeeds {
  const copies = new Map<string, WorkerTensor>();
  const transfer: ArrayBuffer[] = [];
  for (const input of inputs) {
    const copy = copyFeed(feeds[input.name], input);
    copies.set(input.name, copy);
    // arrayOver() was given an ArrayBuffer of ours.
    if (ArrayBuffer.isView(copy.data)) transfer.push(copy.data.buffer as ArrayBuffer);
  }
  return { feeds: copies, transfer };
}

function isSameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((dim, index) => dim === right[index]);
}

function requireFit(name: string, target: TensorValue, type: Dtype, dims: readonly number[]): void {
  if (target.type !== type) {
    throw invalidArgument(
      `expected type ${type} for the tensor given for ${name}, got ${target.type}`,
    );
  }
  if (!isSameShape(target.dims, dims)) {
    throw invalidArgument(
      `expected dims [${dims.join(', ')}] for the tensor given for ${name}, got [${target.dims.join(', ')}]`,
    );
  }
}

/** A write of one result into the caller's tensor, checked and ready; nothing is written before all are. */
function prepareFill(name: string, target: TensorValue, result: WorkerTensor): () => void {
  requireFit(name, target, result.type, result.dims);
  const { data } = result;
  if (result.type === 'string' || !ArrayBuffer.isView(data)) {
    if (!Array.isArray(target.data)) {
      throw invalidArgument(
        `expected an array for the data of ${name}, got ${describe(target.data)}`,
      );
    }
    // The caller gave this array to be filled; it is read-only to us everywhere else.
    const strings = target.data as string[];
    return () => {
      for (const [index, text] of data.entries()) strings[index] = String(text);
    };
  }
  const elements = elementCount(result.dims, name);
  const destination = bytesOf(target.data, result.type, elements, name);
  const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return () => {
    destination.set(source);
  };
}

/** The results by name, written into the caller's tensors where `fetches` holds one. */
export function fillFetches(
  results: ReadonlyMap<string, WorkerTensor>,
  fetches: ReadonlyMap<string, TensorValue | null>,
): Record<string, TensorValue> {
  const fills: (() => void)[] = [];
  const entries = [...results].map(([name, result]): [string, TensorValue] => {
    const target = fetches.get(name) ?? null;
    if (target === null) return [name, result];
    fills.push(prepareFill(`output '${name}'`, target, result));
    return [name, target];
  });
  for (const fill of fills) fill();
  return Object.fromEntries(entries);
}
