/** Constants of a graph, whether they are initializers or Constant nodes. */

import { buildTensor } from './build-model.js';
import type { AttributeProto, ModelProto, NodeProto, TensorProto } from './gen/onnx_pb.js';
import type { GraphEditor } from './graph-editor.js';
import { normalizedDomain } from './metadata.js';

/**
 * The tensor of a constant value, or `undefined` when it is none: made by another operator, sparse, strings of a Constant
 * node's `value_string`, or an initializer that is a graph input too, which a caller may override
 * (`dropOverridableInputs` ends that). Its values may be external data: read them with `OpenModel.bytesOf`.
 */
export function constantOf(editor: GraphEditor, name: string): TensorProto | undefined {
  const initializer = editor.initializer(name);
  if (initializer !== undefined) return editor.isInput(name) ? undefined : initializer;
  const node = editor.producer(name);
  return node === undefined ? undefined : tensorOfConstantNode(node);
}

/** Makes `tensor` the value of the constant `tensor.name`; a Constant node becomes an initializer. */
export function replaceConstant(editor: GraphEditor, tensor: TensorProto): void {
  const node = editor.producer(tensor.name);
  if (node !== undefined) editor.remove(node);
  editor.setInitializer(tensor);
}

/** Removes a constant that nothing reads. Returns whether it is gone. */
export function removeUnreadConstant(editor: GraphEditor, name: string): boolean {
  if (editor.isRead(name) || constantOf(editor, name) === undefined) return false;
  const node = editor.producer(name);
  if (node === undefined) editor.removeInitializer(name);
  else editor.remove(node);
  return true;
}

/**
 * Takes the entries of initializers out of the graph's inputs, so that they are constants. Up to IR version 3 every
 * initializer had to be listed; from 4 on a listed one is a default that a caller may override. Returns their names.
 */
export function dropOverridableInputs(model: ModelProto): string[] {
  const { graph } = model;
  if (graph === undefined) return [];
  const fixed = new Set(graph.initializer.map(({ name }) => name));
  const dropped = graph.input.map(({ name }) => name).filter((name) => fixed.has(name));
  graph.input = graph.input.filter(({ name }) => !fixed.has(name));
  if (dropped.length > 0 && model.irVersion < 4n) model.irVersion = 4n;
  return dropped;
}

/** The value of a Constant node of numbers, whichever attribute holds it. */
export function tensorOfConstantNode(node: NodeProto): TensorProto | undefined {
  if (node.opType !== 'Constant' || normalizedDomain(node.domain) !== '') return undefined;
  const [attribute] = node.attribute;
  return attribute === undefined ? undefined : tensorOfAttribute(attribute, node.output[0] ?? '');
}

function tensorOfAttribute(attribute: AttributeProto, name: string): TensorProto | undefined {
  switch (attribute.name) {
    case 'value':
      return attribute.t;
    case 'value_int':
      return buildTensor(name, 'int64', [], BigInt64Array.of(attribute.i));
    case 'value_ints':
      return buildTensor(
        name,
        'int64',
        [attribute.ints.length],
        BigInt64Array.from(attribute.ints),
      );
    case 'value_float':
      return buildTensor(name, 'float32', [], Float32Array.of(attribute.f));
    case 'value_floats': {
      const values = Float32Array.from(attribute.floats);
      return buildTensor(name, 'float32', [values.length], values);
    }
    default:
      return undefined;
  }
}
