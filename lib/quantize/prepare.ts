/** The float model that is calibrated and rewritten: checked, constants in one place, BatchNormalization folded. */

import { EngineryError, warnOnce } from '../common/index.js';
import {
  decodeModel,
  dropOverridableInputs,
  type GraphProto,
  type ModelProto,
  type TensorProto,
  tensorOfConstantNode,
  topologicalOrder,
} from '../onnx/index.js';
import { foldBatchNorm } from './fold-batch-norm.js';
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
  fixOverridableConstants(model);
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
function fixOverridableConstants(model: ModelProto): void {
  const fixed = dropOverridableInputs(model);
  if (fixed.length === 0) return;
  warnOnce(
    `quantization fixes ${fixed.length} inputs that have a default value in the model: ${fixed.join(', ')}`,
  );
}

/** Turns Constant nodes into initializers, so that later passes know one kind of constant. */
function hoistConstants(graph: GraphProto): void {
  const hoisted: TensorProto[] = [];
  graph.node = graph.node.filter((node) => {
    const tensor = tensorOfConstantNode(node);
    const [name] = node.output;
    if (tensor === undefined || name === undefined) return true;
    hoisted.push({ ...tensor, name });
    return false;
  });
  graph.initializer.push(...hoisted);
}
