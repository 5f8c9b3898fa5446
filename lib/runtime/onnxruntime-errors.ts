/** Turns what ONNX Runtime says into our codes. Its binding throws plain errors: their text is all there is. */

import {
  type CodedError,
  EngineryError,
  type ErrorCodeSuffix,
  invalidArgument,
  outOfRange,
} from '../common/index.js';
import type { WorkerFailure } from './onnxruntime-messages.js';
import type { OnnxruntimePackage } from './onnxruntime-package.js';

type Rules = readonly (readonly [pattern: RegExp, code: ErrorCodeSuffix])[];

const OUT_OF_MEMORY: Rules[number] = [
  /bad_alloc|failed to allocate memory|out of memory|array buffer allocation failed/i,
  'OUT_OF_MEMORY',
];

/** First match wins: an unknown operator is reported inside the words "This is an invalid model". */
const CREATE_RULES: Rules = [
  OUT_OF_MEMORY,
  [/backend not found|executionProviders\[\d+\] is unsupported/, 'RUNTIME_NOT_FOUND'],
  [/failed to load (shared )?library/i, 'RUNTIME_NOT_FOUND'],
  [/file doesn't exist/i, 'INVALID_ARGUMENT'],
  [/WebGPU adapter|CUDA failure|no CUDA-capable device|CUDA driver/i, 'DEVICE_UNAVAILABLE'],
  [
    /No Op registered|is not a registered function|could not find an implementation/i,
    'MODEL_UNSUPPORTED',
  ],
  [/opset|ir[_ ]version|unsupported data type|not implemented|not supported/i, 'MODEL_UNSUPPORTED'],
  [/Invalid argument: sessionOptions|sessionOptions\./, 'INVALID_ARGUMENT'],
  [
    /protobuf parsing failed|does not have a graph|no graph was found|data pointer is null/i,
    'MODEL_INVALID',
  ],
  [/invalid model|type error|inference error|invalid graph|verification failed/i, 'MODEL_INVALID'],
  [
    /load model from .* failed|failed to load model|external data|deserialize|ort format/i,
    'MODEL_INVALID',
  ],
  [/no such file|cannot open|permission denied/i, 'INVALID_ARGUMENT'],
];

const RUN_RULES: Rules = [
  OUT_OF_MEMORY,
  [
    /got invalid dimensions for|invalid rank for|invalid feed|invalid input name/i,
    'INVALID_ARGUMENT',
  ],
  [/unexpected (input|output) data type|is missing in 'feeds'|missing input/i, 'INVALID_ARGUMENT'],
  [/^(Tensor\b|Unsupported tensor type|A \w+ tensor's data)/, 'INVALID_ARGUMENT'],
];

/** The error as ONNX Runtime threw it, with its stack in the worker. */
function causeFrom(failure: WorkerFailure): Error {
  const cause = new Error(failure.message);
  cause.name = failure.name;
  if (failure.stack !== undefined) cause.stack = failure.stack;
  return cause;
}

function codedError(suffix: ErrorCodeSuffix, message: string, cause: Error): CodedError {
  if (suffix === 'OUT_OF_RANGE') return outOfRange(message, { cause });
  if (suffix === 'INVALID_ARGUMENT') return invalidArgument(message, { cause });
  return new EngineryError(suffix, message, { cause });
}

function loadError(failure: WorkerFailure, engine: OnnxruntimePackage): CodedError {
  const found = `onnxruntime-node ${engine.version} in ${engine.path}`;
  const cause = causeFrom(failure);
  if (failure.message.includes('did not self-register')) {
    return new EngineryError(
      'RUNTIME_VERSION',
      `${found} was loaded and left before in this process, and this version cannot be loaded twice: ` +
        `${failure.message} Install 1.25 or newer: npm install onnxruntime-node@1`,
      { cause },
    );
  }
  return new EngineryError(
    'RUNTIME_NOT_FOUND',
    `${found} cannot be loaded: ${failure.message} ` +
      'Install it again for this platform and Node version: npm install onnxruntime-node',
    { cause },
  );
}

/** The typed error for a call that a worker refused. ONNX Runtime's words are whole in the message and the cause. */
export function errorFromFailure(
  failure: WorkerFailure,
  engine: OnnxruntimePackage,
  provider: string,
): CodedError {
  if (failure.stage === 'load') return loadError(failure, engine);
  const isCreate = failure.stage === 'create';
  const rules = isCreate ? CREATE_RULES : RUN_RULES;
  const suffix =
    rules.find(([pattern]) => pattern.test(failure.message))?.[1] ??
    // The binding's own argument checks are TypeError and RangeError.
    (failure.name === 'RangeError' ? 'OUT_OF_RANGE' : undefined) ??
    (failure.name === 'TypeError' ? 'INVALID_ARGUMENT' : undefined) ??
    (isCreate ? 'BUILD_FAILED' : 'INFERENCE_FAILED');
  const doing = isCreate ? 'create the session' : failure.stage;
  return codedError(
    suffix,
    `ONNX Runtime ${engine.version} (${provider}) could not ${doing}: ${failure.message}`,
    causeFrom(failure),
  );
}
