/** Models that hand out their inner tensors: the whole values, their extrema, or only their sizes. */

import {
  buildNode,
  buildValue,
  encodeModel,
  type GraphProto,
  type ModelProto,
  type NameAllocator,
} from '../../onnx/index.js';

/** A model and, by observed tensor, the outputs that tell of it. */
export interface ObservedModel<Outputs> {
  readonly bytes: Uint8Array;
  readonly outputs: ReadonlyMap<string, Outputs>;
}

/** The model with only `tensors` as outputs. Inputs of the graph pass through an Identity: they cannot be outputs. */
export function modelWithValues(
  model: ModelProto,
  tensors: readonly string[],
  names: NameAllocator,
): ObservedModel<string> {
  const inputs = new Set(model.graph?.input.map(({ name }) => name));
  return withOutputs(model, tensors, (tensor, observed) => {
    if (!inputs.has(tensor)) {
      observed.addOutput(tensor);
      return tensor;
    }
    return observed.addNode('Identity', tensor, names.unique(`${tensor}/observed`));
  });
}

/** The model with the smallest and the largest value and the size of each of `tensors`, as scalars. */
export function modelWithExtrema(
  model: ModelProto,
  tensors: readonly string[],
  names: NameAllocator,
): ObservedModel<{ readonly min: string; readonly max: string }> {
  return withOutputs(model, tensors, (tensor, observed) => ({
    min: observed.addNode('ReduceMin', tensor, names.unique(`${tensor}/min`)),
    max: observed.addNode('ReduceMax', tensor, names.unique(`${tensor}/max`)),
  }));
}

/** The model with the number of elements of each of `tensors`: what a probe needs, and no memory. */
export function modelWithSizes(
  model: ModelProto,
  tensors: readonly string[],
  names: NameAllocator,
): ObservedModel<string> {
  return withOutputs(model, tensors, (tensor, observed) =>
    observed.addNode('Size', tensor, names.unique(`${tensor}/size`)),
  );
}

class GraphOutputs {
  readonly #graph: GraphProto;

  constructor(graph: GraphProto) {
    this.#graph = graph;
  }

  /** The shape is left open: a wrong one would be refused, and runtimes infer it. */
  addOutput(name: string, type: 'float32' | 'int64' = 'float32'): void {
    this.#graph.output.push(buildValue(name, type));
  }

  addNode(type: string, input: string, output: string): string {
    const isReduction = type.startsWith('Reduce');
    this.#graph.node.push(
      buildNode({
        type,
        inputs: [input],
        outputs: [output],
        name: output,
        ...(isReduction && { attributes: { keepdims: { int: 0 } } }),
      }),
    );
    this.addOutput(output, type === 'Size' ? 'int64' : 'float32');
    return output;
  }
}

function withOutputs<Outputs>(
  model: ModelProto,
  tensors: readonly string[],
  add: (tensor: string, observed: GraphOutputs) => Outputs,
): ObservedModel<Outputs> {
  const outputs = new Map<string, Outputs>();
  if (model.graph === undefined) return { bytes: encodeModel(model), outputs };
  // Shallow copies: weights and nodes are shared with the model, which stays as it is.
  const graph = { ...model.graph, node: [...model.graph.node], output: [] };
  const observed = new GraphOutputs(graph);
  for (const tensor of tensors) outputs.set(tensor, add(tensor, observed));
  return { bytes: encodeModel({ ...model, graph }), outputs };
}
