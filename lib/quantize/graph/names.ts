/** Names for what a pass adds to a graph. */

import type { GraphProto, ModelProto, NodeProto } from '../../onnx/index.js';

/** Hands out names that nothing in the model has: not a value, not a node, in no subgraph. */
export class NameAllocator {
  readonly #taken = new Set<string>();

  constructor(model: ModelProto) {
    if (model.graph !== undefined) this.#takeGraph(model.graph);
  }

  /** `wanted`, or with the smallest number behind it that makes it unique. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }

  #takeGraph(graph: GraphProto): void {
    for (const { name } of [...graph.input, ...graph.output, ...graph.initializer])
      this.#taken.add(name);
    for (const node of graph.node) this.#takeNode(node);
  }

  #takeNode(node: NodeProto): void {
    this.#taken.add(node.name);
    for (const name of node.output) this.#taken.add(name);
    for (const { g, graphs } of node.attribute) {
      if (g !== undefined) this.#takeGraph(g);
      for (const graph of graphs) this.#takeGraph(graph);
    }
  }
}
