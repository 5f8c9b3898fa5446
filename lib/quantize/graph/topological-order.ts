/** Puts nodes in an order in which each stands behind what it reads: passes and OpenVINO rely on it, ONNX Runtime does not. */

import type { GraphProto, NodeProto } from '../../onnx/index.js';

/** The nodes of a graph in order; those that are in order already stay where they are. */
export function topologicalOrder(nodes: readonly NodeProto[]): NodeProto[] {
  const producers = new Map<string, number>();
  for (const [i, node] of nodes.entries())
    for (const name of node.output) if (name !== '') producers.set(name, i);
  const reads = nodes.map((node) => {
    const sources = new Set<number>();
    forEachRead(node, (name) => {
      const producer = producers.get(name);
      if (producer !== undefined) sources.add(producer);
    });
    return sources;
  });
  const ordered: NodeProto[] = [];
  const state = new Uint8Array(nodes.length);
  // A stack of its own: chains of nodes are longer than JavaScript's.
  const stack: number[] = [];
  for (let start = 0; start < nodes.length; start++) {
    stack.push(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const node = nodes[top];
      if (node === undefined || state[top] === DONE) {
        stack.pop();
      } else if (state[top] === OPEN) {
        stack.pop();
        state[top] = DONE;
        ordered.push(node);
      } else {
        state[top] = OPEN;
        for (const source of reads[top] ?? []) if (state[source] === UNSEEN) stack.push(source);
      }
    }
  }
  return ordered;
}

const UNSEEN = 0;
const OPEN = 1;
const DONE = 2;

/** What a node reads, in its subgraphs too; names of the subgraphs' own have no producer here. */
function forEachRead(node: NodeProto, visit: (name: string) => void): void {
  for (const name of node.input) if (name !== '') visit(name);
  for (const { g, graphs } of node.attribute) {
    if (g !== undefined) forEachReadOfGraph(g, visit);
    for (const graph of graphs) forEachReadOfGraph(graph, visit);
  }
}

function forEachReadOfGraph(graph: GraphProto, visit: (name: string) => void): void {
  for (const { name } of graph.output) visit(name);
  for (const node of graph.node) forEachRead(node, visit);
}
