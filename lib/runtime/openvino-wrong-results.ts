/**
 * Operators that OpenVINO computes wrongly, by operator set, type and attribute: a model that has one goes to the next
 * provider. Measured on the CPU device of OpenVINO 2026.4.1 against ONNX Runtime 1.30 and the ONNX backend vectors; for
 * each rule test/integration/wrong-results.test.ts has a model that OpenVINO computes wrongly without it. Results that
 * are wrong only for extreme values are listed in docs/conformance.md and not refused here.
 */

import type { OnnxOperation } from '../onnx/index.js';

/** One known wrong result. */
export interface WrongResult {
  /** Names it in tests. */
  readonly name: string;
  /** Operators of ONNX's own domain. */
  readonly operators: readonly string[];
  /** First and last version of the operator set; absent: every version. */
  readonly opsets?: readonly [first: number, last: number];
  /** Is it this case? Absent: always. */
  readonly when?: (operation: OnnxOperation) => boolean;
  /** What OpenVINO does, for the message. */
  readonly does: string;
}

const BYTES = ['uint8', 'int8'];
const INTEGERS = [
  ...BYTES,
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'uint4',
  'int4',
];

export const WRONG_RESULTS: readonly WrongResult[] = Object.freeze<WrongResult[]>([
  {
    name: 'bytes-wrap',
    operators: ['Add', 'Sub', 'Mul'],
    when: (operation) => BYTES.includes(typeOf(operation, 0)),
    does: 'saturates 8-bit integers where they wrap around (uint8 2 - 3 is 0 instead of 255)',
  },
  {
    name: 'bytes-divide',
    operators: ['Div'],
    when: (operation) => BYTES.includes(typeOf(operation, 0)),
    does: 'rounds the quotient of 8-bit integers on older CPUs (5 / 3 is 2)',
  },
  {
    name: 'bytes-shift',
    operators: ['BitShift'],
    when: (operation) => BYTES.includes(typeOf(operation, 0)),
    does: 'multiplies and divides 8-bit integers: bits that leave saturate, and 7 >> 1 is 4 on older CPUs',
  },
  {
    name: 'reduce-axes',
    operators: ['ReduceL1', 'ReduceLogSum', 'ReduceLogSumExp'],
    opsets: [13, 17],
    when: ({ attributes }) => attributes.has('axes'),
    does: 'reduces over all axes: it looks for them in an input, which operator set 18 brought',
  },
  {
    name: 'reduce-empty',
    operators: ['ReduceMax', 'ReduceMin'],
    when: ({ inputs }) => inputs[0]?.shape?.includes(0) === true,
    does: 'gives the largest finite number for the extreme of no values, which is infinite',
  },
  {
    name: 'tile-repeats',
    operators: ['Tile'],
    when: ({ inputs: [data, repeats] }) =>
      repeats?.source !== 'constant' && !(rankOf(data?.shape, repeats?.shape) < 4),
    does: 'gives memory that it has not written for four axes or more when the repeats are not constant',
  },
  {
    name: 'resize-exclude-outside',
    operators: ['Resize'],
    when: (operation) => isSet(operation, 'exclude_outside'),
    does: 'ignores exclude_outside',
  },
  {
    name: 'resize-antialias',
    operators: ['Resize'],
    when: (operation) => isSet(operation, 'antialias'),
    does: 'ignores antialias',
  },
  {
    name: 'resize-aspect-ratio',
    operators: ['Resize'],
    when: ({ attributes }) =>
      (attributes.get('keep_aspect_ratio_policy') ?? 'stretch') !== 'stretch',
    does: 'ignores keep_aspect_ratio_policy',
  },
  {
    name: 'resize-integers',
    operators: ['Resize'],
    when: (operation) =>
      INTEGERS.includes(typeOf(operation, 0)) &&
      (operation.attributes.get('mode') ?? 'nearest') !== 'nearest',
    does: 'rounds interpolated integers where ONNX Runtime cuts their fraction off',
  },
  {
    name: 'max-pool-ceil',
    operators: ['MaxPool'],
    when: startsBeyondInput,
    does: 'counts windows that start behind the input',
  },
  {
    name: 'average-pool-ceil',
    operators: ['AveragePool'],
    when: (operation) =>
      isSet(operation, 'ceil_mode') &&
      isSet(operation, 'count_include_pad') &&
      integers(operation, 'pads').some((pad) => pad > 0),
    does: 'divides by the size of the whole window where it reaches beyond the padding',
  },
  {
    name: 'max-pool-column-major',
    operators: ['MaxPool'],
    when: (operation) => isSet(operation, 'storage_order') && hasOutput(operation, 1),
    does: 'mixes row-major and column-major indices',
  },
  {
    name: 'recurrent-layout',
    operators: ['RNN', 'GRU', 'LSTM'],
    when: (operation) => isSet(operation, 'layout'),
    does: 'ignores layout: it takes the batch for the sequence',
  },
  {
    name: 'lstm-peepholes',
    operators: ['LSTM'],
    when: ({ inputs }) => inputs[7] !== undefined,
    does: 'ignores the weights of the peepholes',
  },
  {
    name: 'lstm-input-forget',
    operators: ['LSTM'],
    when: (operation) => isSet(operation, 'input_forget'),
    does: 'ignores input_forget',
  },
  {
    name: 'dft-axis-input',
    operators: ['DFT'],
    opsets: [20, Infinity],
    does: 'ignores the axis, an input since operator set 20, and takes 1 in place of the default -2',
  },
  {
    name: 'dft-negative-axis',
    operators: ['DFT'],
    opsets: [17, 19],
    when: ({ attributes }) => Number(attributes.get('axis') ?? 1) < 0,
    does: 'takes another axis for a negative one',
  },
  {
    name: 'roi-align-max',
    operators: ['RoiAlign'],
    when: ({ attributes }) => attributes.get('mode') === 'max',
    does: 'interpolates before it takes the largest value, other than ONNX Runtime',
  },
  {
    name: 'top-k-integers',
    operators: ['TopK'],
    when: (operation) => INTEGERS.includes(typeOf(operation, 0)) && hasOutput(operation, 1),
    does: 'gives the indices of equal values in any order, and equal integers are common',
  },
  {
    name: 'dynamic-quantize',
    operators: ['DynamicQuantizeLinear'],
    does: 'rounds otherwise half-way between two steps, where the middle of the range always lies',
  },
  {
    name: 'quantize-computed',
    operators: ['QuantizeLinear'],
    when: ({ inputs: [, , zeroPoint] }) => zeroPoint?.source === 'inner',
    does: 'rounds after it has added the zero point, and a computed zero point can be odd',
  },
  {
    name: 'quantize-16-bits',
    operators: ['QuantizeLinear'],
    when: ({ inputs: [, , zeroPoint] }) =>
      zeroPoint !== undefined &&
      zeroPoint.source !== 'constant' &&
      ['uint16', 'int16'].includes(zeroPoint.elementType),
    does: 'rounds after it has added the zero point, and one that is fed can be odd',
  },
]);

/** The first operation that is in the table, and its rule. */
export function findWrongResult(
  operations: readonly OnnxOperation[],
): { readonly operation: OnnxOperation; readonly rule: WrongResult } | undefined {
  for (const operation of operations) {
    if (operation.domain !== '') continue;
    const rule = BY_OPERATOR.get(operation.type)?.find((one) => applies(one, operation));
    if (rule !== undefined) return { operation, rule };
  }
  return undefined;
}

/** So that a node of an operator that is in no rule costs one look. */
const BY_OPERATOR: ReadonlyMap<string, readonly WrongResult[]> = new Map(
  WRONG_RESULTS.flatMap(({ operators }) => operators).map((type) => [
    type,
    WRONG_RESULTS.filter(({ operators }) => operators.includes(type)),
  ]),
);

function applies(
  { opsets: [first, last] = [1, Infinity], when }: WrongResult,
  operation: OnnxOperation,
): boolean {
  const { opset } = operation;
  return opset !== undefined && first <= opset && opset <= last && (when?.(operation) ?? true);
}

function typeOf({ inputs }: OnnxOperation, index: number): string {
  return inputs[index]?.elementType ?? 'undefined';
}

function isSet({ attributes }: OnnxOperation, name: string): boolean {
  return (attributes.get(name) ?? 0) !== 0;
}

function integers({ attributes }: OnnxOperation, name: string): readonly number[] {
  const value = attributes.get(name);
  return Array.isArray(value) ? (value as readonly number[]) : [];
}

function hasOutput({ outputs }: OnnxOperation, index: number): boolean {
  return (outputs[index] ?? '') !== '';
}

/** The number of axes, from the data's shape or from the length of a list that has one entry for each; NaN: not known. */
function rankOf(
  shape: readonly (number | string)[] | undefined,
  listShape: readonly (number | string)[] | undefined,
): number {
  return shape?.length ?? Number(listShape?.[0] ?? NaN);
}

/**
 * With ceil_mode the last window can start in the padding behind the input, and ONNX leaves it out. It cannot where the
 * end's padding and a stride fit into the window.
 */
function startsBeyondInput(operation: OnnxOperation): boolean {
  const automatic = operation.attributes.get('auto_pad') ?? 'NOTSET';
  if (!isSet(operation, 'ceil_mode') || automatic !== 'NOTSET') return false;
  const kernel = integers(operation, 'kernel_shape');
  const strides = integers(operation, 'strides');
  const pads = integers(operation, 'pads');
  const dilations = integers(operation, 'dilations');
  return kernel.some((size, axis) => {
    const window = (size - 1) * (dilations[axis] ?? 1) + 1;
    return (pads[kernel.length + axis] ?? 0) + (strides[axis] ?? 1) > window;
  });
}
