/** Tests of tensor values: the same bytes whichever field holds them, for every element type. */

import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { TensorProtoSchema, type TensorProto } from '../../../lib/onnx/gen/onnx_pb.js';
import {
  arrayFromBytes,
  buildExternalTensor,
  buildTensor,
  dataTypeCode,
  float32FromBytes,
  integersOf,
  tensorByteLength,
  tensorBytes,
} from '../../../lib/onnx/index.js';

type TypedFields = Partial<
  Pick<TensorProto, 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data'>
>;

function typed(elementType: string, dims: readonly number[], fields: TypedFields): TensorProto {
  return create(TensorProtoSchema, {
    name: 't',
    dataType: dataTypeCode(elementType) ?? 0,
    dims: dims.map(BigInt),
    ...fields,
  });
}

function bytesOver(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

describe('tensorBytes', () => {
  it.each<[string, number, TypedFields, ArrayBufferView]>([
    ['float32', 2, { floatData: [0.5, -2] }, Float32Array.of(0.5, -2)],
    ['complex64', 1, { floatData: [0.5, -2] }, Float32Array.of(0.5, -2)],
    ['float64', 2, { doubleData: [0.1, -2] }, Float64Array.of(0.1, -2)],
    ['complex128', 1, { doubleData: [0.1, -2] }, Float64Array.of(0.1, -2)],
    ['int8', 2, { int32Data: [-1, 127] }, Int8Array.of(-1, 127)],
    ['uint8', 2, { int32Data: [255, 1] }, Uint8Array.of(255, 1)],
    ['bool', 2, { int32Data: [1, 0] }, Uint8Array.of(1, 0)],
    ['int16', 2, { int32Data: [-2, 300] }, Int16Array.of(-2, 300)],
    ['uint16', 2, { int32Data: [65535, 1] }, Uint16Array.of(65535, 1)],
    ['int32', 2, { int32Data: [-3, 70000] }, Int32Array.of(-3, 70000)],
    ['int64', 2, { int64Data: [-3n, 2n ** 40n] }, BigInt64Array.of(-3n, 2n ** 40n)],
    ['uint32', 2, { uint64Data: [4294967295n, 1n] }, Uint32Array.of(4294967295, 1)],
    ['uint64', 2, { uint64Data: [2n ** 63n, 1n] }, BigUint64Array.of(2n ** 63n, 1n)],
    ['float16', 2, { int32Data: [0x3c00, 0xc000] }, Uint16Array.of(0x3c00, 0xc000)],
    ['bfloat16', 2, { int32Data: [0x3f80, 0xc000] }, Uint16Array.of(0x3f80, 0xc000)],
    ['float8e4m3fn', 2, { int32Data: [0x38, 0xc0] }, Uint8Array.of(0x38, 0xc0)],
    ['float8e5m2', 2, { int32Data: [0x3c, 0xc0] }, Uint8Array.of(0x3c, 0xc0)],
    ['uint4', 3, { int32Data: [0x21, 0x03] }, Uint8Array.of(0x21, 0x03)],
    ['int4', 3, { int32Data: [0xf1, 0x03] }, Uint8Array.of(0xf1, 0x03)],
    ['uint2', 5, { int32Data: [0xe4, 0x01] }, Uint8Array.of(0xe4, 0x01)],
    // One entry per value: 1, 2, 3, 0x20, 0x3f, from the low bits on.
    ['float6e2m3', 5, { int32Data: [1, 2, 3, 0x20, 0x3f] }, Uint8Array.of(0x81, 0x30, 0x80, 0x3f)],
  ])('gives the bytes of %s from its typed field', (type, elements, fields, expected) => {
    const bytes = tensorBytes(typed(type, [elements], fields));
    expect(Buffer.from(bytes)).toEqual(Buffer.from(bytesOver(expected)));
  });

  it('views raw data instead of copying it', () => {
    const data = Float32Array.of(1, 2);
    expect(tensorBytes(buildTensor('t', 'float32', [2], data)).buffer).toBe(data.buffer);
  });

  it('gives no bytes for an empty tensor', () => {
    expect(tensorBytes(typed('float32', [0, 3], {}))).toHaveLength(0);
  });

  it('refuses a tensor that lacks values', () => {
    expect(() => tensorBytes(typed('float32', [3], { floatData: [1, 2] }))).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_MODEL_INVALID' }) as Error,
    );
  });

  it.each([
    ['strings', typed('string', [1], {})],
    [
      'external data',
      buildExternalTensor('t', 'float32', [1], { location: 'w', offset: 0, length: 4 }),
    ],
  ])('refuses %s, which are not in memory as bytes', (found, tensor) => {
    expect(() => tensorBytes(tensor)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: expect.stringContaining(found) as string,
      }) as Error,
    );
  });
});

describe('tensorByteLength', () => {
  it('is exact beyond 2^53', () => {
    const tensor = typed('float64', [3_000_000_001, 3_000_000_001], {});
    expect(tensorByteLength(tensor)).toBe(3_000_000_001n ** 2n * 8n);
  });
});

describe('arrayFromBytes', () => {
  it('copies bytes that are not aligned', () => {
    const bytes = new Uint8Array(9);
    bytes.set(bytesOver(Float32Array.of(0.5, 3)), 1);
    expect(arrayFromBytes('float32', bytes.subarray(1))).toEqual(Float32Array.of(0.5, 3));
  });

  it('views bytes that are aligned', () => {
    const values = BigInt64Array.of(1n, -2n);
    expect(arrayFromBytes('int64', bytesOver(values)).buffer).toBe(values.buffer);
  });
});

describe('float32FromBytes', () => {
  it.each<[string, ArrayBufferView]>([
    ['float32', Float32Array.of(1.5, -2)],
    ['float64', Float64Array.of(1.5, -2)],
    ['float16', Uint16Array.of(0x3e00, 0xc000)],
    ['bfloat16', Uint16Array.of(0x3fc0, 0xc000)],
  ])('converts %s', (type, values) => {
    expect(float32FromBytes(type, bytesOver(values))).toEqual(Float32Array.of(1.5, -2));
  });

  it('knows no float32 for integers', () => {
    expect(float32FromBytes('int8', Uint8Array.of(1))).toBeUndefined();
  });
});

describe('integersOf', () => {
  it('reads both widths of integers', () => {
    expect(integersOf(typed('int64', [2], { int64Data: [-1n, 3n] }))).toEqual([-1, 3]);
    expect(integersOf(typed('int32', [2], { int32Data: [-1, 3] }))).toEqual([-1, 3]);
  });

  it('refuses what a number cannot hold', () => {
    expect(() => integersOf(typed('int64', [1], { int64Data: [2n ** 60n] }))).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_MODEL_INVALID' }) as Error,
    );
  });
});
