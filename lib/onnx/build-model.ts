/** Builds ONNX models in a few lines: for makers of small models and for passes that add nodes. */

import { create } from '@bufbuild/protobuf';
import { invalidArgument } from '../common/index.js';
import { dataTypeCode } from './data-type.js';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type StringStringEntryProto,
  type TensorProto,
  type ValueInfoProto,
} from './gen/onnx_pb.js';

/** The value of an attribute; the key tells its type. */
export type AttributeValue =
  | { readonly int: number | bigint }
  | { readonly ints: readonly (number | bigint)[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto };

export interface NodeParts {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  /** Default: ONNX's own operators. */
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export interface GraphParts {
  readonly name?: string;
  readonly inputs?: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly initializers?: readonly TensorProto[];
  readonly nodes: readonly NodeParts[];
}

export interface ModelParts extends GraphParts {
  readonly irVersion: number;
  /** Operator set versions by domain; the default domain is ''. */
  readonly opsets: Readonly<Record<string, number>>;
}

/** A model of one graph. */
export function buildModel(parts: ModelParts): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: BigInt(parts.irVersion),
    producerName: 'enginery',
    opsetImport: Object.entries(parts.opsets).map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    graph: buildGraph(parts),
  });
}

export function buildGraph(parts: GraphParts): GraphProto {
  return create(GraphProtoSchema, {
    name: parts.name ?? 'graph',
    input: [...(parts.inputs ?? [])],
    output: [...parts.outputs],
    initializer: [...(parts.initializers ?? [])],
    node: parts.nodes.map(buildNode),
  });
}

export function buildNode(parts: NodeParts): NodeProto {
  return create(NodeProtoSchema, {
    opType: parts.type,
    domain: parts.domain ?? '',
    name: parts.name ?? '',
    input: [...parts.inputs],
    output: [...parts.outputs],
    attribute: Object.entries(parts.attributes ?? {}).map(([name, value]) =>
      buildAttribute(name, value),
    ),
  });
}

export function buildAttribute(name: string, value: AttributeValue): AttributeProto {
  const attribute = create(AttributeProtoSchema, { name });
  if ('int' in value) {
    attribute.type = AttributeType.INT;
    attribute.i = BigInt(value.int);
  } else if ('ints' in value) {
    attribute.type = AttributeType.INTS;
    attribute.ints = value.ints.map(BigInt);
  } else if ('float' in value) {
    attribute.type = AttributeType.FLOAT;
    attribute.f = value.float;
  } else if ('floats' in value) {
    attribute.type = AttributeType.FLOATS;
    attribute.floats = [...value.floats];
  } else if ('string' in value) {
    attribute.type = AttributeType.STRING;
    attribute.s = utf8(value.string);
  } else if ('strings' in value) {
    attribute.type = AttributeType.STRINGS;
    attribute.strings = value.strings.map(utf8);
  } else if ('tensor' in value) {
    attribute.type = AttributeType.TENSOR;
    attribute.t = value.tensor;
  } else {
    attribute.type = AttributeType.GRAPH;
    attribute.g = value.graph;
  }
  return attribute;
}

/** An input or output that is a tensor; `shape` absent: its rank is not known. */
export function buildValue(
  name: string,
  elementType: string,
  shape?: readonly (number | string)[],
): ValueInfoProto {
  const tensorType = create(TypeProto_TensorSchema, { elemType: requiredCode(elementType) });
  if (shape !== undefined) {
    tensorType.shape = create(TensorShapeProtoSchema, {
      dim: shape.map((size) =>
        create(TensorShapeProto_DimensionSchema, {
          value:
            typeof size === 'number'
              ? { case: 'dimValue', value: BigInt(size) }
              : { case: 'dimParam', value: size },
        }),
      ),
    });
  }
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } });
  return create(ValueInfoProtoSchema, { name, type });
}

/** A tensor whose values are the bytes of `data`, which is viewed, not copied. */
export function buildTensor(
  name: string,
  elementType: string,
  dims: readonly number[],
  data: ArrayBufferView,
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: requiredCode(elementType),
    dims: dims.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

/** A tensor whose values are in a file beside the model. */
export function buildExternalTensor(
  name: string,
  elementType: string,
  dims: readonly number[],
  range: { readonly location: string; readonly offset: number; readonly length: number },
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: requiredCode(elementType),
    dims: dims.map(BigInt),
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: Object.entries(range).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value: String(value) }),
    ),
  });
}

/** An entry of a model's metadata. */
export function buildMetadata(key: string, value: string): StringStringEntryProto {
  return create(StringStringEntryProtoSchema, { key, value });
}

function requiredCode(elementType: string): number {
  const code = dataTypeCode(elementType);
  if (code !== undefined) return code;
  throw invalidArgument(`expected the name of an ONNX element type, got "${elementType}" (string)`);
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
