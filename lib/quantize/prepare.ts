/** The float model that is calibrated and rewritten: checked, constants in one place, BatchNormalization folded. */

import { EngineryError, warnOnce } from '../common/index.js';
import {
  buildTensor,
  decodeModel,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '../onnx/index.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { topologicalOrder } from './graph/topological-order.js';
import { rewriteSpatialMeans } from './spatial-mean.js';

/** Per-axis DequantizeLinear came with opset 13. */
const LEAST_OPSET = 13;
/** TensorProto.DataType of float16 and bfloat16. */
const HALF_TYPES: readonly number[] = [10, 16];
const QUANTIZED_OPS: readonly string[] = [
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'QLinearConv',
  'QLinearMatMul',
  'MatMulInteger',
  'ConvInteger',
];

/** The float model of an ONNX file's bytes. Throws MODEL_INVALID, and MODEL_UNSUPPORTED for what cannot be quantized. */
export function prepareModel(bytes: Uint8Array): ModelProto {
  const model = decodeModel(bytes);
  const { graph } = model;
  if (graph === undefined)
    throw new EngineryError(
      'MODEL_INVALID',
      'expected a graph in the model, got none; export the model again',
    );
  useShortDomain(model, graph);
  requireFloatModel(graph);
  requireOpset(model);
  fixOverridableConstants(graph);
  hoistConstants(graph);
  graph.node = topologicalOrder(graph.node);
  rewriteSpatialMeans(model, graph);
  foldBatchNorm(model, graph);
  return model;
}

/** ONNX's own operators have two names for their domain: passes look for the short one. */
function useShortDomain(model: ModelProto, graph: GraphProto): void {
  for (const item of [...model.opsetImport, ...graph.node])
    if (item.domain === 'ai.onnx') item.domain = '';
}

function requireFloatModel(graph: GraphProto): void {
  const node = graph.node.find(({ opType }) => QUANTIZED_OPS.includes(opType));
  const half = graph.initializer.find(({ dataType }) => HALF_TYPES.includes(dataType));
  if (half !== undefined) {
    throw new EngineryError(
      'MODEL_UNSUPPORTED',
      `expected a float32 model to quantize, got a 16-bit float constant ("${half.name}"); export the model in float32`,
    );
  }
  if (node === undefined) return;
  throw new EngineryError(
    'MODEL_UNSUPPORTED',
    `expected a float model to quantize, got one with ${node.opType} (node "${node.name}"): it is quantized already; run it as it is`,
  );
}

function requireOpset(model: ModelProto): void {
  const version = Number(model.opsetImport.find(({ domain }) => domain === '')?.version ?? 0);
  if (version >= LEAST_OPSET) return;
  throw new EngineryError(
    'MODEL_UNSUPPORTED',
    `expected opset ${LEAST_OPSET} or later to quantize, got ${version}; export the model with opset ${LEAST_OPSET} to 18`,
  );
}

/** A constant that is listed as an input too could be fed another value, which its quantized form could not follow. */
function fixOverridableConstants(graph: GraphProto): void {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const overridable = graph.input.filter(({ name }) => constants.has(name));
  if (overridable.length === 0) return;
  graph.input = graph.input.filter(({ name }) => !constants.has(name));
  warnOnce(
    `quantization fixes ${overridable.length} inputs that have a default value in the model: ${overridable.map(({ name }) => name).join(', ')}`,
  );
}

/** Turns Constant nodes into initializers, so that later passes know one kind of constant. */
function hoistConstants(graph: GraphProto): void {
  const hoisted: TensorProto[] = [];
  graph.node = graph.node.filter((node) => {
    const tensor = constantOf(node);
    if (tensor === undefined) return true;
    hoisted.push(tensor);
    return false;
  });
  graph.initializer.push(...hoisted);
}

function constantOf(node: NodeProto): TensorProto | undefined {
  const [output] = node.output;
  if (node.opType !== 'Constant' || node.domain !== '' || output === undefined) return undefined;
  const [attribute] = node.attribute;
  if (attribute === undefined) return undefined;
  switch (attribute.name) {
    case 'value':
      return attribute.t && { ...attribute.t, name: output };
    case 'value_float':
      return buildTensor(output, 'float32', [], Float32Array.of(attribute.f));
    case 'value_floats':
      return buildTensor(
        output,
        'float32',
        [attribute.floats.length],
        Float32Array.from(attribute.floats),
      );
    default:
      return undefined;
  }
}
