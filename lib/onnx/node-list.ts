/** The nodes of a graph as a linked list: a pass inserts and removes thousands of them in the middle. */

import type { NodeProto } from './gen/onnx_pb.js';

interface Link {
  previous: NodeProto | undefined;
  next: NodeProto | undefined;
}

export class NodeList implements Iterable<NodeProto> {
  readonly #links = new Map<NodeProto, Link>();
  #first: NodeProto | undefined;
  #last: NodeProto | undefined;

  constructor(nodes: Iterable<NodeProto>) {
    for (const node of nodes) this.insertBefore(undefined, node);
  }

  has(node: NodeProto): boolean {
    return this.#links.has(node);
  }

  /** Puts `node` before `anchor`, or at the end. Both are told apart by identity; `anchor` is in the list. */
  insertBefore(anchor: NodeProto | undefined, node: NodeProto): void {
    const previous = anchor === undefined ? this.#last : this.#links.get(anchor)?.previous;
    this.#links.set(node, { previous, next: anchor });
    this.#join(previous, node);
    this.#join(node, anchor);
  }

  /** The node after `node`. */
  next(node: NodeProto): NodeProto | undefined {
    return this.#links.get(node)?.next;
  }

  remove(node: NodeProto): void {
    const link = this.#links.get(node);
    if (link === undefined) return;
    this.#links.delete(node);
    this.#join(link.previous, link.next);
  }

  *[Symbol.iterator](): IterableIterator<NodeProto> {
    for (let node = this.#first; node !== undefined; node = this.next(node)) yield node;
  }

  #join(previous: NodeProto | undefined, next: NodeProto | undefined): void {
    const before = previous === undefined ? undefined : this.#links.get(previous);
    const after = next === undefined ? undefined : this.#links.get(next);
    if (before === undefined) this.#first = next;
    else before.next = next;
    if (after === undefined) this.#last = previous;
    else after.previous = previous;
  }
}
