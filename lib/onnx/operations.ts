/** Lists every node of a model with the types of what it reads, found by one pass over the graphs in file order. */

import { dataTypeFromCode } from './data-type.js';
import { subgraphsOf } from './graph.js';
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  ValueInfoProto,
} from './gen/onnx_pb.js';
import { AttributeProto_AttributeType as AttributeType } from './gen/onnx_pb.js';
import { normalizedDomain } from './metadata.js';
import type { OnnxAttributeValue, OnnxOperand, OnnxOperation } from './outline.js';
import { resultTypes, UNKNOWN_TYPE } from './result-types.js';
import { ITEMS_PER_YIELD, type Pausing } from './time-slices.js';

/** The operations of a reduced model. A node that stands before what it reads sees it as of unknown type. */
export function* operationsOf(
  model: ModelProto,
  graph: GraphProto,
  opsets: ReadonlyMap<string, number>,
): Pausing<readonly OnnxOperation[]> {
  const operations: OnnxOperation[] = [];
  yield* new Listing(operations, opsets).graph(graph, undefined);
  for (const { node, opsetImport } of model.functions) {
    const own = opsetImport.map(
      ({ domain, version }) => [normalizedDomain(domain), Number(version)] as const,
    );
    // A function that names no versions is read with the model's.
    const versions = own.length > 0 ? new Map(own) : opsets;
    yield* new Listing(operations, versions).nodes(node, new Scope(undefined));
  }
  return operations;
}

/** The values that a graph has by name, its own first, then those of the graphs around it. */
class Scope {
  readonly #own = new Map<string, OnnxOperand>();
  readonly #around: Scope | undefined;

  constructor(around: Scope | undefined) {
    this.#around = around;
  }

  add(operand: OnnxOperand): void {
    this.#own.set(operand.name, operand);
  }

  find(name: string): OnnxOperand | undefined {
    return this.#own.get(name) ?? this.#around?.find(name);
  }
}

class Listing {
  readonly #operations: OnnxOperation[];
  readonly #opsets: ReadonlyMap<string, number>;

  constructor(operations: OnnxOperation[], opsets: ReadonlyMap<string, number>) {
    this.#operations = operations;
    this.#opsets = opsets;
  }

  *graph(graph: GraphProto, around: Scope | undefined): Pausing<void> {
    const scope = new Scope(around);
    const source = around === undefined ? 'input' : 'inner';
    for (const info of graph.input) scope.add(operandOf(info, source));
    // After the inputs: up to IR version 3 initializers are listed as inputs too.
    for (const [index, { name, dataType, dims }] of graph.initializer.entries()) {
      if (index % ITEMS_PER_YIELD === 0) yield;
      const elementType = typeName(dataType);
      scope.add({ name, source: 'constant', elementType, shape: dims.map(Number) });
    }
    yield* this.nodes(graph.node, scope);
  }

  *nodes(nodes: readonly NodeProto[], scope: Scope): Pausing<void> {
    for (const [index, node] of nodes.entries()) {
      if (index % ITEMS_PER_YIELD === 0) yield;
      const operation = this.#operation(node, scope);
      this.#operations.push(operation);
      const types = resultTypes(operation);
      const source = operation.type === 'Constant' ? 'constant' : 'inner';
      for (const [i, name] of node.output.entries()) {
        scope.add({ name, source, elementType: types[i] ?? UNKNOWN_TYPE, shape: undefined });
      }
      for (const subgraph of subgraphsOf(node)) yield* this.graph(subgraph, scope);
    }
  }

  #operation(node: NodeProto, scope: Scope): OnnxOperation {
    const domain = normalizedDomain(node.domain);
    return {
      type: node.opType,
      domain,
      opset: this.#opsets.get(domain),
      attributes: new Map(node.attribute.map((one) => [one.name, attributeValue(one)])),
      inputs: node.input.map((name) => {
        return name === '' ? undefined : (scope.find(name) ?? unknown(name));
      }),
      outputs: node.output,
    };
  }
}

function unknown(name: string): OnnxOperand {
  return { name, source: 'inner', elementType: UNKNOWN_TYPE, shape: undefined };
}

function typeName(code: number): string {
  return dataTypeFromCode(code)?.name ?? UNKNOWN_TYPE;
}

function operandOf({ name, type }: ValueInfoProto, source: OnnxOperand['source']): OnnxOperand {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined;
  return {
    name,
    source,
    elementType: typeName(tensor?.elemType ?? 0),
    shape: tensor?.shape?.dim.map(({ value }) =>
      value.case === 'dimValue' ? Number(value.value) : (value.value ?? ''),
    ),
  };
}

function attributeValue({ type, i, ints, s, t }: AttributeProto): OnnxAttributeValue {
  if (type === AttributeType.INT) return Number(i);
  if (type === AttributeType.INTS) return ints.map(Number);
  if (type === AttributeType.TENSOR) return { tensor: typeName(t?.dataType ?? 0) };
  // A long string was not kept.
  if (type === AttributeType.STRING && s.length > 0) return Buffer.from(s).toString('utf8');
  return undefined;
}
