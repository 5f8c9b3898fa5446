/** The element types of what an operator of ONNX gives, from those of what it reads: ONNX's type inference, shapes left out. */

import { dataTypeFromCode } from './data-type.js';
import type { OnnxOperation } from './outline.js';

/** The word for a type that is not known, as in `OnnxValueInfo`. */
export const UNKNOWN_TYPE = 'undefined';

type Rule = (operation: OnnxOperation) => readonly string[];

const always =
  (...types: readonly string[]): Rule =>
  () =>
    types;

/** The type of the input at `index`. */
const like =
  (index: number): Rule =>
  (operation) => [typeOfInput(operation, index)];

/** The type that attribute `name` states by its number, else what `otherwise` says. */
const stated =
  (name: string, otherwise: Rule): Rule =>
  (operation) => {
    const code = operation.attributes.get(name);
    return typeof code === 'number' ? [typeName(code)] : otherwise(operation);
  };

const unknown: Rule = () => [];

/** Operators whose first output is not of the type of their first input; all others have that type at every output. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ...entries(
    always('bool'),
    ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not'],
    ...['IsNaN', 'IsInf', 'StringStartsWith', 'RegexFullMatch', 'OptionalHasElement'],
  ),
  ...entries(
    always('int64'),
    ...['Shape', 'Size', 'NonZero', 'ArgMax', 'ArgMin', 'NonMaxSuppression', 'SequenceLength'],
  ),
  ...entries(always('int32'), 'ConvInteger', 'MatMulInteger'),
  ...entries(like(1), 'Where', 'CastLike', 'DequantizeLinear'),
  ...entries(like(2), 'OneHot'),
  ...entries(like(7), 'QLinearConv', 'QLinearMatMul'),
  ...entries(stated('to', unknown), 'Cast'),
  ...entries(stated('dtype', like(0)), 'EyeLike', 'Bernoulli'),
  ...entries(stated('dtype', like(0)), 'RandomNormalLike', 'RandomUniformLike'),
  ...entries(stated('dtype', always('float32')), 'RandomNormal', 'RandomUniform'),
  ...entries(stated('dtype', always('int32')), 'Multinomial'),
  ...entries(stated('output_datatype', always('float32')), 'BlackmanWindow', 'HannWindow'),
  ...entries(stated('output_datatype', always('float32')), 'HammingWindow', 'MelWeightMatrix'),
  ...entries(always('uint8', 'float32', 'uint8'), 'DynamicQuantizeLinear'),
  ...entries(
    ({ attributes }) => [tensorType(attributes.get('value'), 'float32')],
    'ConstantOfShape',
  ),
  ['Constant', constantType],
  ['QuantizeLinear', quantizedType],
  ['TopK', (operation) => [typeOfInput(operation, 0), 'int64']],
  ['MaxPool', (operation) => [typeOfInput(operation, 0), 'int64']],
  ['Dropout', (operation) => [typeOfInput(operation, 0), 'bool']],
  ['Unique', (operation) => [typeOfInput(operation, 0), 'int64', 'int64', 'int64']],
  // Sequences, optionals, strings, and what subgraphs give.
  ...entries(unknown, 'If', 'Loop', 'Scan', 'SequenceMap', 'SequenceAt', 'SequenceEmpty'),
  ...entries(unknown, 'SequenceConstruct', 'SequenceErase', 'SequenceInsert', 'SplitToSequence'),
  ...entries(unknown, 'ConcatFromSequence', 'Optional', 'OptionalGetElement', 'StringSplit'),
  ...entries(unknown, 'TfIdfVectorizer', 'ImageDecoder'),
]);

/** The element type of each output; where the list ends or says 'undefined', it is not known. */
export function resultTypes(operation: OnnxOperation): readonly string[] {
  if (operation.domain !== '') return [];
  const rule = RULES.get(operation.type);
  if (rule !== undefined) return rule(operation);
  const type = typeOfInput(operation, 0);
  return operation.outputs.map(() => type);
}

function entries(rule: Rule, ...types: readonly string[]): (readonly [string, Rule])[] {
  return types.map((type) => [type, rule]);
}

function typeOfInput({ inputs }: OnnxOperation, index: number): string {
  return inputs[index]?.elementType ?? UNKNOWN_TYPE;
}

function typeName(code: number): string {
  return dataTypeFromCode(code)?.name ?? UNKNOWN_TYPE;
}

function tensorType(value: unknown, otherwise: string): string {
  return typeof value === 'object' && value !== null && 'tensor' in value
    ? String(value.tensor)
    : otherwise;
}

function constantType({ attributes }: OnnxOperation): readonly string[] {
  const [name = ''] = attributes.keys();
  if (name.startsWith('value_int')) return ['int64'];
  if (name.startsWith('value_float')) return ['float32'];
  if (name.startsWith('value_string')) return ['string'];
  return [tensorType(attributes.get(name), UNKNOWN_TYPE)];
}

/** The zero point's type; without one, output_dtype, then uint8. */
function quantizedType(operation: OnnxOperation): readonly string[] {
  if (operation.inputs[2] !== undefined) return [typeOfInput(operation, 2)];
  const code = operation.attributes.get('output_dtype');
  return [typeof code === 'number' && code > 0 ? typeName(code) : 'uint8'];
}
