/** Puts the nodes of a graph into an order in which every value is made before it is read. */

import { capturesOf } from './captures.js';
import type { NodeProto } from './gen/onnx_pb.js';
import { EXPORT_AGAIN, invalidModel, quoted } from './model-error.js';

/**
 * The nodes with producers before their consumers, subgraphs' captures included. Nodes that are in such an order
 * already stay as they are. Throws MODEL_INVALID for a cycle.
 */
export function topologicalOrder(nodes: readonly NodeProto[]): NodeProto[] {
  const producers = new Map<string, NodeProto>();
  for (const node of nodes) for (const name of node.output) producers.set(name, node);
  const needsOf = (node: NodeProto): Iterator<NodeProto> =>
    [...node.input, ...capturesOf(node)]
      .flatMap((name) => (name === '' ? [] : (producers.get(name) ?? [])))
      .values();

  const ordered: NodeProto[] = [];
  const state = new Map<NodeProto, 'open' | 'done'>();
  // A stack of its own: chains of 100 000 nodes would end JavaScript's.
  const stack: { readonly node: NodeProto; readonly needs: Iterator<NodeProto> }[] = [];
  const enter = (node: NodeProto): void => {
    if (state.get(node) === 'done') return;
    if (state.get(node) === 'open') {
      const found = `one through node ${quoted(node.name)} (${node.opType})`;
      throw invalidModel('a graph without cycles', found, EXPORT_AGAIN);
    }
    state.set(node, 'open');
    stack.push({ node, needs: needsOf(node) });
  };
  for (const root of nodes) {
    enter(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = top.needs.next();
      if (need.done !== true) {
        enter(need.value);
        continue;
      }
      stack.pop();
      state.set(top.node, 'done');
      ordered.push(top.node);
    }
  }
  return ordered;
}
