/** Rewrites the mean over an image's height and width as GlobalAveragePool, which ONNX Runtime has in integers. */

import {
  buildNode,
  type GraphProto,
  type ModelProto,
  NameAllocator,
  type NodeProto,
} from '../onnx/index.js';
import { dimsOf, int64Values, isFloat32 } from './graph/constants.js';
import { GraphIndex } from './graph/graph-index.js';
import { intAttribute, intsAttribute } from './graph/node-attributes.js';

/** Operators whose output has the rank of their first input. */
const RANK_KEEPING: ReadonlySet<string> = new Set([
  'Relu',
  'LeakyRelu',
  'Clip',
  'BatchNormalization',
  'MaxPool',
  'AveragePool',
  'Sigmoid',
  'HardSigmoid',
  'HardSwish',
  'Concat',
]);
const IMAGE_RANK = 4;

/** Rewrites every ReduceMean over axes 2 and 3 of what is seen to be a batch of images, in place. */
export function rewriteSpatialMeans(model: ModelProto, graph: GraphProto): void {
  const index = new GraphIndex(graph);
  const names = new NameAllocator(model);
  graph.node = graph.node.flatMap((node) => {
    const [input = ''] = node.input;
    if (!isSpatialMean(node, index) || !isImage(input, index)) return [node];
    const [output = ''] = node.output;
    const keepsDims = intAttribute(node, 'keepdims', 1) !== 0;
    const pooled = keepsDims ? output : names.unique(`${output}/pooled`);
    const pool = buildNode({
      type: 'GlobalAveragePool',
      name: node.name,
      inputs: [input],
      outputs: [pooled],
    });
    if (keepsDims) return [pool];
    const name = names.unique(`${output}/flatten`);
    return [pool, buildNode({ type: 'Flatten', name, inputs: [pooled], outputs: [output] })];
  });
}

function isSpatialMean(node: NodeProto, index: GraphIndex): boolean {
  if (node.domain !== '' || node.opType !== 'ReduceMean') return false;
  const tensor = index.constant(node.input[1]);
  const stated = intsAttribute(node, 'axes') ?? (tensor === undefined ? [] : int64Values(tensor));
  const axes = stated.map((axis) => (axis < 0 ? axis + IMAGE_RANK : axis)).sort((a, b) => a - b);
  return axes.length === 2 && axes[0] === 2 && axes[1] === 3;
}

/** Does the tensor come from a two-dimensional convolution, through operators that keep its rank? */
function isImage(tensor: string, index: GraphIndex): boolean {
  let name = tensor;
  for (;;) {
    const producer = index.producer(name);
    if (producer?.domain !== '') return false;
    if (producer.opType === 'Conv') {
      const weight = index.constant(producer.input[1]);
      return isFloat32(weight) && dimsOf(weight).length === IMAGE_RANK;
    }
    if (!RANK_KEEPING.has(producer.opType)) return false;
    name = producer.input[0] ?? '';
  }
}
