/** Inputs and outputs of a session: from onnxruntime-node where it tells them, from the model file otherwise. */

import {
  EngineryError,
  formatShape,
  invalidArgument,
  isDtype,
  outOfRange,
} from '../common/index.js';
import type { OnnxValueInfo } from '../onnx/index.js';
import type { SessionFacts, WorkerTensor, WorkerValueInfo } from './onnxruntime-messages.js';
import type { ModelSource, ShapeRange, ValueInfo } from './provider.js';

export interface SessionMetadata {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Outputs that are no tensors, by name: onnxruntime-node cannot return them. */
  readonly omitted: readonly string[];
}

function fromOutline(
  names: readonly string[],
  values: readonly OnnxValueInfo[],
): WorkerValueInfo[] {
  return names.map((name) => {
    const value = values.find((candidate) => candidate.name === name);
    if (value?.kind !== 'tensor') return { name, isTensor: false };
    return { name, isTensor: true, type: value.elementType, shape: value.shape ?? [] };
  });
}

/** A 4-bit tensor that was not widened (onnxruntime-four-bit.ts) is refused before it runs: it would end the process. */
function requireType(value: WorkerValueInfo, what: string): ValueInfo {
  const type = value.type ?? '';
  const isRaw = (type === 'int4' || type === 'uint4') && value.isWidened !== true;
  if (!isDtype(type) || isRaw) {
    throw new EngineryError(
      'MODEL_UNSUPPORTED',
      `onnxruntime-node cannot pass ${type} tensors, and ${what} '${value.name}' is one; ` +
        'add a Cast to int8 or float32 at that end of the model',
    );
  }
  return { name: value.name, type, shape: value.shape ?? [] };
}

/** Throws MODEL_UNSUPPORTED for values that onnxruntime-node cannot pass. */
export function metadataFrom(facts: SessionFacts, model: ModelSource): SessionMetadata {
  const { outline } = model;
  const inputs = facts.inputs ?? (outline && fromOutline(facts.inputNames, outline.inputs));
  const outputs = facts.outputs ?? (outline && fromOutline(facts.outputNames, outline.outputs));
  if (inputs === undefined || outputs === undefined) {
    throw new EngineryError(
      'RUNTIME_VERSION',
      `this onnxruntime-node does not tell the inputs of a model, and an ${model.format} file has no outline; ` +
        'install a newer one: npm install onnxruntime-node@1',
    );
  }
  const opaque = inputs.find((input) => !input.isTensor);
  if (opaque !== undefined) {
    throw new EngineryError(
      'MODEL_UNSUPPORTED',
      `expected tensors for all inputs, and input '${opaque.name}' is a sequence, map or optional`,
    );
  }
  return {
    inputs: inputs.map((input) => requireType(input, 'input')),
    outputs: outputs
      .filter((output) => output.isTensor)
      .map((output) => requireType(output, 'output')),
    omitted: outputs.filter((output) => !output.isTensor).map((output) => output.name),
  };
}

/**
 * The inputs with the caller's fixed sizes in place of symbolic ones. onnxruntime-node ignores freeDimensionOverrides
 * (1.20 to 1.30 run any size), so that the sizes are held by `requireWithin` at every run.
 */
export function withShapes(
  inputs: readonly ValueInfo[],
  shapes: ReadonlyMap<string, ShapeRange>,
): readonly ValueInfo[] {
  for (const name of shapes.keys()) {
    if (inputs.some((input) => input.name === name)) continue;
    const known = inputs.map((input) => `'${input.name}'`).join(', ');
    throw invalidArgument(
      `expected the name of an input in shapes, got '${name}'; inputs: ${known}`,
    );
  }
  return inputs.map((input) => {
    const range = shapes.get(input.name);
    if (range === undefined) return input;
    if (range.length !== input.shape.length) {
      throw invalidArgument(
        `expected ${input.shape.length} sizes for shapes.${input.name}, got ${range.length}; ` +
          `the model has ${formatShape(input.shape)}`,
      );
    }
    const shape = range.map(([min, max], axis) => {
      const dim = input.shape[axis] ?? '';
      if (typeof dim === 'number' && (dim < min || dim > max)) {
        throw invalidArgument(
          `expected ${dim} for shapes.${input.name}[${axis}], got ${min === max ? min : `${min} to ${max}`}; ` +
            `the model has ${formatShape(input.shape)}`,
        );
      }
      return min === max ? min : dim;
    });
    return { ...input, shape };
  });
}

/** Throws OUT_OF_RANGE for a feed outside the sizes that the caller allowed. */
export function requireWithin(
  feeds: ReadonlyMap<string, WorkerTensor>,
  shapes: ReadonlyMap<string, ShapeRange>,
): void {
  for (const [name, range] of shapes) {
    const dims = feeds.get(name)?.dims ?? [];
    const isWithin =
      dims.length === range.length &&
      range.every(([min, max], axis) => {
        const dim = dims[axis] ?? -1;
        return dim >= min && dim <= max;
      });
    if (isWithin) continue;
    const allowed = range
      .map(([min, max]) => (min === max ? `${min}` : `${min}..${max}`))
      .join(', ');
    throw outOfRange(
      `expected dims within [${allowed}] for input '${name}', got [${dims.join(', ')}]`,
    );
  }
}
