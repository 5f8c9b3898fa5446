/** Tests of the makers of large models, at small sizes: the same bytes every time, and a file that reads back. */

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readModelOutline } from '../../../lib/onnx/index.js';
import { mobilenetV2, resnet50 } from '../../../models/image-networks.js';
import { textEncoder } from '../../../models/text-encoder.js';

const SMALL_ENCODER = {
  layers: 1,
  hidden: 32,
  heads: 2,
  intermediate: 64,
  vocabulary: 100,
  positions: 16,
};

describe.each([
  [
    'mobilenetV2',
    () => mobilenetV2({ size: 32, width: 0.1 }),
    '8b35fe127cfbe69b15d3c28af83003ce8d3ea461253202f18f14b4c3e2ecdf5b',
  ],
  [
    'resnet50',
    () => resnet50({ size: 32, width: 0.1 }),
    'cb773fdce3ad1cfd39c22af16388e1b616be83860fc59735dd211002963e363e',
  ],
  [
    'textEncoder',
    () => textEncoder(SMALL_ENCODER),
    '92bd4d9680f8a08fcc8a648f5b613e809393c93cf6e50c804ee11aa0066a1cf4',
  ],
])('%s', (_name, make, sha256) => {
  it('writes these bytes on every machine', () => {
    expect(createHash('sha256').update(make()).digest('hex')).toBe(sha256);
  });

  it('writes a model that passes our reader, of opset 17', async () => {
    const outline = await readModelOutline(make());
    expect(outline.opsets.get('')).toBe(17);
  });
});

it('declares the image size and a symbolic batch', async () => {
  const { inputs, outputs } = await readModelOutline(mobilenetV2({ size: 64, width: 0.1 }));
  expect(inputs.map(({ name, shape }) => [name, shape])).toEqual([['input', ['batch', 3, 64, 64]]]);
  expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([['logits', ['batch', 1000]]]);
});

it('declares symbolic batch and sequence for the encoder', async () => {
  const { inputs, outputs } = await readModelOutline(textEncoder(SMALL_ENCODER));
  expect(inputs.map(({ name }) => name)).toEqual(['input_ids', 'attention_mask', 'token_type_ids']);
  expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
    ['last_hidden_state', ['batch', 'sequence', 32]],
    ['sentence_embedding', ['batch', 32]],
  ]);
});
