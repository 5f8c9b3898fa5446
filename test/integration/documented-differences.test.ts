/** The differences to onnxruntime-node that docs/differences.md states and no comparison of single calls shows. */

import * as onnxruntime from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { InferenceSession, Tensor } from '../../dist/index.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { builtOnnx } from '../fixtures/onnxruntime.js';
import { wrongModel } from '../fixtures/wrong-results.js';

needsOpenvino();

const MODEL = 'models/digits/digits_cnn.onnx';

describe('docs/differences.md is right that', () => {
  it('a provider that cannot be loaded is fallen through', async () => {
    const session = await InferenceSession.create(MODEL, { executionProviders: ['cuda', 'cpu'] });
    expect([session.provider, session.fallbacks[0]?.provider]).toEqual(['cpu', 'cuda']);
    await session.release();
  });

  it('a model that openvino refuses is an error through onnxruntime-common', async () => {
    // onnxruntime-node's session is that package's, with 'cpu' as the next of the list.
    const options = { executionProviders: ['openvino', 'cpu'] };
    await expect(
      onnxruntime.InferenceSession.create('models/small/only-onnxruntime.onnx', options),
    ).rejects.toThrow(/Scaler/);
    const session = await InferenceSession.create('models/small/only-onnxruntime.onnx', options);
    expect(session.provider).toBe('cpu');
    await session.release();
  });

  it('OpenVINO multiplies int64 in 32 bits, and ONNX Runtime does not', async () => {
    const dims = [1];
    const { bytes } = wrongModel(await builtOnnx(), {
      opset: 17,
      type: 'Mul',
      inputs: [
        { type: 'int64', dims, data: BigInt64Array.of(100000n) },
        { constant: { type: 'int64', dims, data: BigInt64Array.of(100000n) } },
      ],
      outputs: ['int64'],
    });
    const products: unknown[] = [];
    for (const provider of ['openvino', 'cpu']) {
      const session = await InferenceSession.create(bytes, { executionProviders: [provider] });
      const x0 = new Tensor('int64', BigInt64Array.of(100000n), dims);
      products.push((await session.run({ x0 }))['y0']?.data[0]);
      await session.release();
    }
    expect(products).toEqual([1410065408n, 10000000000n]);
  });

  it('OpenVINO loses NaN in Relu', async () => {
    const dims = [1];
    const { bytes } = wrongModel(await builtOnnx(), {
      opset: 17,
      type: 'Relu',
      inputs: [{ type: 'float32', dims, data: Float32Array.of(NaN) }],
      outputs: ['float32'],
    });
    const session = await InferenceSession.create(bytes, { executionProviders: ['openvino'] });
    const { y0 } = await session.run({ x0: new Tensor('float32', [NaN], dims) });
    expect(y0?.data[0]).not.toBeNaN();
    await session.release();
  });
});
