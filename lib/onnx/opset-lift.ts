/** Brings a model to a newer version of ONNX's operators, with the same meaning: per-channel DequantizeLinear wants 13. */

import { unsupportedModel, invalidModel, EXPORT_AGAIN } from './model-error.js';
import { invalidArgument } from '../common/index.js';
import { buildTensor } from './build-model.js';
import { dataTypeFromCode } from './data-type.js';
import type { GraphProto, ModelProto, NodeProto } from './gen/onnx_pb.js';
import { subgraphsOf } from './graph.js';
import { normalizedDomain } from './metadata.js';
import { NameAllocator } from './name-allocator.js';
import { LIFT_RULES, type LiftScope } from './opset-rules.js';
import { opsetVersion, setOpsetVersion } from './opset.js';

/** The oldest version that can be lifted, and the newest that the rules know. */
export const OLDEST_LIFTED_OPSET = 10;
export const NEWEST_LIFTED_OPSET = 21;

export interface LiftOptions {
  /** The rank of a value of the top-level graph, where it is known: Softmax then needs no Reshape around it. */
  readonly rankOf?: (name: string) => number | undefined;
}

/**
 * Raises ONNX's own operator set to `target`, in place, subgraphs included; a model of that version or a newer one is
 * left as it is. Returns whether anything was done. Throws MODEL_UNSUPPORTED below version 10, for local functions, and
 * for the few nodes whose meaning the newer version cannot express.
 */
export function liftOpset(model: ModelProto, target: number, options: LiftOptions = {}): boolean {
  if (!(target <= NEWEST_LIFTED_OPSET)) {
    throw invalidArgument(
      `expected an operator set version up to ${NEWEST_LIFTED_OPSET} to lift to, got ${target}`,
    );
  }
  const from = opsetVersion(model);
  if (from === undefined || model.graph === undefined)
    throw invalidModel("a graph and a version of ONNX's operators", 'none', EXPORT_AGAIN);
  if (from >= target) return false;
  if (from < OLDEST_LIFTED_OPSET) {
    throw unsupportedModel(
      `operator set version ${OLDEST_LIFTED_OPSET} or newer to raise it to ${target}`,
      String(from),
      'export the model again for opset 13 or newer',
    );
  }
  if (model.functions.length > 0) {
    throw unsupportedModel(
      `a model without local functions to raise its operator set version from ${from} to ${target}`,
      `${model.functions.length} functions`,
      `export it for opset ${target}, or inline its functions`,
    );
  }
  new Lift(model, from, target, options).graph(model.graph, undefined);
  setOpsetVersion(model, target);
  return true;
}

class Lift {
  readonly #names: NameAllocator;
  readonly #from: number;
  readonly #target: number;
  readonly #options: LiftOptions;

  constructor(model: ModelProto, from: number, target: number, options: LiftOptions) {
    this.#names = new NameAllocator(model);
    this.#from = from;
    this.#target = target;
    this.#options = options;
  }

  graph(graph: GraphProto, outer: LiftScope | undefined): void {
    const scope = this.#scope(graph, outer);
    graph.node = graph.node.flatMap((node) => {
      for (const subgraph of subgraphsOf(node)) this.graph(subgraph, scope);
      return this.#node(node, scope);
    });
  }

  #node(node: NodeProto, scope: LiftScope): NodeProto[] {
    if (normalizedDomain(node.domain) !== '') return [node];
    let nodes = [node];
    for (const { types, version, rewrite } of LIFT_RULES) {
      if (version <= this.#from || version > this.#target) continue;
      // A rule puts helpers around the operator, never a second one of its type.
      nodes = nodes.flatMap((one) => (types.includes(one.opType) ? rewrite(one, scope) : [one]));
    }
    return nodes;
  }

  #scope(graph: GraphProto, outer: LiftScope | undefined): LiftScope {
    const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    const producers = new Map(
      graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)),
    );
    const inputs = new Set(graph.input.map(({ name }) => name));
    const infos = new Map(
      [...graph.valueInfo, ...graph.input, ...graph.output].map((info) => [info.name, info]),
    );
    // A name made here hides the one of a graph around it.
    const around = (name: string): LiftScope | undefined =>
      inputs.has(name) || initializers.has(name) || producers.has(name) ? undefined : outer;
    const rankOf = outer === undefined ? this.#options.rankOf : undefined;
    return {
      uniqueName: (wanted) => this.#names.unique(wanted),
      producer: (name) => producers.get(name) ?? around(name)?.producer(name),
      initializer: (name) => initializers.get(name) ?? around(name)?.initializer(name),
      rankOf: (name) => rankOf?.(name),
      elementTypeOf: (name) => {
        const type = infos.get(name)?.type?.value;
        const code = type?.case === 'tensorType' ? type.value.elemType : 0;
        return dataTypeFromCode(initializers.get(name)?.dataType ?? code)?.name;
      },
      addConstant: (wanted, elementType, dims, data) => {
        const name = this.#names.unique(wanted);
        graph.initializer.push(buildTensor(name, elementType, dims, data));
        return name;
      },
    };
  }
}
