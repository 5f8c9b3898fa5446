// @ts-check
/** Describes the small ONNX models of the tests; `make-small.mjs` writes them, a test compares them byte by byte. */

/** @typedef {import('./random-net.mjs').Onnx} Onnx */
/** @typedef {import('../lib/onnx/index.js').ModelParts} ModelParts */

/**
 * Element types of onnxruntime-common. The 4-bit ones came with opset 21 and IR version 10; ONNX Runtime 1.31 has no
 * Identity for them, OpenVINO 2026.4.1 has.
 */
export const IDENTITY_TYPES = Object.freeze([
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'string',
  'int4',
  'uint4',
]);

const EXTERNAL_FILE = 'external.weights.bin';
/** Values of external.weights.bin, float32 [4, 3]: 0, 0.5, 1 ... 5.5. */
const EXTERNAL_WEIGHTS = Float32Array.from({ length: 12 }, (_, i) => i / 2);

/**
 * Every file of models/small: name and bytes.
 * @param {Onnx} onnx the door of lib/onnx, built or as TypeScript
 * @returns {Map<string, Uint8Array>}
 */
export function smallModels(onnx) {
  const { buildExternalTensor, buildModel, buildTensor, buildValue: value, encodeModel } = onnx;
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();

  /**
   * Opset 17 and IR version 8 where nothing newer is needed: every supported runtime reads them.
   * @param {string} name
   * @param {Omit<ModelParts, 'irVersion' | 'opsets'> & Partial<ModelParts>} parts
   */
  const add = (name, parts) => {
    const model = buildModel({ irVersion: 8, opsets: { '': 17 }, name, ...parts });
    files.set(`${name}.onnx`, encodeModel(model));
  };

  add('add', {
    inputs: [value('a', 'float32', [1, 16]), value('b', 'float32', [1, 16])],
    outputs: [value('sum', 'float32', [1, 16])],
    nodes: [{ type: 'Add', inputs: ['a', 'b'], outputs: ['sum'] }],
  });

  for (const type of IDENTITY_TYPES) {
    add(`identity-${type}`, {
      ...(type.endsWith('int4') ? { irVersion: 10, opsets: { '': 21 } } : {}),
      inputs: [value('x', type, ['n'])],
      outputs: [value('y', type, ['n'])],
      nodes: [{ type: 'Identity', inputs: ['x'], outputs: ['y'] }],
    });
  }

  add('scalar', {
    inputs: [value('x', 'float32', [])],
    outputs: [value('y', 'float32', [])],
    nodes: [{ type: 'Mul', inputs: ['x', 'x'], outputs: ['y'] }],
  });

  add('dynamic', {
    inputs: [value('a', 'float32', ['batch', 'n']), value('b', 'float32', ['n', 'm'])],
    outputs: [value('y', 'float32', ['batch', 'm'])],
    initializers: [buildTensor('bias', 'float32', [1], new Float32Array([0.5]))],
    nodes: [
      { type: 'MatMul', inputs: ['a', 'b'], outputs: ['product'] },
      { type: 'Add', inputs: ['product', 'bias'], outputs: ['y'] },
    ],
  });

  add('nonzero', {
    inputs: [value('x', 'float32', ['rows', 'columns'])],
    outputs: [value('indices', 'int64', [2, 'count'])],
    nodes: [{ type: 'NonZero', inputs: ['x'], outputs: ['indices'] }],
  });

  add('two-io', {
    inputs: [value('left', 'float32', [2, 3]), value('right', 'float32', [2, 3])],
    outputs: [value('sum', 'float32', [2, 3]), value('difference', 'float32', [2, 3])],
    nodes: [
      { type: 'Add', inputs: ['left', 'right'], outputs: ['sum'] },
      { type: 'Sub', inputs: ['left', 'right'], outputs: ['difference'] },
    ],
  });

  add('concat', {
    inputs: [value('a', 'float32', ['n', 4]), value('b', 'float32', ['m', 4])],
    outputs: [value('joined', 'float32', ['total', 4])],
    nodes: [
      { type: 'Concat', inputs: ['a', 'b'], outputs: ['joined'], attributes: { axis: { int: 0 } } },
    ],
  });

  // An operator that nobody implements: every provider must refuse it.
  add('unsupported-op', {
    opsets: { '': 17, 'com.example': 1 },
    inputs: [value('x', 'float32', [1, 4])],
    outputs: [value('y', 'float32', [1, 4])],
    nodes: [{ type: 'Mystery', domain: 'com.example', inputs: ['x'], outputs: ['y'] }],
  });

  // ONNX Runtime has it, OpenVINO 2026.4.1 does not: numbers in and out, so that a fallback shows in nothing else.
  add('only-onnxruntime', {
    opsets: { '': 17, 'ai.onnx.ml': 3 },
    inputs: [value('x', 'float32', ['n', 3])],
    outputs: [value('y', 'float32', ['n', 3])],
    nodes: [
      {
        type: 'Scaler',
        domain: 'ai.onnx.ml',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { offset: { floats: [1, 2, 3] }, scale: { floats: [2, 2, 2] } },
      },
    ],
  });

  add('string-concat', {
    irVersion: 9,
    opsets: { '': 20 },
    inputs: [value('a', 'string', ['n']), value('b', 'string', ['n'])],
    outputs: [value('joined', 'string', ['n'])],
    nodes: [{ type: 'StringConcat', inputs: ['a', 'b'], outputs: ['joined'] }],
  });

  /** @param {string} location @returns {Omit<ModelParts, 'irVersion' | 'opsets'>} */
  const withExternalWeights = (location) => ({
    inputs: [value('x', 'float32', [1, 4])],
    outputs: [value('y', 'float32', [1, 3])],
    initializers: [
      buildExternalTensor('w', 'float32', [4, 3], { location, offset: 0, length: 48 }),
    ],
    nodes: [{ type: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  add('external', withExternalWeights(EXTERNAL_FILE));
  files.set(EXTERNAL_FILE, new Uint8Array(EXTERNAL_WEIGHTS.buffer));
  // The file is there and long enough: only the rule against leaving the folder speaks against it.
  add('external-outside', withExternalWeights('../README.md'));

  add('slow', slowParts(onnx));

  add('large-input', {
    inputs: [value('x', 'float32', [4, 1024, 1024])],
    outputs: [value('y', 'float32', [4, 1024, 1024])],
    initializers: [
      buildTensor('scale', 'float32', [], new Float32Array([2])),
      buildTensor('shift', 'float32', [], new Float32Array([1])),
    ],
    nodes: [
      { type: 'Mul', inputs: ['x', 'scale'], outputs: ['scaled'] },
      { type: 'Add', inputs: ['scaled', 'shift'], outputs: ['y'] },
    ],
  });
  return files;
}

const SLOW_SIZE = 512;
const SLOW_MATMULS = 40;

/**
 * 40 products of 512x512 matrices, 10.7 GFLOP. The weight is made by ConstantOfShape (1/512 everywhere, so each output
 * is the mean of the input, whatever the number of products) and the file stays small.
 * @param {Onnx} onnx
 */
function slowParts({ buildTensor, buildValue: value }) {
  const size = SLOW_SIZE;
  const chain = Array.from({ length: SLOW_MATMULS }, (_, i) => ({
    type: 'MatMul',
    inputs: [`product${i}`, 'weight'],
    outputs: [`product${i + 1}`],
  }));
  return {
    inputs: [value('x', 'float32', [1, size])],
    outputs: [value('y', 'float32', [1, size])],
    initializers: [
      buildTensor('square', 'int64', [2], new BigInt64Array([BigInt(size), BigInt(size)])),
    ],
    nodes: [
      {
        type: 'ConstantOfShape',
        inputs: ['square'],
        outputs: ['weight'],
        attributes: {
          value: { tensor: buildTensor('', 'float32', [1], new Float32Array([1 / size])) },
        },
      },
      { type: 'Expand', inputs: ['x', 'square'], outputs: ['product0'] },
      ...chain,
      {
        type: 'ReduceMean',
        inputs: [`product${SLOW_MATMULS}`],
        outputs: ['y'],
        attributes: { axes: { ints: [0] }, keepdims: { int: 1 } },
      },
    ],
  };
}
