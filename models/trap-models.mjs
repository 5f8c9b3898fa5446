// @ts-check
/** Describes small nets with random weights that trap quantizers and graph passes; tests write them where they need them. */

import { Net } from './random-net.mjs';

/** @typedef {import('./random-net.mjs').Onnx} Onnx */
/** @typedef {import('../lib/onnx/index.js').TensorProto} TensorProto */

const SAME_3X3 = { kernel_shape: { ints: [3, 3] }, pads: { ints: [1, 1, 1, 1] } };

/** Conv, pools and Concat, two consumers of one tensor. @param {Net} net */
function branches(net) {
  const x = net.conv('input', [3, 16], { activation: 'Relu' });
  const pool = { ...SAME_3X3, strides: { ints: [1, 1] } };
  const parts = [
    net.conv(x, [16, 16], { kernel: 1, activation: 'Relu' }),
    net.conv(x, [16, 16], { activation: 'Clip' }),
    net.op('MaxPool', [x], pool),
    net.op('AveragePool', [x], pool),
  ];
  const joined = net.op('Concat', parts, { axis: { int: 1 } });
  const y = net.conv(joined, [64, 32], { kernel: 1, activation: 'Relu' });
  const mean = net.op('ReduceMean', [y], { axes: { ints: [2, 3] }, keepdims: { int: 0 } });
  net.gemm(mean, [32, 8], 'logits');
  return { input: ['batch', 3, 32, 32], output: 'logits', shape: ['batch', 8] };
}

/** ConvTranspose, Resize, Concat over a skip connection, Sigmoid. @param {Net} net */
function upsample(net) {
  const a = net.conv('input', [3, 16], { activation: 'Relu' });
  const b = net.conv(a, [16, 32], { stride: 2, activation: 'Relu' });
  const w = net.kernel('w', [32, 16, 2, 2]);
  const bias = net.weights('b', [16], () => 0);
  const two = { ints: [2, 2] };
  const up = net.op('ConvTranspose', [b, w, bias], { kernel_shape: two, strides: two });
  const joined = net.op('Concat', [a, up], { axis: { int: 1 } });
  const y = net.conv(joined, [32, 16], { activation: 'Relu' });
  let next = 0;
  const scales = net.tensor('scales', [4], 4, () => [1, 1, 2, 2][next++] ?? 1);
  const large = net.op('Resize', [y, '', scales], {
    mode: { string: 'nearest' },
    coordinate_transformation_mode: { string: 'asymmetric' },
    nearest_mode: { string: 'floor' },
  });
  const last = net.conv(large, [16, 1], { kernel: 1, normalized: false, bias: true });
  net.op('Sigmoid', [last], {}, 'mask');
  return { input: ['batch', 3, 32, 32], output: 'mask', shape: ['batch', 1, 64, 64] };
}

/** One weight of two Convs, a weight in a Constant node, a bias of two Gemms of different scale. @param {Net} net */
function shared(net) {
  const w = net.kernel('shared_w', [16, 16, 3, 3]);
  let x = net.conv('input', [3, 16], { activation: 'Relu' });
  for (let i = 0; i < 2; i++) x = net.op('Relu', [net.op('Conv', [x, w], SAME_3X3)]);
  net.kernel('const_w', [16, 16, 1, 1]);
  const value = net.initializers.pop();
  if (value === undefined) throw new Error('kernel() has just added one');
  const k = net.op('Constant', [], { value: { tensor: value } });
  x = net.pooled(net.op('Conv', [x, k], { kernel_shape: { ints: [1, 1] } }));
  const bias = net.weights('shared_b', [8], () => 0.5 * net.random());
  const a = net.op('Gemm', [x, net.kernel('fw', [8, 16]), bias], { transB: { int: 1 } });
  const b = net.op('Gemm', [x, net.kernel('fw', [16, 8], 5000), bias], {
    alpha: { float: 0.5 },
    beta: { float: 2 },
  });
  net.op('Add', [a, b], {}, 'logits');
  return { input: ['batch', 3, 16, 16], output: 'logits', shape: ['batch', 8] };
}

/** If with a Conv in both branches, its weight in the outer graph. @param {Net} net */
function subgraph(net) {
  const x = net.conv('input', [3, 16], { activation: 'Relu' });
  const w = net.kernel('outer_w', [16, 16, 3, 3]);
  const branch = (/** @type {string} */ name, /** @type {string} */ activation) =>
    net.onnx.buildGraph({
      name,
      outputs: [net.onnx.buildValue(`${name}_y`, 'float32', ['batch', 16, 16, 16])],
      nodes: [
        {
          ...{ type: 'Conv', name: `${name}/Conv`, inputs: [x, w], outputs: [`${name}_c`] },
          attributes: SAME_3X3,
        },
        {
          ...{ type: activation, name: `${name}/${activation}` },
          ...{ inputs: [`${name}_c`], outputs: [`${name}_y`] },
        },
      ],
    });
  const mean = net.op('ReduceMean', ['input'], { keepdims: { int: 0 } });
  const condition = net.op('Greater', [mean, net.scalar('zero', 0)]);
  const y = net.op('If', [condition], {
    then_branch: { graph: branch('then', 'Relu') },
    else_branch: { graph: branch('else', 'Tanh') },
  });
  const convolution = net.conv(y, [16, 8], { kernel: 1, normalized: false, bias: true });
  net.op('Identity', [convolution], {}, 'out');
  return { input: ['batch', 3, 16, 16], output: 'out', shape: ['batch', 8, 16, 16] };
}

/** A small Conv net of opset 11, which has no per-channel DequantizeLinear. @param {Net} net */
function opset11(net) {
  const x = net.conv('input', [3, 16], { activation: 'Clip' });
  const y = net.conv(x, [16, 16], { groups: 16, activation: 'Clip' });
  net.gemm(net.pooled(y), [16, 8], 'logits');
  return {
    ...{ input: ['batch', 3, 16, 16], output: 'logits', shape: ['batch', 8] },
    ...{ opset: 11, irVersion: 6 },
  };
}

/** A Gemm net whose weights are in a file beside it. @param {Net} net */
function external(net) {
  const hidden = net.op('Relu', [net.gemm('input', [64, 256])]);
  net.op('MatMul', [hidden, net.kernel('w', [256, 32])], {}, 'out');
  return {
    input: ['batch', 64],
    output: 'out',
    shape: ['batch', 32],
    dataFile: 'external.onnx.data',
  };
}

/** @type {Readonly<Record<string, (net: Net) => TrapShape>>} */
const MAKERS = { branches, upsample, shared, subgraph, opset11, external };

/**
 * @typedef {object} TrapShape
 * @property {(number | string)[]} input The shape of `input`.
 * @property {string} output
 * @property {(number | string)[]} shape
 * @property {number} [opset] Default 17.
 * @property {number} [irVersion] Default 8.
 * @property {string} [dataFile] Where the weights go.
 */

/** The nets, by name; each has one input `input`, float32. */
export const TRAP_MODELS = Object.freeze(Object.keys(MAKERS));

/**
 * Every file: name and bytes.
 * @param {Onnx} onnx the door of lib/onnx, built or as TypeScript
 * @returns {Map<string, Uint8Array>}
 */
export function trapModels(onnx) {
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  for (const [name, make] of Object.entries(MAKERS)) {
    const net = new Net(onnx);
    const { input, output, shape, opset = 17, irVersion = 8, dataFile } = make(net);
    let { initializers } = net;
    if (dataFile !== undefined) {
      const data = initializers.map((tensor) => tensor.rawData);
      initializers = movedTo(dataFile, initializers, onnx);
      files.set(dataFile, Buffer.concat(data));
    }
    const model = onnx.buildModel({
      ...{ name, irVersion, opsets: { '': opset }, initializers, nodes: net.nodes },
      inputs: [onnx.buildValue('input', 'float32', input)],
      outputs: [onnx.buildValue(output, 'float32', shape)],
    });
    files.set(`${name}.onnx`, onnx.encodeModel(model));
  }
  return files;
}

/**
 * The tensors as external data, one after the other.
 * @param {string} location
 * @param {readonly TensorProto[]} tensors
 * @param {Onnx} onnx
 */
function movedTo(location, tensors, onnx) {
  let offset = 0;
  return tensors.map(({ name, dims, rawData }) => {
    const range = { location, offset, length: rawData.length };
    offset += rawData.length;
    return onnx.buildExternalTensor(name, 'float32', dims.map(Number), range);
  });
}
