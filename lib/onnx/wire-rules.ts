/** Which protobuf fields of an ONNX model its outline keeps, message by message; every other field is skipped unread. */

/**
 * `number`: one varint. `numbers`: several, packed or not, of which at most `most` are kept. `text`: bytes, kept unless
 * there are more than `most`. `values`: only counted. `costPerByte` is what decoding a byte of them costs: see
 * MAX_DECODING_COST.
 */
export type FieldRule =
  | { readonly kind: 'number' }
  | { readonly kind: 'numbers'; readonly most?: number; readonly costPerByte?: number }
  | { readonly kind: 'text'; readonly most?: number }
  | { readonly kind: 'values'; readonly costPerByte: number }
  | { readonly kind: 'message'; readonly message: MessageRules };

/** A message's rules by field number. */
export interface MessageRules {
  readonly name: string;
  /** What the walk counts or records when it meets this message. */
  readonly role: 'graph' | 'node' | 'tensor' | undefined;
  readonly fields: (FieldRule | undefined)[];
}

/** What is kept of an attribute's list of integers and of its string. */
export const MOST_ATTRIBUTE_INTS = 16;
const MOST_ATTRIBUTE_BYTES = 64;

const number: FieldRule = { kind: 'number' };
const numbers: FieldRule = { kind: 'numbers' };
const text: FieldRule = { kind: 'text' };
const values = (costPerByte: number): FieldRule => ({ kind: 'values', costPerByte });
/** Views of the file. */
const bytes = values(0);
const floats = values(1);
/** A varint may take one byte only, and becomes a BigInt. */
const VARINT_COST = 16;
const integers = values(VARINT_COST);

function rules(name: string, role?: MessageRules['role']): MessageRules {
  return { name, role, fields: [] };
}

function set(
  target: MessageRules,
  fields: Readonly<Record<number, FieldRule | MessageRules>>,
): void {
  for (const [key, rule] of Object.entries(fields)) {
    target.fields[Number(key)] = 'kind' in rule ? rule : { kind: 'message', message: rule };
  }
}

const entry = rules('StringStringEntryProto');
set(entry, { 1: text, 2: text });

const operatorSet = rules('OperatorSetIdProto');
set(operatorSet, { 1: text, 2: number });

const dimension = rules('TensorShapeProto.Dimension');
set(dimension, { 1: number, 2: text });
const shape = rules('TensorShapeProto');
set(shape, { 1: dimension });
const tensorType = rules('TypeProto.Tensor');
set(tensorType, { 1: number, 2: shape });
const type = rules('TypeProto');
const elementType = rules('TypeProto of elements');
set(elementType, { 1: type });
const mapType = rules('TypeProto.Map');
set(mapType, { 1: number, 2: type });
// 1 tensor, 4 sequence, 5 map, 7 opaque, 8 sparse tensor, 9 optional.
set(type, {
  1: tensorType,
  4: elementType,
  5: mapType,
  7: rules('TypeProto.Opaque'),
  8: tensorType,
  9: elementType,
});
const valueInfo = rules('ValueInfoProto');
set(valueInfo, { 1: text, 2: type });

const tensor = rules('TensorProto', 'tensor');
// 1 dims, 2 data_type, 8 name, 13 external_data, 14 data_location; the others are TENSOR_FIELD of data-type.ts.
set(tensor, {
  1: numbers,
  2: number,
  4: floats,
  5: integers,
  6: bytes,
  7: integers,
  8: text,
  9: bytes,
  10: floats,
  11: integers,
  13: entry,
  14: number,
});
const sparseTensor = rules('SparseTensorProto');
set(sparseTensor, { 1: tensor, 2: tensor, 3: numbers });

const graph = rules('GraphProto', 'graph');
// 1 name, 20 type, 3 i, 4 s, 8 ints, 5 t, 6 g, 10 tensors, 11 graphs, 22 sparse_tensor, 23 sparse_tensors. Of a list of
// integers as many are kept as the pads of eight axes need, and of a string a word: a tree ensemble has millions of
// numbers, a compiled model inside a node has megabytes of text. Floats (7) are only counted.
const attribute = rules('AttributeProto');
set(attribute, {
  1: text,
  20: number,
  3: number,
  4: { kind: 'text', most: MOST_ATTRIBUTE_BYTES },
  5: tensor,
  6: graph,
  7: floats,
  8: { kind: 'numbers', most: MOST_ATTRIBUTE_INTS, costPerByte: VARINT_COST },
  10: tensor,
  11: graph,
  22: sparseTensor,
  23: sparseTensor,
});
const node = rules('NodeProto', 'node');
// 1 input, 2 output, 3 name, 4 op_type, 5 attribute, 7 domain, 8 overload.
set(node, { 1: text, 2: text, 3: text, 4: text, 5: attribute, 7: text, 8: text });
// 1 node, 2 name, 5 initializer, 11 input, 12 output, 15 sparse_initializer.
set(graph, { 1: node, 2: text, 5: tensor, 11: valueInfo, 12: valueInfo, 15: sparseTensor });

const localFunction = rules('FunctionProto');
// 1 name, 4 input, 5 output, 7 node, 9 opset_import, 10 domain, 13 overload.
set(localFunction, { 1: text, 4: text, 5: text, 7: node, 9: operatorSet, 10: text, 13: text });

const model = rules('ModelProto');
// 1 ir_version, 2 producer_name, 3 producer_version, 7 graph, 8 opset_import, 25 functions.
set(model, { 1: number, 2: text, 3: text, 7: graph, 8: operatorSet, 25: localFunction });

/** Rules of the whole file. */
export const MODEL_RULES: MessageRules = model;
