/** Names for what a pass adds to a model. */

import { subgraphsOf } from './graph.js';
import type { GraphProto, ModelProto } from './gen/onnx_pb.js';

/**
 * Hands out names that nothing in the model has: no value, no node, in no subgraph. A name unique in the whole model
 * can be used in any of its graphs without hiding another.
 */
export class NameAllocator {
  readonly #taken = new Set<string>();
  /** The last number given to each wanted name, so that thousands of the same name stay fast. */
  readonly #numbers = new Map<string, number>();

  constructor(model: ModelProto) {
    if (model.graph !== undefined) this.#takeGraph(model.graph);
  }

  /** `wanted`, or with the smallest number behind it that makes it unique. */
  unique(wanted: string): string {
    let name = wanted;
    let number = this.#numbers.get(wanted) ?? 1;
    while (this.#taken.has(name)) name = `${wanted}_${++number}`;
    if (number > 1) this.#numbers.set(wanted, number);
    this.#taken.add(name);
    return name;
  }

  #takeGraph(graph: GraphProto): void {
    const { input, output, initializer, sparseInitializer, valueInfo } = graph;
    for (const { name } of [...input, ...output, ...initializer, ...valueInfo])
      this.#taken.add(name);
    for (const { values } of sparseInitializer) this.#taken.add(values?.name ?? '');
    for (const node of graph.node) {
      this.#taken.add(node.name);
      for (const name of [...node.input, ...node.output]) this.#taken.add(name);
      for (const subgraph of subgraphsOf(node)) this.#takeGraph(subgraph);
    }
  }
}
