/** ONNX Runtime's words become codes. */

import { describe, expect, it } from 'vitest';

import type { WorkerFailure } from '../../../lib/runtime/onnxruntime-messages.js';
import { errorFromFailure } from '../../../lib/runtime/onnxruntime-errors.js';

const engine = { version: '1.30.0', path: '/packages/onnxruntime-node', isReloadable: true };

function failure(stage: WorkerFailure['stage'], message: string, name = 'Error'): WorkerFailure {
  return { stage, name, message, stack: `${name}: ${message}\n    at worker` };
}

/** Messages as onnxruntime-node 1.20 and 1.30 give them, shortened at the end. */
const creating: [string, string][] = [
  ['Load model from a.onnx failed:Protobuf parsing failed.', 'MODEL_INVALID'],
  ['Failed to load model because protobuf parsing failed.', 'MODEL_INVALID'],
  ['Load model from a.onnx failed:model.cc:187 ModelProto does not have a graph.', 'MODEL_INVALID'],
  ['No graph was found in the protobuf.', 'MODEL_INVALID'],
  ['Model data pointer is null.', 'MODEL_INVALID'],
  [
    'Load model from a.onnx failed:Type Error: Type parameter (T) of Optype (Add) bound',
    'MODEL_INVALID',
  ],
  [
    'Load model from a.onnx failed:Fatal error: bar:Foo(-1) is not a registered function/op',
    'MODEL_UNSUPPORTED',
  ],
  [
    'failed:This is an invalid model. In Node, ("foo", Foo, "", -1), Error No Op registered for Foo',
    'MODEL_UNSUPPORTED',
  ],
  ["Could not find an implementation for Identity(21) node with name 'id'", 'MODEL_UNSUPPORTED'],
  [
    'failed:ValidateOpsetForDomain ONNX Runtime only *guarantees* support for models stamped',
    'MODEL_UNSUPPORTED',
  ],
  ['Unsupported data type: 16', 'MODEL_UNSUPPORTED'],
  [
    "Load model from a.onnx failed:Load model a.onnx failed. File doesn't exist",
    'INVALID_ARGUMENT',
  ],
  ['open file "/none/x.onnx" failed: No such file or directory', 'INVALID_ARGUMENT'],
  ['Invalid argument: sessionOptions.extra must be an object.', 'INVALID_ARGUMENT'],
  ['no available backend found. ERR: [nosuch] backend not found.', 'RUNTIME_NOT_FOUND'],
  [
    'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    'RUNTIME_NOT_FOUND',
  ],
  [
    'ProviderLibrary::Get() Failed to load library libonnxruntime_providers_cuda.so',
    'RUNTIME_NOT_FOUND',
  ],
  ['Failed to get a WebGPU adapter: No supported adapters', 'DEVICE_UNAVAILABLE'],
  ['CUDA failure 100: no CUDA-capable device is detected', 'DEVICE_UNAVAILABLE'],
  ['std::bad_alloc', 'OUT_OF_MEMORY'],
  ['something that was never seen', 'BUILD_FAILED'],
];

const running: [string, string][] = [
  ['Got invalid dimensions for input: a for the following indices', 'INVALID_ARGUMENT'],
  ['Invalid rank for input: a Got: 3 Expected: 2', 'INVALID_ARGUMENT'],
  [
    'Unexpected input data type. Actual: (tensor(double)) , expected: (tensor(float))',
    'INVALID_ARGUMENT',
  ],
  ["input 'a' is missing in 'feeds'.", 'INVALID_ARGUMENT'],
  ["Non-zero status code returned while running Sub node. Name:'sub'", 'INFERENCE_FAILED'],
  ['Failed to allocate memory for requested buffer of size 1', 'OUT_OF_MEMORY'],
];

describe('errorFromFailure', () => {
  it.each(creating)('creating: %s', (message, code) => {
    const error = errorFromFailure(failure('create', message), engine, 'cpu');
    expect(error.code).toBe(`ERR_ENGINERY_${code}`);
  });

  it.each(running)('running: %s', (message, code) => {
    const error = errorFromFailure(failure('run', message), engine, 'cpu');
    expect(error.code).toBe(`ERR_ENGINERY_${code}`);
  });

  it('keeps the words whole, in the message and as the cause with the worker’s stack', () => {
    const error = errorFromFailure(failure('run', 'first line\n second line'), engine, 'cuda');
    expect(error.message).toContain('first line\n second line');
    expect(error.message).toContain('1.30.0 (cuda)');
    expect(error.cause).toMatchObject({ message: 'first line\n second line' });
    expect((error.cause as Error).stack).toContain('at worker');
  });

  it('keeps the kind of the binding’s own argument checks', () => {
    const range = errorFromFailure(
      failure('create', "'x' is invalid: -1", 'RangeError'),
      engine,
      'cpu',
    );
    expect(range).toBeInstanceOf(RangeError);
    const type = errorFromFailure(
      failure('run', 'dims[0] is not a number', 'TypeError'),
      engine,
      'cpu',
    );
    expect(type).toBeInstanceOf(TypeError);
  });

  it('tells a package that does not load from one that cannot load twice', () => {
    const load = errorFromFailure(failure('load', 'wrong ELF class'), engine, 'cpu');
    expect(load.code).toBe('ERR_ENGINERY_RUNTIME_NOT_FOUND');
    const again = errorFromFailure(
      failure('load', "Module did not self-register: 'x'"),
      engine,
      'cpu',
    );
    expect(again.code).toBe('ERR_ENGINERY_RUNTIME_VERSION');
  });
});
