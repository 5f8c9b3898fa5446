/** Edits the top-level graph of a model: who makes and reads each value, and changes that keep both and the order. */

import { invalidArgument } from '../common/index.js';
import { buildNode, type NodeParts } from './build-model.js';
import { capturesOf, renameCapture } from './captures.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './gen/onnx_pb.js';
import { EXPORT_AGAIN, invalidModel, quoted } from './model-error.js';
import { NameAllocator } from './name-allocator.js';
import { NodeList } from './node-list.js';
import { topologicalOrder } from './topological-order.js';

/**
 * Change nodes only by these methods while an editor is used, then call `finish`, which writes nodes and initializers
 * back into the graph. Subgraphs are left alone, but what they read is known: see `capturers`.
 */
export class GraphEditor {
  readonly graph: GraphProto;
  readonly #names: NameAllocator;
  readonly #nodes: NodeList;
  readonly #producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, Set<NodeProto>>();
  readonly #capturers = new Map<string, Set<NodeProto>>();
  readonly #initializers = new Map<string, TensorProto>();
  readonly #inputs: ReadonlySet<string>;
  /** Sparse initializers: values like any other, which passes leave alone. */
  readonly #sparse: ReadonlySet<string>;
  readonly #outputs: ReadonlySet<string>;
  /** Values whose type or shape may differ from what `value_info` says. */
  readonly #changedValues = new Set<string>();

  constructor(model: ModelProto) {
    if (model.graph === undefined) throw invalidModel('a graph in the model', 'none', EXPORT_AGAIN);
    this.graph = model.graph;
    this.#names = new NameAllocator(model);
    this.#inputs = new Set(this.graph.input.map(({ name }) => name));
    this.#sparse = new Set(this.graph.sparseInitializer.map(({ values }) => values?.name ?? ''));
    this.#outputs = new Set(this.graph.output.map(({ name }) => name));
    for (const tensor of this.graph.initializer) this.#initializers.set(tensor.name, tensor);
    this.#nodes = new NodeList(topologicalOrder(this.graph.node));
    for (const node of this.#nodes) this.#register(node);
  }

  /** The nodes in order, as they are at this moment: producers before consumers. */
  nodes(): NodeProto[] {
    return [...this.#nodes];
  }

  /** Is the node still part of the graph? */
  has(node: NodeProto): boolean {
    return this.#nodes.has(node);
  }

  /** The node that makes a value; `undefined` for inputs, initializers and unknown names. */
  producer(name: string): NodeProto | undefined {
    return this.#producers.get(name);
  }

  /** The nodes that have a value among their inputs, each once. */
  consumers(name: string): NodeProto[] {
    return [...(this.#consumers.get(name) ?? [])];
  }

  /** The nodes whose subgraphs read a value by its name: it must keep its name, its type and its meaning. */
  capturers(name: string): NodeProto[] {
    return [...(this.#capturers.get(name) ?? [])];
  }

  isInput(name: string): boolean {
    return this.#inputs.has(name);
  }

  isOutput(name: string): boolean {
    return this.#outputs.has(name);
  }

  /** Is a value read by a node, a subgraph or the caller? */
  isRead(name: string): boolean {
    const { size: consumers } = this.#consumers.get(name) ?? NOBODY;
    const { size: capturers } = this.#capturers.get(name) ?? NOBODY;
    return consumers + capturers > 0 || this.#outputs.has(name);
  }

  initializer(name: string): TensorProto | undefined {
    return this.#initializers.get(name);
  }

  /** `wanted`, or with the smallest number behind it that no name in the model has. */
  uniqueName(wanted: string): string {
    return this.#names.unique(wanted);
  }

  /** Adds a node before `anchor`, or at the end. Its outputs must be names that nothing else makes. */
  insertBefore(anchor: NodeProto | undefined, node: NodeProto | NodeParts): NodeProto {
    if (anchor !== undefined) this.#require(anchor);
    const added = 'opType' in node ? node : buildNode(node);
    for (const name of added.output) this.#requireFree(name);
    this.#nodes.insertBefore(anchor, added);
    this.#register(added);
    return added;
  }

  insertAfter(anchor: NodeProto, node: NodeProto | NodeParts): NodeProto {
    this.#require(anchor);
    return this.insertBefore(this.#nodes.next(anchor), node);
  }

  /** Takes a node out. Values that it makes and others read need a new producer before `finish`. */
  remove(node: NodeProto): void {
    this.#require(node);
    this.#nodes.remove(node);
    for (const name of node.output) {
      this.#producers.delete(name);
      this.#changedValues.add(name);
    }
    for (const name of node.input) this.#consumers.get(name)?.delete(node);
    for (const name of capturesOf(node)) this.#capturers.get(name)?.delete(node);
  }

  /** Puts nodes in the place of one; they may make the same values. */
  replace(node: NodeProto, parts: readonly (NodeProto | NodeParts)[]): NodeProto[] {
    this.#require(node);
    const following = this.#nodes.next(node);
    this.remove(node);
    return parts.map((part) => this.insertBefore(following, part));
  }

  setInput(node: NodeProto, index: number, name: string): void {
    this.#require(node);
    const old = node.input[index];
    // Trailing inputs that are left out are ''.
    while (node.input.length < index) node.input.push('');
    node.input[index] = name;
    if (old !== undefined && !node.input.includes(old)) this.#consumers.get(old)?.delete(node);
    add(this.#consumers, name, node);
  }

  setOutput(node: NodeProto, index: number, name: string): void {
    this.#require(node);
    if (node.output[index] === name) return;
    this.#requireFree(name);
    const old = node.output[index];
    node.output[index] = name;
    if (old !== undefined) {
      this.#producers.delete(old);
      this.#changedValues.add(old);
    }
    this.#producers.set(name, node);
    this.#changedValues.add(name);
  }

  /** Lets every node that has `name` as an input read `newName`, but for `except`. Subgraphs and outputs keep theirs. */
  redirect(name: string, newName: string, except: readonly NodeProto[] = []): void {
    for (const node of this.consumers(name)) {
      if (except.includes(node)) continue;
      for (const [index, input] of node.input.entries())
        if (input === name) this.setInput(node, index, newName);
    }
  }

  /**
   * Gives a value another name, best one of `uniqueName`, wherever it is made and read, subgraphs included. Not for the
   * graph's inputs and outputs.
   */
  rename(name: string, newName: string): void {
    if (this.isInput(name) || this.isOutput(name)) {
      throw invalidArgument(
        `expected a value inside the graph to rename, got its input or output ${quoted(name)}`,
      );
    }
    this.#requireFree(newName);
    const producer = this.#producers.get(name);
    if (producer !== undefined) this.setOutput(producer, producer.output.indexOf(name), newName);
    const initializer = this.#initializers.get(name);
    if (initializer !== undefined) {
      this.#initializers.delete(name);
      initializer.name = newName;
      this.#initializers.set(newName, initializer);
    }
    this.redirect(name, newName);
    for (const node of this.capturers(name)) {
      renameCapture(node, name, newName);
      add(this.#capturers, newName, node);
    }
    this.#capturers.delete(name);
    for (const annotation of this.graph.quantizationAnnotation)
      if (annotation.tensorName === name) annotation.tensorName = newName;
  }

  /** Adds an initializer, or puts it in the place of the one of its name. */
  setInitializer(tensor: TensorProto): void {
    if (!this.#initializers.has(tensor.name)) this.#requireFree(tensor.name);
    this.#initializers.set(tensor.name, tensor);
    this.#changedValues.add(tensor.name);
  }

  removeInitializer(name: string): void {
    this.#initializers.delete(name);
    this.#changedValues.add(name);
  }

  /**
   * Writes nodes (in topological order) and initializers back. Throws MODEL_INVALID when nothing makes a value that is
   * read: after the edits, or in the file as it was.
   */
  finish(): void {
    for (const node of this.#nodes)
      for (const name of [...node.input, ...capturesOf(node)]) this.#requireKnown(name, node);
    this.graph.node = topologicalOrder([...this.#nodes]);
    this.graph.initializer = [...this.#initializers.values()];
    this.graph.valueInfo = this.graph.valueInfo.filter(
      ({ name }) => !this.#changedValues.has(name),
    );
  }

  #register(node: NodeProto): void {
    for (const name of node.output) if (name !== '') this.#producers.set(name, node);
    for (const name of node.input) add(this.#consumers, name, node);
    for (const name of capturesOf(node)) add(this.#capturers, name, node);
  }

  #require(node: NodeProto): void {
    if (this.has(node)) return;
    throw invalidArgument(
      `expected a node of the graph, got ${quoted(node.name)} (${node.opType}), which is not in it`,
    );
  }

  #requireFree(name: string): void {
    if (name === '' || !this.#isMade(name)) return;
    throw invalidArgument(`expected a name that nothing has, got ${quoted(name)}; use uniqueName`);
  }

  #requireKnown(name: string, reader: NodeProto): void {
    if (name === '' || this.#isMade(name)) return;
    throw invalidModel(
      `something that makes ${quoted(name)} for node ${quoted(reader.name)} (${reader.opType})`,
      'nothing',
      EXPORT_AGAIN,
    );
  }

  #isMade(name: string): boolean {
    const isNodeOrInitializer = this.#producers.has(name) || this.#initializers.has(name);
    return isNodeOrInitializer || this.#inputs.has(name) || this.#sparse.has(name);
  }
}

const NOBODY: ReadonlySet<NodeProto> = new Set();

function add(index: Map<string, Set<NodeProto>>, name: string, node: NodeProto): void {
  if (name === '') return;
  const known = index.get(name);
  if (known === undefined) index.set(name, new Set([node]));
  else known.add(node);
}
