/**
 * Checks the graphs of a model: every value comes from somewhere, names are unique, nothing depends on itself, local
 * functions end. Rules are those ONNX Runtime 1.31 was seen to have: nodes may stand in any order, optional inputs are '',
 * subgraphs read the values of the graphs around them. Only two initializers of one name, which it accepts with a
 * warning and the ONNX checker refuses, are refused here: runtimes may take different ones.
 */

import type { FunctionProto, GraphProto, ModelProto, NodeProto } from './gen/onnx_pb.js';
import { MAX_NODES } from './limits.js';
import { normalizedDomain } from './metadata.js';
import { EXPORT_AGAIN, invalidModel, quoted, unsupportedModel } from './model-error.js';
import { ITEMS_PER_YIELD, type Pausing } from './time-slices.js';

/** Checks all graphs of a reduced model. Throws MODEL_INVALID or MODEL_UNSUPPORTED. */
export function* checkGraphs(model: ModelProto, graph: GraphProto, label: string): Pausing<void> {
  yield* new GraphCheck(label).graph(graph);
  for (const definition of model.functions) yield* new GraphCheck(label).localFunction(definition);
  checkExpansion(model, graph, label);
}

/** The subgraphs of a node, in the order of its attributes. */
export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]));
}

/** What defines a name: the graph's depth, and the node's place in it, or -1 for an input or initializer. */
interface Definition {
  readonly depth: number;
  readonly node: number;
  /** The same name in a graph further out. */
  readonly outer: Definition | undefined;
}

/** One graph on the way down. */
interface Level {
  readonly names: string[];
  /** The node whose inputs or subgraphs are being read. */
  current: number;
  /** Producer and consumer of each value that a node (or a subgraph of it) reads, one after the other. */
  readonly edges: number[];
  /** Does a node read what a later one makes? */
  isUnordered: boolean;
}

class GraphCheck {
  readonly #label: string;
  readonly #definitions = new Map<string, Definition>();
  readonly #levels: Level[] = [];

  constructor(label: string) {
    this.#label = label;
  }

  *graph(graph: GraphProto): Pausing<void> {
    const initializers = new Set<string>();
    for (const name of [
      ...graph.initializer.map((tensor) => tensor.name),
      ...graph.sparseInitializer.map((tensor) => tensor.values?.name ?? ''),
    ]) {
      if (initializers.has(name)) throw this.#duplicate(name, 'two initializers');
      initializers.add(name);
    }
    const inputs = graph.input.map((input) => input.name);
    yield* this.#scope(
      inputs,
      initializers,
      graph.node,
      graph.output.map((output) => output.name),
    );
  }

  *localFunction(definition: FunctionProto): Pausing<void> {
    yield* this.#scope(definition.input, new Set(), definition.node, definition.output);
  }

  *#scope(
    inputs: readonly string[],
    initializers: ReadonlySet<string>,
    nodes: readonly NodeProto[],
    outputs: readonly string[],
  ): Pausing<void> {
    const level: Level = { names: [], current: -1, edges: [], isUnordered: false };
    this.#levels.push(level);
    for (const name of inputs) this.#define(name, -1, 'two inputs');
    for (const name of initializers) {
      // Up to IR version 3 every initializer is listed as an input too.
      if (this.#definitions.get(name)?.depth !== this.#levels.length)
        this.#define(name, -1, 'two initializers');
    }
    for (const [index, node] of nodes.entries()) {
      if (index % ITEMS_PER_YIELD === 0) yield;
      if (node.opType === '') {
        throw invalidModel(
          `an operator for node ${quoted(node.name)} of ${this.#label}`,
          'none',
          EXPORT_AGAIN,
        );
      }
      for (const name of node.output) if (name !== '') this.#define(name, index, 'two outputs');
    }
    for (const [index, node] of nodes.entries()) {
      if (index % ITEMS_PER_YIELD === 0) yield;
      level.current = index;
      for (const name of node.input) if (name !== '') this.#use(name, node);
      for (const subgraph of subgraphsOf(node)) yield* this.graph(subgraph);
    }
    for (const name of outputs) {
      if (name !== '' && !this.#definitions.has(name)) {
        throw invalidModel(
          `something that makes output ${quoted(name)} of ${this.#label}`,
          'nothing',
          EXPORT_AGAIN,
        );
      }
    }
    if (level.isUnordered) this.#checkAcyclic(level, nodes);
    this.#leave(level);
  }

  #define(name: string, node: number, twice: string): void {
    const outer = this.#definitions.get(name);
    const depth = this.#levels.length;
    if (outer?.depth === depth) throw this.#duplicate(name, twice);
    this.#definitions.set(name, { depth, node, outer });
    this.#levels.at(-1)?.names.push(name);
  }

  #leave(level: Level): void {
    for (const name of level.names) {
      const outer = this.#definitions.get(name)?.outer;
      if (outer === undefined) this.#definitions.delete(name);
      else this.#definitions.set(name, outer);
    }
    this.#levels.pop();
  }

  #use(name: string, reader: NodeProto): void {
    const definition = this.#definitions.get(name);
    if (definition === undefined) {
      throw invalidModel(
        `a graph input, an initializer or a node output for input ${quoted(name)} of ${described(reader)} in ${this.#label}`,
        'nothing of that name',
        EXPORT_AGAIN,
      );
    }
    // A subgraph's reader counts as the node that holds the subgraph, at the depth where the value is made.
    const level = this.#levels[definition.depth - 1];
    if (definition.node < 0 || level === undefined) return;
    level.edges.push(definition.node, level.current);
    if (definition.node >= level.current) level.isUnordered = true;
  }

  /** Kahn's algorithm: take nodes that wait for nothing until none is left. */
  #checkAcyclic(level: Level, nodes: readonly NodeProto[]): void {
    const readers = new Map<number, number[]>();
    const waitingFor = new Int32Array(nodes.length);
    for (let i = 0; i < level.edges.length; i += 2) {
      // Both are there: edges hold pairs.
      const producer = level.edges[i] ?? 0;
      const consumer = level.edges[i + 1] ?? 0;
      waitingFor[consumer] = (waitingFor[consumer] ?? 0) + 1;
      const list = readers.get(producer);
      if (list === undefined) readers.set(producer, [consumer]);
      else list.push(consumer);
    }
    const ready: number[] = [];
    for (let i = 0; i < nodes.length; i++) if (waitingFor[i] === 0) ready.push(i);
    let done = 0;
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      done++;
      for (const consumer of readers.get(next) ?? []) {
        const left = (waitingFor[consumer] ?? 0) - 1;
        waitingFor[consumer] = left;
        if (left === 0) ready.push(consumer);
      }
    }
    if (done === nodes.length) return;
    const stuck = nodes[waitingFor.findIndex((count) => count > 0)];
    throw invalidModel(
      `a graph without cycles in ${this.#label}`,
      stuck === undefined ? 'a cycle' : `one that ${described(stuck)} is part of or waits for`,
      EXPORT_AGAIN,
    );
  }

  #duplicate(name: string, what: string): Error {
    return invalidModel(
      `unique names in ${this.#label}`,
      `${what} named ${quoted(name)}`,
      EXPORT_AGAIN,
    );
  }
}

function described(node: NodeProto): string {
  return node.name === ''
    ? `a ${quoted(node.opType)} node`
    : `node ${quoted(node.name)} (${node.opType})`;
}

/** Counts nodes with all local functions expanded, as runtimes do: calls that double at each level are a bomb. */
function checkExpansion(model: ModelProto, graph: GraphProto, label: string): void {
  if (model.functions.length === 0) return;
  const functions = new Map<string, FunctionProto>();
  for (const item of model.functions)
    functions.set(functionKey(item.domain, item.name, item.overload), item);
  const sizes = new Map<FunctionProto, number | undefined>();

  const expanded = (nodes: readonly NodeProto[], depth: number): number => {
    let count = 0;
    for (const node of nodes) {
      const called = functions.get(functionKey(node.domain, node.opType, node.overload));
      count += called === undefined ? 1 : sizeOf(called, depth + 1);
      for (const subgraph of subgraphsOf(node)) count += expanded(subgraph.node, depth);
      if (count > MAX_NODES) {
        throw unsupportedModel(
          `at most ${MAX_NODES} nodes in ${label} with its local functions expanded`,
          'more',
          'split the model',
        );
      }
    }
    return count;
  };
  const sizeOf = (item: FunctionProto, depth: number): number => {
    const known = sizes.get(item);
    if (known !== undefined) return known;
    if (sizes.has(item)) {
      throw invalidModel(
        `local functions that end in ${label}`,
        `${quoted(item.name)}, which calls itself`,
        EXPORT_AGAIN,
      );
    }
    if (depth > MAX_CALL_DEPTH) {
      throw unsupportedModel(
        `at most ${MAX_CALL_DEPTH} nested function calls in ${label}`,
        'more',
        EXPORT_AGAIN,
      );
    }
    sizes.set(item, undefined);
    const size = expanded(item.node, depth);
    sizes.set(item, size);
    return size;
  };
  expanded(graph.node, 0);
  for (const item of model.functions) sizeOf(item, 1);
}

/** Calls inside one another; the walk over them is recursive. */
const MAX_CALL_DEPTH = 1000;

function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([normalizedDomain(domain), name, overload]);
}
