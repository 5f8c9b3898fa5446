/** Tests of encoding in pieces: the same model as in one buffer, without a copy of its weights. */

import { equals } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { encodePieces } from '../../../lib/onnx/encode-pieces.js';
import { ModelProtoSchema } from '../../../lib/onnx/gen/onnx_pb.js';
import { buildTensor, createModel, decodeModel } from '../../../lib/onnx/index.js';
import { reluModel } from '../../fixtures/onnx-models.js';

describe('encodePieces', () => {
  it('gives the bytes of the same model', () => {
    const model = reluModel({
      initializers: [10, 40_000, 0].map((length, i) =>
        buildTensor(`w${i}`, 'float32', [length], new Float32Array(length).fill(i)),
      ),
    });
    const decoded = decodeModel(Buffer.concat(encodePieces(model)));
    expect(equals(ModelProtoSchema, decoded, model)).toBe(true);
  });

  it('views large weights', () => {
    const data = new Float32Array(40_000);
    const initializers = [buildTensor('w', 'float32', [40_000], data)];
    const pieces = encodePieces(reluModel({ initializers }));
    expect(pieces.some(({ buffer }) => buffer === data.buffer)).toBe(true);
  });

  it('takes a model without a graph', () => {
    expect(Buffer.concat(encodePieces(createModel()))).toHaveLength(0);
  });

  it('refuses what protobuf cannot hold', () => {
    // One buffer many times: 2 GiB that take no memory.
    const data = new Uint8Array(2 ** 26);
    const initializers = Array.from({ length: 32 }, (_, i) =>
      buildTensor(`w${i}`, 'uint8', [data.length], data),
    );
    expect(() => encodePieces(reluModel({ initializers }))).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_MODEL_UNSUPPORTED',
        message: expect.stringContaining('external data') as string,
      }) as Error,
    );
  });
});
