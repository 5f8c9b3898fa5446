/** Who makes and who reads each value of a graph, and which values are constants. Built anew after a graph changes. */

import type { GraphProto, NodeProto, TensorProto } from '../../onnx/index.js';

export class GraphIndex {
  readonly #producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, NodeProto[]>();
  readonly #constants = new Map<string, TensorProto>();
  readonly #captured = new Set<string>();
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: GraphProto) {
    this.#outputs = new Set(graph.output.map(({ name }) => name));
    for (const tensor of graph.initializer) this.#constants.set(tensor.name, tensor);
    for (const node of graph.node) {
      for (const name of node.output) if (name !== '') this.#producers.set(name, node);
      // A node that reads a value twice is one consumer.
      for (const name of new Set(node.input)) {
        if (name === '') continue;
        const consumers = this.#consumers.get(name);
        if (consumers === undefined) this.#consumers.set(name, [node]);
        else consumers.push(node);
      }
      for (const { g, graphs } of node.attribute) {
        for (const subgraph of g === undefined ? graphs : [g, ...graphs]) this.#capture(subgraph);
      }
    }
  }

  /** The node that makes a value; undefined for inputs and constants. */
  producer(name: string): NodeProto | undefined {
    return this.#producers.get(name);
  }

  /** The nodes of this graph that read a value; subgraphs are not among them. */
  consumers(name: string): readonly NodeProto[] {
    return this.#consumers.get(name) ?? [];
  }

  constant(name: string | undefined): TensorProto | undefined {
    return name === undefined ? undefined : this.#constants.get(name);
  }

  /** Is the value read by its name where no pass rewrites it: as an output of the graph, or in a subgraph? */
  isPinned(name: string): boolean {
    return this.#outputs.has(name) || this.#captured.has(name);
  }

  isOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** The one node that reads a value, if there is just one and nothing else needs the value. */
  onlyConsumer(name: string | undefined): NodeProto | undefined {
    if (name === undefined || this.isPinned(name)) return undefined;
    const consumers = this.consumers(name);
    return consumers.length === 1 ? consumers[0] : undefined;
  }

  /** Names that a subgraph reads, at any depth. Its own values are among them: a name too many only forbids a rewrite. */
  #capture(graph: GraphProto): void {
    for (const { name } of graph.output) this.#captured.add(name);
    for (const node of graph.node) {
      for (const name of node.input) this.#captured.add(name);
      for (const { g, graphs } of node.attribute) {
        for (const subgraph of g === undefined ? graphs : [g, ...graphs]) this.#capture(subgraph);
      }
    }
  }
}
