/** The rules that speak against OpenVINO before it is asked, and what its words become. */

import { describe, expect, it } from 'vitest';

import { EngineryError, type ErrorCodeSuffix } from '../../../lib/common/index.js';
import type { ModelOutline, OnnxValueInfo } from '../../../lib/onnx/index.js';
import { checkOpenVinoServes, compileError } from '../../../lib/runtime/openvino-capabilities.js';
import type { ModelSource } from '../../../lib/runtime/provider.js';
import { code, thrownBy } from '../../fixtures/engines.js';

const vector: OnnxValueInfo = { name: 'x', kind: 'tensor', elementType: 'float32', shape: [2] };

function outline(parts: Partial<ModelOutline> = {}): ModelOutline {
  return {
    irVersion: 8,
    producer: '',
    opsets: new Map([['', 17]]),
    inputs: [vector],
    outputs: [{ ...vector, name: 'y' }],
    nodes: [],
    operations: [],
    initializers: [],
    operators: [],
    externalData: [],
    initializerBytes: 0n,
    ...parts,
  };
}

function check(source: Partial<ModelSource>): void {
  checkOpenVinoServes({ format: 'onnx', path: '/m.onnx', ...source });
}

function refusal(source: Partial<ModelSource>): Error {
  const error = thrownBy(() => {
    check(source);
  });
  expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
  return error;
}

describe('checkOpenVinoServes', () => {
  it.each(['onnx', 'ir', 'tflite'] as const)('lets a model in %s format pass', (format) => {
    check({ format, ...(format === 'onnx' ? { outline: outline() } : {}) });
  });

  it('refuses ORT format', () => {
    expect(refusal({ format: 'ort' }).message).toContain("provider 'cpu'");
  });

  it.each(['string', 'float64', 'bfloat16', 'complex64', 'undefined'])(
    'refuses an input and an output of type %s by its name',
    (elementType) => {
      const odd: OnnxValueInfo = { ...vector, name: 'odd', elementType };
      for (const one of [outline({ inputs: [vector, odd] }), outline({ outputs: [odd] })]) {
        const { message } = refusal({ outline: one });
        expect(message).toContain("'odd'");
        expect(message).toContain(elementType);
      }
    },
  );

  it.each(['sequence', 'map', 'optional', 'sparse-tensor'] as const)(
    'refuses a %s by its name',
    (kind) => {
      const { message } = refusal({ outline: outline({ outputs: [{ ...vector, kind }] }) });
      expect(message).toContain(`a ${kind} for output 'x'`);
    },
  );

  it('refuses bytes without the external data that they name', () => {
    const range = { tensor: 'w', location: 'w.bin', offset: 0n, length: 4n, bytes: 4n };
    const external = outline({ externalData: [range] });
    // Without a path: bytes.
    const bytes: ModelSource = { format: 'onnx', bytes: new Uint8Array(1), outline: external };
    expect(
      thrownBy(() => {
        checkOpenVinoServes(bytes);
      }).message,
    ).toContain('externalData');
    check({ outline: external });
    const externalData = [{ location: 'w.bin', data: new Uint8Array(4) }];
    checkOpenVinoServes({ ...bytes, externalData });
  });
});

describe('compileError', () => {
  const source: ModelSource = { format: 'onnx', path: '/m.onnx' };
  const of = (
    suffix: ErrorCodeSuffix,
    message: string,
    format: ModelSource['format'] = 'onnx',
  ): unknown => compileError(new EngineryError(suffix, message), { ...source, format }, 'GPU');

  it.each([
    ['Device with "GPU" name is not registered in the OpenVINO Runtime', 'DEVICE_UNAVAILABLE'],
    ['Cannot load library "libopenvino_intel_gpu_plugin.so": libOpenCL.so.1', 'DEVICE_UNAVAILABLE'],
    ['No available device to filter AUTO plugin', 'DEVICE_UNAVAILABLE'],
    ["CPU plugin supports only '' as device id", 'DEVICE_UNAVAILABLE'],
    ['OpenVINO could not compile the model: std::bad_alloc', 'OUT_OF_MEMORY'],
    ['OpenVINO could not read the model: Unable to read the model', 'MODEL_INVALID'],
    ['No conversion rule found for operations: Mystery', 'MODEL_UNSUPPORTED'],
  ] as const)('makes of "%s" %s and keeps the original as its cause', (message, suffix) => {
    const error = of('MODEL_UNSUPPORTED', message);
    expect(error).toMatchObject({ code: code(suffix), cause: { message } });
    expect((error as Error).message).toContain(message);
  });

  it('takes a file that we do not read ourselves for broken when it cannot be read', () => {
    for (const format of ['ir', 'tflite'] as const) {
      expect(of('MODEL_UNSUPPORTED', 'OpenVINO could not read the model: x', format)).toMatchObject(
        {
          code: code('MODEL_INVALID'),
        },
      );
    }
  });

  it('leaves errors of other kinds as they are', () => {
    for (const error of [new Error('x'), new EngineryError('CANCELLED', 'not registered')]) {
      expect(compileError(error, source, 'CPU')).toBe(error);
    }
  });
});
