/** The ends of a model become 8-bit, and everything else of it stays. */

import { describe, expect, it } from 'vitest';

import {
  buildGraph,
  buildModel,
  buildTensor,
  buildValue,
  decodeModel,
  encodeModel,
  hasFourBitBoundary,
  readModelOutline,
  widenFourBitBoundary,
  type FourBitBoundary,
  type ModelParts,
  type ModelProto,
} from '../../../lib/onnx/index.js';
import { localFunction } from '../../fixtures/onnx-models.js';

const INT4 = 22;
const INT8 = 3;

const identity = (from: string, to: string) => ({
  type: 'Identity',
  inputs: [from],
  outputs: [to],
});

function fourBit(parts: Partial<ModelParts> = {}): ModelProto {
  return buildModel({
    irVersion: 10,
    opsets: { '': 21 },
    inputs: [buildValue('x', 'int4', ['n'])],
    outputs: [buildValue('y', 'uint4', ['n'])],
    nodes: [identity('x', 'y')],
    ...parts,
  });
}

function widened(model: ModelProto): FourBitBoundary & { model: ModelProto } {
  const boundary = widenFourBitBoundary(model);
  return { ...boundary, model: decodeModel(encodeModel(model)) };
}

const ways = ({ graph }: ModelProto): string[] =>
  (graph?.node ?? []).map(
    ({ opType, input, output }) => `${input.join()} ${opType} ${output.join()}`,
  );

const elementTypes = (values: readonly { name: string; type?: unknown }[] | undefined): object =>
  Object.fromEntries(
    (values ?? []).map(({ name, type }) => [
      name,
      (type as { value: { value: { elemType: number } } }).value.value.elemType,
    ]),
  );

describe('hasFourBitBoundary', () => {
  const asked = async (parts: Partial<ModelParts>): Promise<boolean> =>
    hasFourBitBoundary(await readModelOutline(encodeModel(fourBit(parts))));
  const float = [buildValue('f', 'float32', ['n'])];

  it('sees a 4-bit input or output', async () => {
    expect(await asked({})).toBe(true);
    expect(await asked({ inputs: float, nodes: [identity('f', 'y')] })).toBe(true);
    const out = { outputs: [buildValue('z', 'float32', ['n'])], nodes: [identity('x', 'z')] };
    expect(await asked(out)).toBe(true);
    expect(await asked({ ...out, inputs: float, nodes: [identity('f', 'z')] })).toBe(false);
  });

  it('wants the operator set in which Cast has the types', async () => {
    expect(await asked({ opsets: { '': 20 } })).toBe(false);
    expect(await asked({ opsets: { mine: 21 } })).toBe(false);
    expect(await asked({ opsets: { 'ai.onnx': 21 } })).toBe(true);
  });
});

describe('widenFourBitBoundary', () => {
  it('casts at both ends and keeps names, shapes and the inner type', () => {
    const { model, inputs, outputs } = widened(fourBit());
    expect([...inputs]).toEqual([['x', 'int4']]);
    expect([...outputs]).toEqual([['y', 'uint4']]);
    expect(ways(model)).toEqual(['x Cast x_int4', 'x_int4 Identity y_uint4', 'y_uint4 Cast y']);
    expect(elementTypes(model.graph?.input)).toEqual({ x: INT8 });
    expect(elementTypes(model.graph?.output)).toEqual({ y: 2 });
    expect(elementTypes(model.graph?.valueInfo)).toEqual({ x_int4: INT4, y_uint4: 21 });
    expect(model.graph?.input[0]?.type?.value).toMatchObject({
      value: { shape: { dim: [{ value: { case: 'dimParam', value: 'n' } }] } },
    });
  });

  it('takes names that no graph of the model has', () => {
    const body = buildGraph({
      outputs: [buildValue('y_uint4', 'int4')],
      nodes: [identity('x', 'y_uint4')],
    });
    const holder = {
      type: 'If',
      inputs: ['c'],
      outputs: ['x_int4'],
      attributes: { then_branch: { graph: body } },
    };
    const { model } = widened(fourBit({ nodes: [holder, identity('x_int4', 'y')] }));
    expect(ways(model)).toEqual([
      'x Cast x_int4_2',
      'c If x_int4',
      'x_int4 Identity y_uint4_2',
      'y_uint4_2 Cast y',
    ]);
    const inner = model.graph?.node[1]?.attribute[0]?.g;
    expect(inner?.node[0]).toMatchObject({ input: ['x_int4_2'], output: ['y_uint4'] });
    expect(inner?.output[0]?.name).toBe('y_uint4');
  });

  it('leaves a subgraph alone that has a value of the same name itself', () => {
    const body = buildGraph({
      inputs: [buildValue('x', 'int4')],
      outputs: [buildValue('x', 'int4')],
      nodes: [identity('x', 'z')],
    });
    const loop = {
      type: 'Loop',
      inputs: ['x'],
      outputs: ['y'],
      attributes: { body: { graph: body } },
    };
    const { model } = widened(fourBit({ nodes: [loop] }));
    const inner = model.graph?.node[1]?.attribute[0]?.g;
    expect(inner?.node[0]?.input).toEqual(['x']);
    expect(inner?.output[0]?.name).toBe('x');
  });

  it('hands an input that is an output back as it is', () => {
    const model = fourBit({ outputs: [buildValue('x', 'int4', ['n'])], nodes: [] });
    const { model: after, outputs } = widened(model);
    expect(ways(after)).toEqual(['x Cast x_int4']);
    expect([...outputs]).toEqual([['x', 'int4']]);
    expect(elementTypes(after.graph?.output)).toEqual({ x: INT8 });
  });

  it('returns a constant, and leaves inputs with a default value', () => {
    const zero = buildTensor('y', 'uint4', [2], new Uint8Array([0x21]));
    const defaulted = buildTensor('d', 'int4', [2], new Uint8Array([0x21]));
    const { model, inputs } = widened(
      fourBit({
        inputs: [buildValue('d', 'int4', [2])],
        initializers: [zero, defaulted],
        nodes: [],
      }),
    );
    expect(inputs.size).toBe(0);
    expect(elementTypes(model.graph?.input)).toEqual({ d: INT4 });
    expect(model.graph?.initializer.map(({ name }) => name)).toEqual(['y_uint4', 'd']);
    expect(ways(model)).toEqual(['y_uint4 Cast y']);
  });

  it('leaves local functions and other values as they are', () => {
    const model = fourBit({
      inputs: [buildValue('x', 'int4'), buildValue('s', 'float32')],
      outputs: [buildValue('y', 'uint4'), buildValue('t', 'float32')],
      nodes: [identity('x', 'y'), { ...identity('s', 't'), domain: 'mine', type: 'F' }],
    });
    model.functions.push(localFunction('F', [identity('a', 'b')]));
    const before = model.functions[0];
    const { model: after } = widened(model);
    expect(after.functions[0]).toEqual(before);
    expect(elementTypes(after.graph?.input)).toEqual({ x: INT8, s: 1 });
    expect(ways(after)).toContain('s F t');
  });
});
