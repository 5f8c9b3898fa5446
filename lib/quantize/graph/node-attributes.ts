/** Attributes of a node by name, with the operator's default. */

import { buildAttribute, type AttributeValue, type NodeProto } from '../../onnx/index.js';

export function intAttribute(node: NodeProto, name: string, otherwise: number): number {
  const attribute = node.attribute.find((item) => item.name === name);
  return attribute === undefined ? otherwise : Number(attribute.i);
}

export function floatAttribute(node: NodeProto, name: string, otherwise: number): number {
  return node.attribute.find((item) => item.name === name)?.f ?? otherwise;
}

export function intsAttribute(node: NodeProto, name: string): readonly number[] | undefined {
  return node.attribute.find((item) => item.name === name)?.ints.map(Number);
}

/** Sets an attribute, or takes it away. */
export function setAttribute(
  node: NodeProto,
  name: string,
  value: AttributeValue | undefined,
): void {
  node.attribute = node.attribute.filter((item) => item.name !== name);
  if (value !== undefined) node.attribute.push(buildAttribute(name, value));
}
