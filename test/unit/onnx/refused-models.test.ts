/** Tests of models that are refused: each broken rule has its code and a message that names it. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { SparseTensorProtoSchema, TypeProtoSchema } from '../../../lib/onnx/gen/onnx_pb.js';
import {
  buildExternalTensor,
  buildGraph,
  buildTensor,
  buildValue,
  decodeModel,
  encodeModel,
  readModelOutline,
  type GraphProto,
  type ModelProto,
  type TensorProto,
} from '../../../lib/onnx/index.js';
import { modelPath, temporaryFolder } from '../../fixtures/models.js';
import { localFunction, reluBytes, reluModel, varint, vector } from '../../fixtures/onnx-models.js';

async function expectRefusal(
  source: string | Uint8Array,
  suffix: 'INVALID_ARGUMENT' | 'MODEL_INVALID' | 'MODEL_UNSUPPORTED',
  message: string | RegExp,
): Promise<void> {
  const outcome: unknown = await readModelOutline(source).catch((error: unknown) => error);
  expect(outcome).toMatchObject({ code: `ERR_ENGINERY_${suffix}` });
  expect((outcome as Error).message).toMatch(message);
  expect((outcome as Error).message, 'what was expected, found, and what to do').toMatch(
    /^expected .*, got .*; .*/s,
  );
}

describe('readModelOutline refuses a path to', () => {
  it('nothing', async () => {
    await expectRefusal('no/such.onnx', 'INVALID_ARGUMENT', "File doesn't exist");
    await expectRefusal(modelPath('small/add.onnx/x'), 'INVALID_ARGUMENT', "File doesn't exist");
  });

  it('a directory', async () => {
    await expectRefusal(modelPath('small'), 'INVALID_ARGUMENT', 'got a directory');
  });

  it('a pipe, without waiting for a writer', async () => {
    const pipe = join(temporaryFolder(), 'pipe.onnx');
    execFileSync('mkfifo', [pipe]);
    await expectRefusal(pipe, 'INVALID_ARGUMENT', 'not a regular file');
  });

  it('a name with a NUL character', async () => {
    await expectRefusal('a\0b.onnx', 'INVALID_ARGUMENT', 'readable model file');
  });

  it('an empty file', async () => {
    const path = join(temporaryFolder(), 'empty.onnx');
    writeFileSync(path, '');
    await expectRefusal(path, 'MODEL_INVALID', 'no bytes at all');
  });

  it('a file in /proc that is empty by its size', async () => {
    await expectRefusal('/proc/self/status', 'MODEL_INVALID', 'no bytes at all');
  });
});

describe('readModelOutline refuses', () => {
  it('something that is neither a path nor bytes', async () => {
    const call = readModelOutline(42 as unknown as string);
    await expect(call).rejects.toThrow(TypeError);
    await expect(call).rejects.toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
  });

  it.each([
    ['no bytes', new Uint8Array(), 'no bytes at all'],
    ['a text', Buffer.from('hello, world'), 'bytes that are no ONNX model'],
    [
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      'git lfs pull',
    ],
    ['an ORT model', readFileSync(modelPath('ort/add.ort')), 'ORT format'],
    ['an IR model', readFileSync(modelPath('ir/digits.xml')), 'OpenVINO IR'],
    ['a TFLite model', readFileSync(modelPath('tflite/small_cnn.tflite')), 'TensorFlow Lite'],
  ])('%s', async (_, bytes, message) => {
    await expectRefusal(bytes, 'MODEL_INVALID', message);
  });

  it('a model cut anywhere, whether from a file or from bytes', async () => {
    const whole = readFileSync(modelPath('small/dynamic.onnx'));
    const path = join(temporaryFolder(), 'cut.onnx');
    for (let length = 1; length < whole.length; length += 7) {
      const cut = whole.subarray(0, length);
      await expectRefusal(cut, 'MODEL_INVALID', /truncated|a graph|an operator set|an IR version/);
      writeFileSync(path, cut);
      await expectRefusal(path, 'MODEL_INVALID', /truncated|a graph|an operator set|an IR version/);
    }
  });

  it('a weight file cut within its weights, naming how much is missing', async () => {
    const whole = readFileSync(modelPath('digits/digits_cnn.onnx'));
    await expectRefusal(
      whole.subarray(0, 100_000),
      'MODEL_INVALID',
      /truncated one: field 7 of ModelProto/,
    );
  });

  it.each([
    ['a message that runs over its parent', [0x3a, 0x04, 0x0a, 0x05, 0, 0], 'runs over the end'],
    ['a fixed number that runs over its parent', [0x3a, 0x02, 0x0d, 0x00], 'runs over the end'],
    ['a group', [0x3a, 0x01, 0x0b], 'wire type 3'],
    ['field number 0', [0x3a, 0x02, 0x00, 0x00], 'field number 0'],
    [
      'a number of eleven bytes',
      [0x3a, 0x0c, 0x08, ...new Array<number>(10).fill(0xff), 0],
      'ten bytes',
    ],
    [
      'a packed number without end',
      [0x3a, 0x05, 0x2a, 0x03, 0x0a, 0x01, 0xff],
      'runs over the end',
    ],
    [
      'a field number beyond 2^29',
      [0x3a, 0x06, 0xf8, 0xff, 0xff, 0xff, 0x7f, 0x00],
      'field number',
    ],
  ])('%s', async (_, graph, message) => {
    const bytes = Buffer.concat([reluBytes(), Buffer.from(graph)]);
    await expectRefusal(bytes, 'MODEL_INVALID', message);
  });

  it('bytes that are taken away while they are read', async () => {
    const buffer = new ArrayBuffer(1_000_000);
    const bytes = new Uint8Array(buffer);
    const head = Buffer.concat([reluBytes(), Buffer.from([0x3a]), varint(900_000)]);
    bytes.set(head);
    // Doc strings of no bytes: enough fields for the reader to let others run.
    for (let i = head.length; i + 1 < head.length + 900_000; i += 2) bytes[i] = 0x52;
    const outcome = readModelOutline(bytes);
    await Promise.resolve();
    structuredClone(buffer, { transfer: [buffer] });
    await expect(outcome).rejects.toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
  });

  it('a model without what every model has', async () => {
    const cases: [string, (model: ModelProto, graph: GraphProto) => void][] = [
      ['a graph', (model) => delete model.graph],
      ['an operator set version', (model) => (model.opsetImport = [])],
      ['an IR version', (model) => (model.irVersion = 0n)],
      ['an IR version', (model) => (model.irVersion = -1n)],
      [
        'a positive version',
        (model) => {
          model.opsetImport.forEach((set) => (set.version = 0n));
        },
      ],
      [
        'a positive version',
        (model) => {
          model.opsetImport.forEach((set) => (set.version = 2n ** 60n));
        },
      ],
      [
        'an element type for input',
        (_, graph) => {
          graph.input.forEach((input) => delete input.type);
        },
      ],
      [
        'an operator for node',
        (_, graph) => {
          graph.node.forEach((node) => (node.opType = ''));
        },
      ],
    ];
    for (const [message, change] of cases) {
      await expectRefusal(reluBytes({}, change), 'MODEL_INVALID', message);
    }
  });

  it('types that ONNX does not know, and opaque ones', async () => {
    await expectRefusal(
      reluBytes({}, (_, graph) => {
        const value = graph.input[0]?.type?.value;
        if (value?.case === 'tensorType') value.value.elemType = 99;
      }),
      'MODEL_UNSUPPORTED',
      'got 99',
    );
    await expectRefusal(
      reluBytes({}, (_, graph) => {
        const opaque = create(TypeProtoSchema, { value: { case: 'opaqueType', value: {} } });
        for (const input of graph.input) input.type = opaque;
      }),
      'MODEL_UNSUPPORTED',
      'opaque',
    );
  });

  it('a size of 2^60 in an input', async () => {
    const bytes = reluBytes({ inputs: [buildValue('x', 'float32', [1])] }, (_, graph) => {
      const value = graph.input[0]?.type?.value;
      const dim = value?.case === 'tensorType' ? value.value.shape?.dim[0] : undefined;
      if (dim !== undefined) dim.value = { case: 'dimValue', value: 2n ** 60n };
    });
    await expectRefusal(bytes, 'MODEL_INVALID', 'below 2^53');
  });
});

describe('readModelOutline refuses a tensor', () => {
  const tensor = (): TensorProto => buildTensor('w', 'float32', [2], new Float32Array(2));
  const external = (): TensorProto =>
    buildExternalTensor('w', 'float32', [2], { location: 'w.bin', offset: 0, length: 8 });
  const set = (target: TensorProto, key: string, value: string): void => {
    for (const entry of target.externalData) if (entry.key === key) entry.value = value;
  };

  const cases: [string, TensorProto, (tensor: TensorProto) => unknown, string][] = [
    ['without a type', tensor(), (t) => (t.dataType = 0), 'an ONNX element type'],
    ['with a negative size', tensor(), (t) => (t.dims = [-2n]), 'dims from 0'],
    ['with a size of 2^60', tensor(), (t) => (t.dims = [2n ** 60n]), 'dims from 0'],
    [
      'whose sizes overflow',
      tensor(),
      (t) => (t.dims = new Array<bigint>(9).fill(2n ** 32n)),
      '2^63 elements',
    ],
    ['with too few raw bytes', tensor(), (t) => (t.dims = [3n]), '12 raw bytes'],
    ['with too many raw bytes', tensor(), (t) => (t.dims = []), '4 raw bytes'],
    [
      'with an odd count of 4-bit values',
      tensor(),
      (t) => ((t.dataType = 22), (t.dims = [17n])),
      '9 raw bytes',
    ],
    ['of strings in raw bytes', tensor(), (t) => (t.dataType = 8), 'no raw bytes'],
    ['without any values', tensor(), (t) => Reflect.deleteProperty(t, 'rawData'), '2 values'],
    [
      'with values of another type',
      tensor(),
      (t) => (Reflect.deleteProperty(t, 'rawData'), (t.int64Data = [1n, 2n])),
      '2 values',
    ],
    [
      'with one value too many',
      tensor(),
      (t) => (Reflect.deleteProperty(t, 'rawData'), (t.floatData = [1, 2, 3])),
      'got 3',
    ],
    [
      'in a file without a name',
      external(),
      (t) => {
        set(t, 'location', '');
      },
      'the name of a file',
    ],
    [
      'at an address in memory',
      external(),
      (t) => {
        set(t, 'location', '*/_ORT_MEM_ADDR_/*');
      },
      'the name of a file',
    ],
    [
      'at a negative offset',
      external(),
      (t) => {
        set(t, 'offset', '-1');
      },
      'external data offset',
    ],
    [
      'at an offset of 40 digits',
      external(),
      (t) => {
        set(t, 'offset', '9'.repeat(40));
      },
      'external data offset',
    ],
    [
      'with a length of another size',
      external(),
      (t) => {
        set(t, 'length', '9');
      },
      'length 9',
    ],
    [
      'with a length that is no number',
      external(),
      (t) => {
        set(t, 'length', '0x8');
      },
      'external data length',
    ],
    [
      'of strings in another file',
      external(),
      (t) => (t.dataType = 8),
      'numbers in the external data',
    ],
  ];

  it.each(cases)('%s', async (_, broken, change, message) => {
    change(broken);
    await expectRefusal(reluBytes({ initializers: [broken] }), 'MODEL_INVALID', message);
    const attributes = { value: { tensor: broken } };
    const constant = { type: 'Constant', inputs: [], outputs: ['y'], attributes };
    await expectRefusal(reluBytes({ nodes: [constant] }), 'MODEL_INVALID', message);
  });

  it('of a type from the future', async () => {
    const future = tensor();
    future.dataType = 99;
    await expectRefusal(reluBytes({ initializers: [future] }), 'MODEL_UNSUPPORTED', 'got 99');
  });

  it('that is sparse and larger than 2 GiB when it is not, or lacks a part', async () => {
    const values = tensor();
    const indices = buildTensor('', 'int64', [2], new BigInt64Array(2));
    const withSparse = (
      init: Parameters<typeof create<typeof SparseTensorProtoSchema>>[1],
    ): Uint8Array =>
      reluBytes({}, (_, graph) => {
        graph.sparseInitializer.push(create(SparseTensorProtoSchema, init));
      });
    await expectRefusal(
      withSparse({ values, indices, dims: [2n ** 40n] }),
      'MODEL_UNSUPPORTED',
      '2147483648 bytes for sparse tensor',
    );
    await expectRefusal(withSparse({ values, dims: [4n] }), 'MODEL_INVALID', 'values and indices');
  });
});

describe('readModelOutline refuses beyond its limits', () => {
  it('more than 100 000 nodes', async () => {
    const nodes = Array.from({ length: 100_001 }, () => ({
      type: 'Relu',
      inputs: ['x'],
      outputs: [''],
    }));
    await expectRefusal(reluBytes({ nodes }), 'MODEL_UNSUPPORTED', 'at most 100000 nodes');
  });

  it('more than 64 graphs inside one another', async () => {
    const nested = (depth: number): Uint8Array => {
      let graph = buildGraph({
        outputs: [vector('y')],
        nodes: [{ type: 'Relu', inputs: ['x'], outputs: ['y'] }],
      });
      for (let i = 1; i < depth; i++) {
        const attributes = { body: { graph } };
        graph = buildGraph({
          inputs: i === depth - 1 ? [vector('x')] : [],
          outputs: [vector('y')],
          nodes: [{ type: 'If', inputs: [], outputs: ['y'], attributes }],
        });
      }
      return encodeModel({ ...reluModel(), graph });
    };
    await expect(readModelOutline(nested(64))).resolves.toBeDefined();
    await expectRefusal(nested(65), 'MODEL_UNSUPPORTED', 'at most 64 graphs');
  });

  it('types inside one another without end', async () => {
    let type = create(TypeProtoSchema, { value: { case: 'tensorType', value: { elemType: 1 } } });
    for (let i = 0; i < 200; i++) {
      type = create(TypeProtoSchema, {
        value: { case: 'sequenceType', value: { elemType: type } },
      });
    }
    const bytes = reluBytes({}, (_, graph) => {
      for (const input of graph.input) input.type = type;
    });
    await expectRefusal(bytes, 'MODEL_UNSUPPORTED', 'nested messages');
  });

  it('too many tensors, messages, names or bytes of names', async () => {
    // Fields of no bytes, two bytes each: initializer (5), input (11), name (2) of the graph.
    const repeated = (tag: number, count: number): Buffer => {
      const fields = Buffer.alloc(2 * count);
      for (let i = 0; i < fields.length; i += 2) fields[i] = tag;
      return Buffer.concat([reluBytes(), Buffer.from([0x3a]), varint(fields.length), fields]);
    };
    await expectRefusal(repeated(0x2a, 200_001), 'MODEL_UNSUPPORTED', '200000 tensors');
    await expectRefusal(
      repeated(0x5a, 1_000_001),
      'MODEL_UNSUPPORTED',
      '1000000 nodes, attributes',
    );
    await expectRefusal(repeated(0x12, 5_000_001), 'MODEL_UNSUPPORTED', '5000000 names');
    const name = Buffer.alloc(129 * 2 ** 20, 0x61);
    const graph = Buffer.concat([Buffer.from([0x12]), varint(name.length), name]);
    const bytes = Buffer.concat([reluBytes(), Buffer.from([0x3a]), varint(graph.length), graph]);
    await expectRefusal(bytes, 'MODEL_UNSUPPORTED', '134217728 bytes of names');
  });

  it('local functions that double at each call', async () => {
    const calls = (levels: number): Uint8Array =>
      reluBytes(
        { nodes: [{ type: 'F0', domain: 'mine', inputs: ['x'], outputs: ['y'] }] },
        (model) => {
          for (let i = 0; i < levels; i++) {
            const next =
              i === levels - 1 ? { type: 'Relu' } : { type: `F${i + 1}`, domain: 'mine' };
            model.functions.push(
              localFunction(`F${i}`, [
                { ...next, inputs: ['a'], outputs: ['t'] },
                { ...next, inputs: ['t'], outputs: ['b'] },
              ]),
            );
          }
        },
      );
    await expect(readModelOutline(calls(10))).resolves.toBeDefined();
    await expectRefusal(calls(60), 'MODEL_UNSUPPORTED', 'local functions expanded');
  });

  it('function calls a thousand deep', async () => {
    const bytes = reluBytes({}, (model) => {
      for (let i = 0; i < 1200; i++) {
        const next = i === 1199 ? { type: 'Relu' } : { type: `F${i + 1}`, domain: 'mine' };
        model.functions.push(localFunction(`F${i}`, [{ ...next, inputs: ['a'], outputs: ['b'] }]));
      }
    });
    await expectRefusal(bytes, 'MODEL_UNSUPPORTED', 'nested function calls');
  });
});

describe('decodeModel', () => {
  it('refuses bytes that do not decode', () => {
    expect(() => decodeModel(Buffer.from([0x3a, 0x7f]))).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_MODEL_INVALID' }) as Error,
    );
  });
});
