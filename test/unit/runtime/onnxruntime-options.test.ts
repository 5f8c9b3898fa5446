/** Session options on their way to the workers. */

import { describe, expect, it } from 'vitest';

import { requireCloneable, sessionOptionsFor } from '../../../lib/runtime/onnxruntime-options.js';

const executionProvider = { name: 'cuda', deviceId: 1 };
const model = { format: 'onnx', path: '/model.onnx' } as const;

describe('sessionOptionsFor', () => {
  it('replaces the list of execution providers and keeps the rest', () => {
    const session = { executionProviders: ['tensorrt', 'cuda'], extra: { session: { a: '1' } } };
    expect(sessionOptionsFor({ session, model, executionProvider }, 0)).toEqual({
      executionProviders: [executionProvider],
      extra: { session: { a: '1' } },
    });
  });

  it('asks for no other location of the outputs: they come back by value', () => {
    const session = { preferredOutputLocation: 'gpu-buffer' };
    expect(sessionOptionsFor({ session, model, executionProvider }, 0)).toEqual({
      executionProviders: [executionProvider],
    });
  });

  it('gives the model’s external data by location', () => {
    const data = new Uint8Array(1);
    const source = { ...model, externalData: [{ location: 'w.bin', data }] };
    const options = sessionOptionsFor({ session: {}, model: source, executionProvider }, 0);
    expect(options['externalData']).toEqual([{ path: 'w.bin', data }]);
  });

  it('lets only the first worker write a file', () => {
    const session = {
      optimizedModelFilePath: '/o.onnx',
      enableProfiling: true,
      profileFilePrefix: '/p',
    };
    expect(sessionOptionsFor({ session, model, executionProvider }, 1)).toEqual({
      executionProviders: [executionProvider],
      enableProfiling: true,
      profileFilePrefix: '/p_1',
    });
  });
});

describe('what cannot be sent to a thread', () => {
  it('is left out of the session options, of which onnxruntime-node reads only data', () => {
    const session = { logId: 'x', noSuchOption: () => 1, enableGraphCapture: Symbol('x') };
    expect(sessionOptionsFor({ session, model, executionProvider }, 0)).toEqual({
      executionProviders: [executionProvider],
      logId: 'x',
    });
  });

  it('is named where it is an option of the execution provider', () => {
    requireCloneable({ name: 'cuda', gpu: { memory: 1 } });
    expect(() => {
      requireCloneable({ name: 'webgpu', device: () => 'x' });
    }).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: expect.stringContaining("'device'") as string,
      }),
    );
  });
});
