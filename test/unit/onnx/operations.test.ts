/** Tests of what an outline tells of each node: attributes, and the types of what it reads. */

import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';

import { OperatorSetIdProtoSchema } from '../../../lib/onnx/gen/onnx_pb.js';
import {
  buildGraph,
  buildModel,
  buildTensor,
  buildValue,
  encodeModel,
  readModelOutline,
  type AttributeValue,
  type ModelParts,
  type OnnxOperation,
} from '../../../lib/onnx/index.js';
import { localFunction, varint, vector } from '../../fixtures/onnx-models.js';

async function operationsOf(parts: Partial<ModelParts>): Promise<readonly OnnxOperation[]> {
  const model = buildModel({
    irVersion: 10,
    opsets: { '': 21 },
    inputs: [vector('x')],
    outputs: [],
    nodes: [],
    ...parts,
  });
  return (await readModelOutline(encodeModel(model))).operations;
}

async function attributeOf(value: AttributeValue): Promise<unknown> {
  const attributes = { a: value };
  const [operation] = await operationsOf({
    nodes: [{ type: 'Odd', inputs: ['x'], outputs: ['y'], attributes }],
  });
  expect(operation?.attributes.has('a')).toBe(true);
  return operation?.attributes.get('a');
}

/** The element types that the last node reads. */
async function typesRead(parts: Partial<ModelParts>): Promise<unknown[]> {
  const operations = await operationsOf(parts);
  return (operations.at(-1)?.inputs ?? []).map((operand) => operand?.elementType);
}

describe('attributes of an operation', () => {
  it.each([
    ['an integer', { int: -3 }, -3],
    ['integers', { ints: [1, -2, 3] }, [1, -2, 3]],
    [
      'the first sixteen of many integers',
      { ints: Array.from({ length: 40 }, (_, i) => i) },
      Array.from({ length: 16 }, (_, i) => i),
    ],
    ['a string', { string: 'not_larger' }, 'not_larger'],
    ['nothing of a long string', { string: 'x'.repeat(65) }, undefined],
    ['nothing of floats', { floats: [1] }, undefined],
    [
      'the type of a tensor',
      { tensor: buildTensor('', 'int8', [1], new Int8Array(1)) },
      { tensor: 'int8' },
    ],
  ] as const)('tell %s', async (_, value, expected) => {
    expect(await attributeOf(value)).toEqual(expected);
  });

  it('tell integers that are packed', async () => {
    const numbers = Array.from({ length: 20 }, (_, i) => varint(1000 + i));
    expect(await packedAttribute(Buffer.concat(numbers))).toEqual(
      Array.from({ length: 16 }, (_, i) => 1000 + i),
    );
  });

  it('keep little of a tree ensemble, which has millions of numbers', async () => {
    // More than the five million fields that an outline may keep.
    expect(await packedAttribute(Buffer.alloc(6_000_000, 1))).toHaveLength(16);
  });
});

/** The integers of an attribute that are one field of `bytes`, as protobuf 3 writes them. */
async function packedAttribute(bytes: Buffer): Promise<unknown> {
  const field = (number: number, content: Buffer): Buffer =>
    Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
  const type = Buffer.concat([varint(20 * 8), varint(7)]);
  const attribute = Buffer.concat([field(1, Buffer.from('a')), type, field(8, bytes)]);
  const node = Buffer.concat([field(4, Buffer.from('Odd')), field(5, attribute)]);
  const graph = Buffer.concat([field(1, node), field(2, Buffer.from('g'))]);
  const model = Buffer.concat([
    Buffer.from([8, 10]),
    field(7, graph),
    field(8, Buffer.from([16, 21])),
  ]);
  return (await readModelOutline(model)).operations[0]?.attributes.get('a');
}

describe('types that an operation reads', () => {
  it('are those of inputs, initializers and earlier nodes', async () => {
    const types = await typesRead({
      initializers: [buildTensor('w', 'int8', [2], new Int8Array(2))],
      nodes: [
        { type: 'Cast', inputs: ['x'], outputs: ['c'], attributes: { to: { int: 2 } } },
        { type: 'Odd', inputs: ['x', 'w', 'c', ''], outputs: ['y'] },
      ],
    });
    expect(types).toEqual(['float32', 'int8', 'uint8', undefined]);
  });

  it.each([
    ['Relu', ['x'], {}, ['float32']],
    ['Shape', ['x'], {}, ['int64']],
    ['Equal', ['x', 'x'], {}, ['bool']],
    ['CastLike', ['x', 'i'], {}, ['int8']],
    ['Where', ['b', 'i', 'i'], {}, ['int8']],
    ['TopK', ['x', 'k'], {}, ['float32', 'int64']],
    ['QuantizeLinear', ['x', 'x', 'i'], {}, ['int8']],
    ['QuantizeLinear', ['x', 'x'], {}, ['uint8']],
    ['QuantizeLinear', ['x', 'x'], { output_dtype: { int: 5 } }, ['int16']],
    ['DequantizeLinear', ['i', 'x'], {}, ['float32']],
    ['DynamicQuantizeLinear', ['x'], {}, ['uint8', 'float32', 'uint8']],
    ['MatMulInteger', ['i', 'i'], {}, ['int32']],
    ['Constant', [], { value_ints: { ints: [1] } }, ['int64']],
    [
      'Constant',
      [],
      { value: { tensor: buildTensor('', 'int8', [1], new Int8Array(1)) } },
      ['int8'],
    ],
    ['ConstantOfShape', ['k'], {}, ['float32']],
    ['EyeLike', ['x'], { dtype: { int: 11 } }, ['float64']],
    ['SequenceConstruct', ['x'], {}, ['undefined']],
  ] as const)('are what %s of %s gives', async (type, inputs, attributes, expected) => {
    const outputs = expected.map((_, i) => `o${i}`);
    const types = await typesRead({
      inputs: [
        vector('x'),
        buildValue('i', 'int8', [2]),
        buildValue('b', 'bool', [2]),
        buildValue('k', 'int64', [1]),
      ],
      nodes: [
        { type, inputs, outputs, attributes },
        { type: 'Odd', inputs: outputs, outputs: ['last'] },
      ],
    });
    expect(types).toEqual(expected);
  });

  it('are not known for what an operator of another domain gives', async () => {
    const types = await typesRead({
      opsets: { '': 21, mine: 1 },
      nodes: [
        { type: 'Relu', domain: 'mine', inputs: ['x'], outputs: ['o'] },
        { type: 'Odd', inputs: ['o'], outputs: ['last'] },
      ],
    });
    expect(types).toEqual(['undefined']);
  });

  it('are those of the graph around where a subgraph reads them, unless it has its own of that name', async () => {
    const branch = buildGraph({
      outputs: [buildValue('y', 'float32')],
      initializers: [buildTensor('own', 'int8', [1], new Int8Array(1))],
      nodes: [{ type: 'Odd', inputs: ['x', 'own'], outputs: ['y'] }],
    });
    const types = await typesRead({
      inputs: [vector('x'), vector('own'), buildValue('c', 'bool', [])],
      nodes: [
        {
          type: 'If',
          inputs: ['c'],
          outputs: ['z'],
          attributes: { then_branch: { graph: branch } },
        },
      ],
    });
    expect(types).toEqual(['float32', 'int8']);
  });
});

describe('where a value comes from', () => {
  it('is told: an input, a constant or a node', async () => {
    const operations = await operationsOf({
      initializers: [buildTensor('w', 'float32', [2], new Float32Array(2))],
      nodes: [
        { type: 'Constant', inputs: [], outputs: ['c'], attributes: { value_int: { int: 1 } } },
        { type: 'Relu', inputs: ['x'], outputs: ['r'] },
        { type: 'Odd', inputs: ['x', 'w', 'c', 'r'], outputs: ['y'] },
      ],
    });
    const last = operations.at(-1)?.inputs ?? [];
    expect(last.map((operand) => operand?.source)).toEqual([
      'input',
      'constant',
      'constant',
      'inner',
    ]);
    expect(last.map((operand) => operand?.shape)).toEqual([[2], [2], undefined, undefined]);
  });
});

describe('versions', () => {
  it('of a function are its own', async () => {
    const model = buildModel({
      irVersion: 10,
      opsets: { '': 21, mine: 1 },
      inputs: [vector('x')],
      outputs: [],
      nodes: [{ type: 'F', domain: 'mine', inputs: ['x'], outputs: ['y'] }],
    });
    const definition = localFunction('F', [{ type: 'Relu', inputs: ['a'], outputs: ['b'] }]);
    definition.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: '', version: 13n }));
    model.functions.push(definition);
    const { operations } = await readModelOutline(encodeModel(model));
    expect(operations.map(({ type, opset }) => [type, opset])).toEqual([
      ['F', 1],
      ['Relu', 13],
    ]);
  });
});
