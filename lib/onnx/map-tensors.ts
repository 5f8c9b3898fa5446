/** Goes through every tensor stored in a model, and gives the model with some of them exchanged. */

import type { Message } from '@bufbuild/protobuf';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
} from './gen/onnx_pb.js';

/** Where a tensor stands: 'initializer' of a graph, or inside something else (an attribute, a sparse tensor). */
export type TensorPlace = 'initializer' | 'inner';

/** Gives the tensor that stands in for this one, or the same. Called in the order of the file. */
export type TensorMapper = (tensor: TensorProto, place: TensorPlace) => TensorProto;

/** `model` with its tensors exchanged. What holds none of them is shared, the given model stays as it is. */
export function mapTensors(model: ModelProto, map: TensorMapper): ModelProto {
  const { graph } = model;
  return changed(model, {
    ...(graph !== undefined && { graph: mapGraph(graph, map) }),
    functions: mapAll(model.functions, (one) =>
      changed(one, { node: mapAll(one.node, (node) => mapNode(node, map)) }),
    ),
  });
}

function mapGraph(graph: GraphProto, map: TensorMapper): GraphProto {
  return changed(graph, {
    initializer: mapAll(graph.initializer, (tensor) => map(tensor, 'initializer')),
    sparseInitializer: mapAll(graph.sparseInitializer, (sparse) => mapSparse(sparse, map)),
    node: mapAll(graph.node, (node) => mapNode(node, map)),
  });
}

function mapNode(node: NodeProto, map: TensorMapper): NodeProto {
  return changed(node, {
    attribute: mapAll(node.attribute, (attribute) => mapAttribute(attribute, map)),
  });
}

function mapAttribute(attribute: AttributeProto, map: TensorMapper): AttributeProto {
  const { t, g, sparseTensor } = attribute;
  return changed(attribute, {
    ...(t !== undefined && { t: map(t, 'inner') }),
    ...(g !== undefined && { g: mapGraph(g, map) }),
    ...(sparseTensor !== undefined && { sparseTensor: mapSparse(sparseTensor, map) }),
    tensors: mapAll(attribute.tensors, (tensor) => map(tensor, 'inner')),
    graphs: mapAll(attribute.graphs, (graph) => mapGraph(graph, map)),
    sparseTensors: mapAll(attribute.sparseTensors, (sparse) => mapSparse(sparse, map)),
  });
}

function mapSparse(sparse: SparseTensorProto, map: TensorMapper): SparseTensorProto {
  const { values, indices } = sparse;
  return changed(sparse, {
    ...(values !== undefined && { values: map(values, 'inner') }),
    ...(indices !== undefined && { indices: map(indices, 'inner') }),
  });
}

/** The same array when nothing in it changed. */
function mapAll<T>(items: T[], map: (item: T) => T): T[] {
  const mapped = items.map(map);
  return mapped.every((item, index) => item === items[index]) ? items : mapped;
}

/** A copy of a message with some fields exchanged; the message itself when they are what it has. */
export function changed<T extends Message>(message: T, fields: Partial<T>): T {
  const keys = Object.keys(fields) as (keyof T)[]; // Keys of a Partial<T> are keys of T.
  if (keys.every((key) => fields[key] === message[key])) return message;
  return Object.assign(copyOf(message), fields);
}

/** A copy of a message that shares what it holds. */
export function copyOf<T extends Message>(message: T): T {
  // Messages of proto2 have their defaults in the prototype, and unknown fields in a property.
  const copy = Object.create(Object.getPrototypeOf(message) as object) as T;
  return Object.assign(copy, message);
}
