/** Tests of what an outline tells of valid models. */

import { closeSync, ftruncateSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  buildExternalTensor,
  buildGraph,
  buildTensor,
  buildValue,
  decodeModel,
  readModelOutline,
  type OnnxValueInfo,
} from '../../../lib/onnx/index.js';
import { SparseTensorProtoSchema, ValueInfoProtoSchema } from '../../../lib/onnx/gen/onnx_pb.js';
import { modelPath, temporaryFolder } from '../../fixtures/models.js';
import { localFunction, reluBytes, varint, vector } from '../../fixtures/onnx-models.js';

/** Refused by ONNX Runtime, each for the reason that models/README.md gives. */
const REFUSED_BY_ONNX_RUNTIME = new Set([
  'external-outside.onnx',
  'identity-int4.onnx',
  'identity-uint4.onnx',
  'unsupported-op.onnx',
]);

const BOTH = readdirSync(modelPath('small'))
  .filter((name) => name.endsWith('.onnx') && !REFUSED_BY_ONNX_RUNTIME.has(name))
  .map((name) => `small/${name}`)
  .concat('digits/digits_cnn.onnx', 'digits/digits_cnn_skewed.onnx');

function asMetadata(values: readonly OnnxValueInfo[]): unknown {
  return values.map(({ name, kind, elementType, shape }) => ({
    name,
    isTensor: kind === 'tensor',
    type: elementType,
    shape,
  }));
}

describe('readModelOutline', () => {
  it.each(BOTH)('names inputs and outputs of %s as onnxruntime-node does', async (name) => {
    const outline = await readModelOutline(modelPath(name));
    const session = await ort.InferenceSession.create(modelPath(name), { logSeverityLevel: 4 });
    expect(asMetadata(outline.inputs)).toEqual(session.inputMetadata);
    expect(asMetadata(outline.outputs)).toEqual(session.outputMetadata);
    await session.release();
  });

  it('reads the same from bytes as from a path', async () => {
    const path = modelPath('digits/digits_cnn.onnx');
    expect(await readModelOutline(readFileSync(path))).toEqual(await readModelOutline(path));
  });

  it('counts operators, most used first', async () => {
    const { operators, nodes } = await readModelOutline(modelPath('digits/digits_cnn.onnx'));
    expect(operators[0]).toEqual({ domain: '', type: 'BatchNormalization', count: 17 });
    expect(operators.reduce((sum, { count }) => sum + count, 0)).toBe(nodes.length);
    expect(nodes[0]).toMatchObject({
      type: 'Conv',
      domain: '',
      inputs: ['input', expect.anything()],
    });
  });

  it('tells where the bytes of each initializer lie', async () => {
    const bytes = readFileSync(modelPath('digits/digits_cnn.onnx'));
    const { initializers, initializerBytes } = await readModelOutline(bytes);
    const tensors = decodeModel(bytes).graph?.initializer ?? [];
    expect(initializers.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name));
    let total = 0;
    for (const [i, { data }] of initializers.entries()) {
      if (data.kind !== 'raw') throw new Error(`expected raw data, got ${data.kind}`);
      expect(
        bytes.compare(
          tensors[i]?.rawData ?? bytes,
          undefined,
          undefined,
          data.offset,
          data.offset + data.length,
        ),
      ).toBe(0);
      total += data.length;
    }
    expect(initializerBytes).toBe(BigInt(total));
  });

  it('reads a model of 3 GB by skipping its weights', async () => {
    const path = join(temporaryFolder(), 'large.onnx');
    const length = 3 * 2 ** 30;
    // A sparse file: initializer w, uint8 [3 GiB], whose raw_data is a hole.
    const tensorHead = Buffer.concat([
      Buffer.from([0x08]),
      varint(length),
      Buffer.from([0x10, 2, 0x42, 1, 0x77, 0x4a]),
      varint(length),
    ]);
    const initializerHead = Buffer.concat([
      Buffer.from([0x2a]),
      varint(tensorHead.length + length),
      tensorHead,
    ]);
    const rest = reluBytes();
    const graphHead = Buffer.concat([
      Buffer.from([0x3a]),
      varint(initializerHead.length + length),
      initializerHead,
    ]);
    const file = openSync(path, 'w');
    writeSync(file, Buffer.concat([rest, graphHead]));
    ftruncateSync(file, rest.length + graphHead.length + length);
    closeSync(file);
    const before = process.memoryUsage().arrayBuffers;
    const outline = await readModelOutline(path);
    expect(outline.initializers).toEqual([
      {
        name: 'w',
        elementType: 'uint8',
        dims: [length],
        data: { kind: 'raw', offset: rest.length + graphHead.length, length },
      },
    ]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });

  it('leaves inputs with an initializer out, as models of IR version 3 list every initializer', async () => {
    const outline = await readModelOutline(
      reluBytes({
        irVersion: 3,
        opsets: { 'ai.onnx': 8 },
        inputs: [vector('x'), vector('c')],
        initializers: [buildTensor('c', 'float32', [2], new Float32Array(2))],
        nodes: [{ type: 'Add', domain: 'ai.onnx', inputs: ['x', 'c'], outputs: ['y'] }],
      }),
    );
    expect(outline.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(outline.irVersion).toBe(3);
    expect([...outline.opsets]).toEqual([['', 8]]);
    expect(outline.operators).toEqual([{ domain: '', type: 'Add', count: 1 }]);
  });

  it('reads symbolic, unnamed, negative and unknown sizes', async () => {
    const outline = await readModelOutline(
      reluBytes({
        inputs: [
          buildValue('x', 'bfloat16', ['batch', '', -1, 0]),
          buildValue('rankless', 'string'),
          buildValue('scalar', 'int4', []),
        ],
      }),
    );
    expect(outline.inputs).toEqual([
      { name: 'x', kind: 'tensor', elementType: 'bfloat16', shape: ['batch', '', '', 0] },
      { name: 'rankless', kind: 'tensor', elementType: 'string', shape: undefined },
      { name: 'scalar', kind: 'tensor', elementType: 'int4', shape: [] },
    ]);
  });

  it('leaves the type of an output open when the file does', async () => {
    const outline = await readModelOutline(
      reluBytes({}, (_, graph) => {
        for (const output of graph.output) delete output.type;
      }),
    );
    expect(outline.outputs).toEqual([
      { name: 'y', kind: 'tensor', elementType: 'undefined', shape: undefined },
    ]);
  });

  it('reads sequences, maps, optionals and sparse tensors', async () => {
    const elemType = { value: { case: 'tensorType', value: { elemType: 1 } } } as const;
    const types = {
      sequence: { case: 'sequenceType', value: { elemType } },
      map: { case: 'mapType', value: { keyType: 7, valueType: elemType } },
      optional: { case: 'optionalType', value: { elemType } },
      'sparse-tensor': { case: 'sparseTensorType', value: { elemType: 1 } },
    } as const;
    const outline = await readModelOutline(
      reluBytes({}, (_, graph) => {
        for (const [name, value] of Object.entries(types)) {
          graph.input.push(create(ValueInfoProtoSchema, { name, type: { value } }));
        }
      }),
    );
    expect(outline.inputs.slice(1)).toEqual(
      Object.keys(types).map((name) => ({
        name,
        kind: name,
        elementType: 'float32',
        shape: undefined,
      })),
    );
  });

  it('gives the byte ranges of external data, with what each tensor needs', async () => {
    const { externalData, initializers } = await readModelOutline(modelPath('small/external.onnx'));
    const range = {
      tensor: 'w',
      location: 'external.weights.bin',
      offset: 0n,
      length: 48n,
      bytes: 48n,
    };
    expect(externalData).toEqual([range]);
    expect(initializers[0]?.data).toEqual({ kind: 'external', range });
  });

  it('finds external data in subgraphs and attributes, where offset and length may be left out', async () => {
    const external = buildExternalTensor('w', 'float16', [3], {
      location: 'w.bin',
      offset: 0,
      length: 6,
    });
    external.externalData = external.externalData.filter(({ key }) => key === 'location');
    const branch = buildGraph({
      outputs: [vector('z')],
      initializers: [external],
      nodes: [
        {
          type: 'Constant',
          inputs: [],
          outputs: ['z'],
          attributes: { value: { tensor: external } },
        },
      ],
    });
    const { externalData, initializerBytes } = await readModelOutline(
      reluBytes({
        nodes: [
          {
            type: 'If',
            inputs: ['x'],
            outputs: ['y'],
            attributes: { then_branch: { graph: branch } },
          },
        ],
      }),
    );
    const range = { tensor: 'w', location: 'w.bin', offset: 0n, length: undefined, bytes: 6n };
    expect(externalData).toEqual([range, range]);
    expect(initializerBytes).toBe(6n);
  });

  it('reads values in typed fields, packed or one by one', async () => {
    const outline = await readModelOutline(
      reluBytes({}, (_, graph) => {
        const make = (name: string, type: string, dims: number[]) =>
          buildTensor(name, type, dims, new Uint8Array());
        const floats = make('floats', 'float32', [2]);
        floats.floatData = [1, 2];
        const halves = make('halves', 'float16', [3]);
        halves.int32Data = [0, 15360, 16384];
        const nibbles = make('nibbles', 'int4', [3]);
        nibbles.int32Data = [0x21, 3];
        const longs = make('longs', 'int64', [2]);
        longs.int64Data = [-1n, 1n];
        const complex = make('complex', 'complex128', [1]);
        complex.doubleData = [1, 2];
        const unsigned = make('unsigned', 'uint32', [1]);
        unsigned.uint64Data = [7n];
        const texts = make('texts', 'string', [2]);
        texts.stringData = [Buffer.from('ab'), Buffer.from('')];
        for (const tensor of [floats, halves, nibbles, longs, complex, unsigned, texts]) {
          // An empty raw_data is a raw_data: it would win.
          Reflect.deleteProperty(tensor, 'rawData');
          graph.initializer.push(tensor);
        }
      }),
    );
    expect(new Set(outline.initializers.map(({ data }) => data.kind))).toEqual(new Set(['typed']));
    // 8 + 6 + 2 + 16 + 16 + 4 + 2
    expect(outline.initializerBytes).toBe(54n);
  });

  it('counts operators of subgraphs and functions, and lists only nodes of the top-level graph', async () => {
    const branch = buildGraph({
      outputs: [vector('z')],
      nodes: [{ type: 'Neg', inputs: ['x'], outputs: ['z'] }],
    });
    const branches = { then_branch: { graph: branch }, else_branch: { graph: branch } };
    const nodes = [
      { type: 'If', inputs: ['x'], outputs: ['t'], attributes: branches },
      { type: 'Local', domain: 'mine', inputs: ['t'], outputs: ['y'] },
    ];
    const outline = await readModelOutline(
      reluBytes({ nodes }, (model) => {
        model.functions.push(
          localFunction('Local', [{ type: 'Abs', inputs: ['a'], outputs: ['b'] }]),
        );
      }),
    );
    expect(outline.nodes.map(({ type }) => type)).toEqual(['If', 'Local']);
    expect(outline.operators).toEqual([
      { domain: '', type: 'Neg', count: 2 },
      { domain: '', type: 'Abs', count: 1 },
      { domain: '', type: 'If', count: 1 },
      { domain: 'mine', type: 'Local', count: 1 },
    ]);
  });

  it('counts the bytes of sparse initializers and does not list them', async () => {
    const values = buildTensor('s', 'float32', [2], new Float32Array([1, 2]));
    const indices = buildTensor('', 'int64', [2], new BigInt64Array([0n, 5n]));
    const outline = await readModelOutline(
      reluBytes({ nodes: [{ type: 'Add', inputs: ['x', 's'], outputs: ['y'] }] }, (_, graph) => {
        graph.sparseInitializer.push(
          create(SparseTensorProtoSchema, { values, indices, dims: [10n] }),
        );
      }),
    );
    expect(outline.initializers).toEqual([]);
    expect(outline.initializerBytes).toBe(24n);
  });

  it('reads a model of thousands of nodes in order, and lets the event loop turn meanwhile', async () => {
    const count = 20_000;
    const nodes = Array.from({ length: count }, (_, i) => ({
      type: 'Relu',
      inputs: [`v${i}`],
      outputs: [`v${i + 1}`],
    }));
    const bytes = reluBytes({ inputs: [vector('v0')], outputs: [vector(`v${count}`)], nodes });
    let turns = 0;
    const interval = setInterval(() => turns++, 0);
    const outline = await readModelOutline(bytes);
    clearInterval(interval);
    expect(outline.nodes.map(({ outputs }) => outputs[0])).toEqual(
      nodes.map((node) => node.outputs[0]),
    );
    expect(outline.outputs.map(({ name }) => name)).toEqual([`v${count}`]);
    expect(turns).toBeGreaterThan(2);
  });

  it('stops when its signal aborts while it reads', async () => {
    const nodes = Array.from({ length: 50_000 }, () => ({
      type: 'Relu',
      inputs: ['x'],
      outputs: [''],
    }));
    const bytes = reluBytes({ nodes, outputs: [vector('x')] });
    const controller = new AbortController();
    const outcome = readModelOutline(bytes, controller.signal);
    setImmediate(() => {
      controller.abort(new Error('enough'));
    });
    await expect(outcome).rejects.toMatchObject({
      code: 'ERR_ENGINERY_CANCELLED',
      cause: { message: 'enough' },
    });
  });

  it('does not start when its signal is aborted', async () => {
    await expect(
      readModelOutline(modelPath('small/add.onnx'), AbortSignal.abort()),
    ).rejects.toMatchObject({
      code: 'ERR_ENGINERY_CANCELLED',
      name: 'AbortError',
    });
  });
});
