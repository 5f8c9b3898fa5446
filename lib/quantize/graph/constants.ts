/** Constants of a graph: their numbers, and putting others in their place. */

import { EngineryError } from '../../common/index.js';
import {
  buildTensor,
  type GraphProto,
  type NameAllocator,
  type TensorProto,
} from '../../onnx/index.js';
import type { GraphIndex } from './graph-index.js';

/** TensorProto.DataType of float32 and int64. */
const FLOAT32 = 1;
const INT64 = 7;
/** TensorProto.DataLocation of values in another file. */
const EXTERNAL = 1;

/** Is this a float32 tensor with its values in the model? */
export function isFloat32(tensor: TensorProto | undefined): tensor is TensorProto {
  return tensor?.dataType === FLOAT32;
}

export function dimsOf(tensor: TensorProto): readonly number[] {
  return tensor.dims.map(Number);
}

/** The values of a float32 tensor; a copy. */
export function float32Values(tensor: TensorProto): Float32Array {
  requireInline(tensor);
  if (tensor.floatData.length > 0) return Float32Array.from(tensor.floatData);
  return new Float32Array(copyOf(tensor.rawData));
}

/** The values of an int64 tensor, as axes and sizes are; none for other types. */
export function int64Values(tensor: TensorProto): readonly number[] {
  if (tensor.dataType !== INT64) return [];
  requireInline(tensor);
  if (tensor.int64Data.length > 0) return tensor.int64Data.map(Number);
  return Array.from(new BigInt64Array(copyOf(tensor.rawData)), Number);
}

/** Not slice(): models read from files are Buffers, whose slice is a view at any offset. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function requireInline(tensor: TensorProto): void {
  if (tensor.dataLocation !== EXTERNAL) return;
  throw new EngineryError(
    'MODEL_UNSUPPORTED',
    `expected the values of tensor "${tensor.name}" in the model, got a reference to another file; read the model with its external data`,
  );
}

/**
 * The name under which `values` stand in for constant `name` as one node reads it: the same name when nothing else
 * reads it, else that of a copy. Call it before the node's input is changed.
 */
export function replaceConstant(
  graph: GraphProto,
  index: GraphIndex,
  names: NameAllocator,
  constant: {
    readonly name: string;
    readonly dims: readonly number[];
    readonly values: Float32Array;
  },
): string {
  const { name, dims, values } = constant;
  const isShared = index.consumers(name).length > 1 || index.isPinned(name);
  const tensor = buildTensor(isShared ? names.unique(name) : name, 'float32', dims, values);
  if (isShared) graph.initializer.push(tensor);
  else graph.initializer = graph.initializer.map((item) => (item.name === name ? tensor : item));
  return tensor.name;
}

/** Drops constants that nothing reads. */
export function dropUnusedConstants(graph: GraphProto, index: GraphIndex): void {
  graph.initializer = graph.initializer.filter(
    ({ name }) => index.consumers(name).length > 0 || index.isPinned(name),
  );
}
