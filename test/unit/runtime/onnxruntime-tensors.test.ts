/** Copies of feeds and filled fetches. */

import { describe, expect, it } from 'vitest';

import { copyFeeds, fillFetches } from '../../../lib/runtime/onnxruntime-tensors.js';
import type { WorkerTensor } from '../../../lib/runtime/onnxruntime-messages.js';
import type { TensorValue, ValueInfo } from '../../../lib/runtime/provider.js';

const input = (type: ValueInfo['type']): ValueInfo[] => [{ name: 'x', type, shape: ['n'] }];

describe('copyFeeds', () => {
  it('copies only the part that is viewed, into a buffer of its own', () => {
    const data = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const { feeds, transfer } = copyFeeds(
      { x: { type: 'uint8', dims: [2], data } },
      input('uint8'),
    );
    expect(feeds.get('x')).toEqual({ type: 'uint8', dims: [2], data: new Uint8Array([2, 3]) });
    expect(transfer).toHaveLength(1);
    expect(transfer[0]?.byteLength).toBe(2);
  });

  it('takes a Buffer, clamped bytes and packed 4-bit values', () => {
    for (const data of [Buffer.from([5, 6]), new Uint8ClampedArray([5, 6])]) {
      const x = { type: 'uint8', dims: [2], data } as unknown as TensorValue;
      expect(copyFeeds({ x }, input('uint8')).feeds.get('x')?.data).toEqual(new Uint8Array([5, 6]));
    }
    const packed: TensorValue = { type: 'int4', dims: [3], data: new Uint8Array([0x21, 0x03]) };
    expect(copyFeeds({ x: packed }, input('int4')).feeds.get('x')?.dims).toEqual([3]);
  });

  it('ignores feeds that are no inputs, as onnxruntime-node does', () => {
    const value: TensorValue = { type: 'uint8', dims: [1], data: new Uint8Array(1) };
    const { feeds } = copyFeeds({ x: value, other: value }, input('uint8'));
    expect([...feeds.keys()]).toEqual(['x']);
  });

  it('gives names like __proto__ no meaning', () => {
    const value: TensorValue = { type: 'uint8', dims: [1], data: new Uint8Array([7]) };
    const named = [{ name: '__proto__', type: 'uint8', shape: [1] }] as const;
    const { feeds } = copyFeeds(Object.fromEntries([['__proto__', value]]), named);
    expect(feeds.get('__proto__')?.data).toEqual(new Uint8Array([7]));
    const filled = fillFetches(
      new Map([['__proto__', feeds.get('__proto__') as WorkerTensor]]),
      new Map(),
    );
    expect(Object.keys(filled)).toEqual(['__proto__']);
  });
});

describe('fillFetches', () => {
  const result: WorkerTensor = { type: 'float16', dims: [2], data: new Uint16Array([1, 2]) };

  it('writes into a view in the middle of a buffer', () => {
    const whole = new Uint16Array(4);
    const target: TensorValue = { type: 'float16', dims: [2], data: whole.subarray(1, 3) };
    const filled = fillFetches(new Map([['y', result]]), new Map([['y', target]]));
    expect(filled['y']).toBe(target);
    expect([...whole]).toEqual([0, 1, 2, 0]);
  });

  it('passes results on as they are where no tensor was given', () => {
    expect(fillFetches(new Map([['y', result]]), new Map([['y', null]]))).toEqual({ y: result });
  });
});
