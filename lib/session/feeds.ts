/** Feeds and fetches against the metadata, before any runtime sees them, in onnxruntime-node's order and its words. */

import { EngineryError, didYouMean, type SymbolicDim } from '../common/index.js';
import type { TensorValue, ValueInfo } from '../runtime/index.js';
import { readTensor } from './tensor-argument.js';

/** ONNX Runtime's word for a tensor's type. */
function ortType(type: string): string {
  if (type === 'float32') return 'tensor(float)';
  if (type === 'float64') return 'tensor(double)';
  return `tensor(${type})`;
}

function requireType(tensor: TensorValue, info: ValueInfo, role: 'input' | 'output'): void {
  if (tensor.type === info.type) return;
  throw new EngineryError(
    'INVALID_ARGUMENT',
    `Unexpected ${role} data type. Actual: (${ortType(tensor.type)}) , expected: (${ortType(info.type)}) for '${info.name}'`,
  );
}

function requireShape(tensor: TensorValue, info: ValueInfo, role: 'input' | 'output'): void {
  const shape: readonly SymbolicDim[] = info.shape;
  const { dims } = tensor;
  if (dims.length !== shape.length) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `Invalid rank for ${role}: ${info.name} Got: ${dims.length} Expected: ${shape.length} ` +
        'Please fix either the inputs/outputs or the model.',
    );
  }
  let differences = '';
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i];
    if (typeof size === 'number' && size !== dims[i]) {
      differences += `\n index: ${i} Got: ${dims[i] ?? ''} Expected: ${size}`;
    }
  }
  if (differences === '') return;
  throw new EngineryError(
    'INVALID_ARGUMENT',
    `Got invalid dimensions for ${role}: ${info.name} for the following indices${differences}\n ` +
      'Please fix either the inputs/outputs or the model.',
  );
}

/** Throws INVALID_ARGUMENT that names the first input without a feed. */
export function requireAllFeeds(
  feeds: Readonly<Record<string, unknown>>,
  inputs: readonly ValueInfo[],
): void {
  for (const { name } of inputs) {
    if (feeds[name] !== undefined) continue;
    const unused = Object.keys(feeds).filter((key) => inputs.every((input) => input.name !== key));
    const near = didYouMean(name, unused).replace('; d', ' D');
    throw new EngineryError('INVALID_ARGUMENT', `input '${name}' is missing in 'feeds'.${near}`);
  }
}

/** The feeds as tensors, one per input. Names that the model does not have are ignored, as onnxruntime-node does. */
export function readFeeds(
  feeds: Readonly<Record<string, unknown>>,
  inputs: readonly ValueInfo[],
): Record<string, TensorValue> {
  const tensors = Object.create(null) as Record<string, TensorValue>;
  for (const { name } of inputs) tensors[name] = readTensor(feeds[name], name);
  return tensors;
}

/** The fetches: a tensor to fill, or null that asks for a new one. */
export function readFetches(
  fetches: Readonly<Record<string, unknown>>,
  outputs: readonly ValueInfo[],
): Record<string, TensorValue | null> {
  const targets = Object.create(null) as Record<string, TensorValue | null>;
  for (const { name } of outputs) {
    const value = fetches[name];
    if (value !== undefined) targets[name] = value === null ? null : readTensor(value, name);
  }
  return targets;
}

/** Throws INVALID_ARGUMENT for a tensor whose type or shape is not the model's. */
export function requireFit(
  tensors: Readonly<Record<string, TensorValue | null>>,
  infos: readonly ValueInfo[],
  role: 'input' | 'output',
): void {
  for (const info of infos) {
    const tensor = tensors[info.name];
    if (tensor === undefined || tensor === null) continue;
    requireType(tensor, info, role);
    requireShape(tensor, info, role);
  }
}

/** All of it for feeds alone. */
export function checkFeeds(
  feeds: Readonly<Record<string, unknown>>,
  inputs: readonly ValueInfo[],
): Record<string, TensorValue> {
  requireAllFeeds(feeds, inputs);
  const tensors = readFeeds(feeds, inputs);
  requireFit(tensors, inputs, 'input');
  return tensors;
}
