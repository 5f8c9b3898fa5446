/** Two well-known image classifiers with random weights: MobileNetV2 and ResNet-50, batch normalization not folded. */

import { Network, type Tensor } from './network.js';

export interface ImageNetworkOptions {
  /** Height and width of the image. */
  readonly size?: number;
  /** Factor of every channel count; below 1 for tests. */
  readonly width?: number;
  readonly classes?: number;
}

interface ConvolutionOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly groups?: number;
  /** Scale of the normalization; below 1 at the end of a residual branch, so that sums of many do not grow. */
  readonly gamma?: number;
  readonly activation?: 'relu' | 'relu6';
}

/** Conv, BatchNormalization and an activation. */
function convolution(
  network: Network,
  input: Tensor,
  [from, to]: readonly [from: number, to: number],
  { kernel, stride = 1, groups = 1, gamma = 1, activation }: ConvolutionOptions,
): Tensor {
  const perGroup = from / groups;
  const fanIn = perGroup * kernel * kernel;
  const weights = network.weights([to, perGroup, kernel, kernel], fanIn);
  const pad = kernel >> 1;
  const convolved = network.add('Conv', [input, weights], {
    kernel_shape: { ints: [kernel, kernel] },
    strides: { ints: [stride, stride] },
    pads: { ints: [pad, pad, pad, pad] },
    group: { int: groups },
  });
  const normalized = network.add(
    'BatchNormalization',
    [
      convolved,
      network.uniform([to], 0.8 * gamma, 1.2 * gamma),
      network.uniform([to], -0.2, 0.2),
      network.uniform([to], -0.1, 0.1),
      network.uniform([to], 0.8, 1.2),
    ],
    { epsilon: { float: 1e-5 } },
  );
  if (activation === 'relu') return network.add('Relu', [normalized]);
  if (activation === 'relu6') {
    return network.add('Clip', [normalized, network.scalar(0), network.scalar(6)]);
  }
  return normalized;
}

/** GlobalAveragePool, Flatten and Gemm. */
function classifier(network: Network, input: Tensor, from: number, classes: number): void {
  const pooled = network.add('GlobalAveragePool', [input]);
  const flat = network.add('Flatten', [pooled], { axis: { int: 1 } });
  const weights = network.weights([classes, from], from, 1);
  const bias = network.uniform([classes], -0.1, 0.1);
  network.add('Gemm', [flat, weights, bias], { transB: { int: 1 } }, 'logits');
}

function encodeClassifier(
  network: Network,
  name: string,
  { size = 224, classes = 1000 }: ImageNetworkOptions,
): Uint8Array {
  return network.encode(
    name,
    [['input', 'float32', ['batch', 3, size, size]]],
    [['logits', 'float32', ['batch', classes]]],
  );
}

/** Channels by a factor, in steps of 8, as the papers do. */
function channels(count: number, width: number): number {
  return Math.max(8, Math.round((count * width) / 8) * 8);
}

/** Expansion, channels, repetitions and first stride of each stage (MobileNetV2, table 2). */
const MOBILENET_STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** `input` float32 [batch,3,size,size] to `logits` float32 [batch,classes]. */
export function mobilenetV2(options: ImageNetworkOptions = {}): Uint8Array {
  const { width = 1, classes = 1000 } = options;
  const network = new Network();
  let from = channels(32, width);
  let x = convolution(network, 'input', [3, from], { kernel: 3, stride: 2, activation: 'relu6' });
  for (const [expansion, count, repetitions, firstStride] of MOBILENET_STAGES) {
    const to = channels(count, width);
    for (let i = 0; i < repetitions; i++) {
      const stride = i === 0 ? firstStride : 1;
      const isResidual = stride === 1 && from === to;
      const inner = from * expansion;
      let y = x;
      if (inner !== from) {
        y = convolution(network, y, [from, inner], { kernel: 1, activation: 'relu6' });
      }
      const depthwise = { kernel: 3, stride, groups: inner, activation: 'relu6' } as const;
      y = convolution(network, y, [inner, inner], depthwise);
      y = convolution(network, y, [inner, to], { kernel: 1, gamma: isResidual ? 0.4 : 1 });
      x = isResidual ? network.add('Add', [x, y]) : y;
      from = to;
    }
  }
  const last = channels(1280, width);
  x = convolution(network, x, [from, last], { kernel: 1, activation: 'relu6' });
  classifier(network, x, last, classes);
  return encodeClassifier(network, 'mobilenet_v2', options);
}

/** Inner channels, blocks and first stride of each stage (ResNet, table 1, 50 layers). */
const RESNET_STAGES = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
] as const;

/** `input` float32 [batch,3,size,size] to `logits` float32 [batch,classes]. */
export function resnet50(options: ImageNetworkOptions = {}): Uint8Array {
  const { width = 1, classes = 1000 } = options;
  const network = new Network();
  let from = channels(64, width);
  let x = convolution(network, 'input', [3, from], { kernel: 7, stride: 2, activation: 'relu' });
  x = network.add('MaxPool', [x], {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
    pads: { ints: [1, 1, 1, 1] },
  });
  for (const [count, blocks, firstStride] of RESNET_STAGES) {
    const inner = channels(count, width);
    const to = inner * 4;
    for (let i = 0; i < blocks; i++) {
      const stride = i === 0 ? firstStride : 1;
      let y = convolution(network, x, [from, inner], { kernel: 1, activation: 'relu' });
      y = convolution(network, y, [inner, inner], { kernel: 3, stride, activation: 'relu' });
      y = convolution(network, y, [inner, to], { kernel: 1, gamma: 0.3 });
      const shortcut = i === 0 ? convolution(network, x, [from, to], { kernel: 1, stride }) : x;
      x = network.add('Relu', [network.add('Add', [y, shortcut])]);
      from = to;
    }
  }
  classifier(network, x, from, classes);
  return encodeClassifier(network, 'resnet50', options);
}
