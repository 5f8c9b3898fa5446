/**
 * Gives a model 8-bit inputs and outputs in place of 4-bit ones, for a runtime that computes with 4-bit values and takes
 * and returns none. Names stay: input `x` of int4 becomes `x` of int8 and a Cast to what the nodes read, and outputs the
 * same backwards. Everything else of the model is left as it is.
 */

import { clone } from '@bufbuild/protobuf';
import { buildNode } from './build-model.js';
import { definedNames } from './captures.js';
import { dataTypeCode } from './data-type.js';
import {
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from './gen/onnx_pb.js';
import { subgraphsOf } from './graph.js';
import { NameAllocator } from './name-allocator.js';
import type { ModelOutline } from './outline.js';

export type FourBitType = 'int4' | 'uint4';

/** The 4-bit inputs and outputs that became 8-bit ones, by name. */
export interface FourBitBoundary {
  readonly inputs: ReadonlyMap<string, FourBitType>;
  readonly outputs: ReadonlyMap<string, FourBitType>;
}

const WIDE = Object.freeze({ int4: 'int8', uint4: 'uint8' } as const);

/** The first operator set whose Cast has 4-bit types. */
const FIRST_OPSET = 21;

/** Has the model 4-bit tensors among its inputs and outputs, and the operator that widens them? */
export function hasFourBitBoundary({ opsets, inputs, outputs }: ModelOutline): boolean {
  const isFourBit = [...inputs, ...outputs].some(
    ({ kind, elementType }) => kind === 'tensor' && elementType in WIDE,
  );
  return isFourBit && (opsets.get('') ?? 0) >= FIRST_OPSET;
}

/** Widens the ends of `model`, which `hasFourBitBoundary`. */
export function widenFourBitBoundary(model: ModelProto): FourBitBoundary {
  const { graph } = model;
  if (graph === undefined) return { inputs: new Map(), outputs: new Map() };
  const constants = new Set(graph.initializer.map(({ name }) => name));
  // An input with a default value is none that a caller feeds.
  const inputs = fourBitValues(graph.input.filter(({ name }) => !constants.has(name)));
  const outputs = fourBitValues(graph.output);
  // What the nodes go on to read or make.
  const names = new NameAllocator(model);
  const renames = new Map<string, string>();
  for (const [name, type] of new Map([...inputs, ...outputs]))
    renames.set(name, names.unique(`${name}_${type}`));
  keepInnerTypes(graph, [...graph.input, ...graph.output], renames);
  renameValues(graph, renames);
  const narrowing = [...inputs].map(([name, type]) => cast(name, renames.get(name) ?? '', type));
  const widening = [...outputs]
    // An output that is an input too comes back as it was fed.
    .filter(([name]) => !inputs.has(name))
    .map(([name, type]) => cast(renames.get(name) ?? '', name, WIDE[type]));
  graph.node = [...narrowing, ...graph.node, ...widening];
  for (const value of graph.input) widen(value, inputs);
  for (const value of graph.output) widen(value, outputs);
  return { inputs, outputs };
}

function fourBitValues(values: readonly ValueInfoProto[]): Map<string, FourBitType> {
  const found = new Map<string, FourBitType>();
  for (const { name, type } of values) {
    const code = type?.value.case === 'tensorType' ? type.value.value.elemType : undefined;
    if (code === dataTypeCode('int4')) found.set(name, 'int4');
    if (code === dataTypeCode('uint4')) found.set(name, 'uint4');
  }
  return found;
}

function widen({ name, type }: ValueInfoProto, types: ReadonlyMap<string, FourBitType>): void {
  const fourBit = types.get(name);
  if (fourBit === undefined || type?.value.case !== 'tensorType') return;
  type.value.value.elemType = dataTypeCode(WIDE[fourBit]) ?? 0;
}

function cast(from: string, to: string, type: string): NodeProto {
  const attributes = { to: { int: dataTypeCode(type) ?? 0 } };
  return buildNode({
    type: 'Cast',
    name: `${from} as ${type}`,
    inputs: [from],
    outputs: [to],
    attributes,
  });
}

/** The type of an output of an unknown operator stands nowhere else than in the output that is about to change. */
function keepInnerTypes(
  graph: GraphProto,
  ends: readonly ValueInfoProto[],
  renames: ReadonlyMap<string, string>,
): void {
  const known = new Set(graph.valueInfo.map(({ name }) => name));
  for (const value of ends) {
    if (!renames.has(value.name) || known.has(value.name)) continue;
    known.add(value.name);
    graph.valueInfo.push(clone(ValueInfoProtoSchema, value));
  }
}

/** Renames values wherever the graph makes or reads them, in its subgraphs too; its inputs and outputs keep their names. */
function renameValues(graph: GraphProto, renames: ReadonlyMap<string, string>): void {
  const renamed = (name: string): string => renames.get(name) ?? name;
  for (const tensor of graph.initializer) tensor.name = renamed(tensor.name);
  for (const { values } of graph.sparseInitializer) {
    if (values !== undefined) values.name = renamed(values.name);
  }
  for (const value of graph.valueInfo) value.name = renamed(value.name);
  for (const annotation of graph.quantizationAnnotation) {
    annotation.tensorName = renamed(annotation.tensorName);
  }
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    for (const subgraph of subgraphsOf(node)) {
      const own = definedNames(subgraph);
      const visible = new Map([...renames].filter(([name]) => !own.has(name)));
      renameValues(subgraph, visible);
      for (const output of subgraph.output) output.name = visible.get(output.name) ?? output.name;
    }
  }
}
