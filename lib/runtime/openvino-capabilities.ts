/** Why OpenVINO cannot serve a model, by rule, before it is asked; and its error texts as our codes. */

import { EngineryError, errorCodeSuffix, isCodedError, isDtype } from '../common/index.js';
import type { ModelOutline, OnnxValueInfo } from '../onnx/index.js';
import { findWrongResult } from './openvino-wrong-results.js';
import type { ModelSource } from './provider.js';

function unsupported(message: string): EngineryError {
  return new EngineryError('MODEL_UNSUPPORTED', message);
}

const ELSEWHERE = "use provider 'cpu' (ONNX Runtime) for this model";

/** Refuses the element types that OpenVINO takes and then computes wrongly. */
export function checkElementType(type: string, role: string, name: string): void {
  // Results are right, then the process dies when the request is freed (openvino.md, trap 10).
  if (type === 'string') {
    throw unsupported(
      `expected no string tensors for OpenVINO, got one for ${role} '${name}'; ${ELSEWHERE}`,
    );
  }
  // Its plugins compute float64 as float32: a Reshape of 1e300 gives 3.4e38, of 0.1 gives 0.10000000149 (2026.4.1).
  if (type === 'float64') {
    throw unsupported(
      `expected no float64 tensors for OpenVINO, which computes them as float32, got one for ${role} '${name}'; ` +
        ELSEWHERE,
    );
  }
}

function checkValue(value: OnnxValueInfo, role: string): void {
  if (value.kind !== 'tensor') {
    throw unsupported(
      `expected tensors for OpenVINO, got a ${value.kind} for ${role} '${value.name}'; ${ELSEWHERE}`,
    );
  }
  checkElementType(value.elementType, role, value.name);
  if (!isDtype(value.elementType)) {
    throw unsupported(
      `expected an element type of onnxruntime-common for ${role} '${value.name}', got ${value.elementType}; ` +
        'cast it inside the model',
    );
  }
}

function checkOperations({ operations }: ModelOutline): void {
  const found = findWrongResult(operations);
  if (found === undefined) return;
  const { type, opset, outputs } = found.operation;
  const made = outputs.find((name) => name !== '') ?? '';
  throw unsupported(
    `expected operators that OpenVINO computes as ONNX says, got ${type} of operator set ${String(opset)} for ` +
      `'${made}': OpenVINO ${found.rule.does}; ${ELSEWHERE}`,
  );
}

/** Throws MODEL_UNSUPPORTED with the rule that speaks against OpenVINO. */
export function checkOpenVinoServes(source: ModelSource): void {
  if (source.format === 'ort') {
    throw unsupported(
      `expected ONNX, OpenVINO IR or TFLite for OpenVINO, got a model in ORT format; ${ELSEWHERE}`,
    );
  }
  const { outline } = source;
  if (outline !== undefined) {
    for (const input of outline.inputs) checkValue(input, 'input');
    for (const output of outline.outputs) checkValue(output, 'output');
    checkOperations(outline);
    const isIncomplete =
      source.path === undefined &&
      outline.externalData.length > 0 &&
      source.externalData === undefined;
    if (isIncomplete) {
      throw unsupported(
        'expected the external data of a model given as bytes (session option externalData), got none; ' +
          'or give the model as a path',
      );
    }
  }
}

/** A failed compilation in our codes, with a hint where OpenVINO's words hide what is missing (trap 18). */
export function compileError(error: unknown, source: ModelSource, device: string): unknown {
  if (!isCodedError(error) || errorCodeSuffix(error.code) !== 'MODEL_UNSUPPORTED') return error;
  const { message } = error;
  if (
    /not registered|Cannot load library|VCL compiler loading failed|Failed to create plugin|No device|No available device|as device id|no supported devices/i.test(
      message,
    )
  ) {
    return new EngineryError(
      'DEVICE_UNAVAILABLE',
      `expected OpenVINO's device ${device}, but: ${message}. ` +
        'See the devices there are: npx enginery doctor; a GPU or NPU needs its driver (OpenCL or Level Zero)',
      { cause: error },
    );
  }
  if (/std::bad_alloc|Cannot allocate memory/.test(message)) {
    return new EngineryError(
      'OUT_OF_MEMORY',
      `expected enough memory to compile the model, but: ${message}. Use smaller shapes, or fewer sessions at once`,
      { cause: error },
    );
  }
  if (/Unsupported property|Could not read .* from str|Wrong value.*for property/i.test(message)) {
    return new EngineryError(
      'INVALID_ARGUMENT',
      `expected properties that OpenVINO's ${device} has in openvino.properties, but: ${message}`,
      { cause: error },
    );
  }
  const isReading = message.startsWith('OpenVINO could not read');
  if (isReading && /Unable to read the model/i.test(message)) {
    return new EngineryError(
      'MODEL_INVALID',
      `expected a model that OpenVINO's frontends read, but: ${message} If the file is sound, the frontend library of ` +
        'its format is missing: npx enginery setup openvino',
      { cause: error },
    );
  }
  // IR and TFLite files are not read by us first: what cannot be read is taken as broken.
  if (isReading && source.format !== 'onnx') {
    return new EngineryError(
      'MODEL_INVALID',
      `expected a sound ${source.format} model, but: ${message}. Check that the file, and an IR's .bin beside it, are whole`,
      { cause: error },
    );
  }
  return new EngineryError(
    'MODEL_UNSUPPORTED',
    `${message}. If this is a sound model, ${ELSEWHERE}`,
    {
      cause: error,
    },
  );
}
