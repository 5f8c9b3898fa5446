/** What the subgraphs of a node (If, Loop, Scan) read from the graphs around them, by name. */

import { subgraphsOf } from './graph.js';
import type { GraphProto, NodeProto } from './gen/onnx_pb.js';

/** Names that the node's subgraphs, at any depth, read from outside. A name made inside hides the outer one. */
export function capturesOf(node: NodeProto): ReadonlySet<string> {
  const names = new Set<string>();
  for (const graph of subgraphsOf(node)) addFreeNames(graph, names);
  return names;
}

/** Lets the node's subgraphs read `newName` where they read the outer value `name`; what hides it stays. */
export function renameCapture(node: NodeProto, name: string, newName: string): void {
  for (const graph of subgraphsOf(node)) {
    if (definedNames(graph).has(name)) continue;
    for (const inner of graph.node) {
      inner.input = inner.input.map((input) => (input === name ? newName : input));
      renameCapture(inner, name, newName);
    }
    // The body gives an outer value back as it is: its output is that name, and the outside knows it by its position.
    for (const output of graph.output) if (output.name === name) output.name = newName;
  }
}

function addFreeNames(graph: GraphProto, names: Set<string>): void {
  const defined = definedNames(graph);
  const read = (name: string): void => {
    if (name !== '' && !defined.has(name)) names.add(name);
  };
  for (const node of graph.node) {
    node.input.forEach(read);
    capturesOf(node).forEach(read);
  }
  for (const { name } of graph.output) read(name);
}

/** Every name that the graph itself gives a meaning; the order of its nodes does not matter for that. */
export function definedNames(graph: GraphProto): ReadonlySet<string> {
  return new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...graph.node.flatMap((node) => node.output),
  ]);
}
