/** The models of realistic size, by file name. Random weights: for speed, size and graph coverage, never for accuracy. */

import { mobilenetV2, resnet50 } from './image-networks.js';
import { textEncoder } from './text-encoder.js';

export const largeModels: ReadonlyMap<string, () => Uint8Array> = new Map([
  ['mobilenet-v2-160.onnx', () => mobilenetV2({ size: 160 })],
  ['mobilenet-v2-224.onnx', () => mobilenetV2({ size: 224 })],
  ['resnet-50.onnx', () => resnet50()],
  ['encoder-6x384.onnx', () => textEncoder()],
]);
