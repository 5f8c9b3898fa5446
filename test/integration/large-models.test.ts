/** The large models compute something: ONNX Runtime and OpenVINO agree on finite values that depend on the input. */

import { Tensor } from 'enginery';
import { expect, it } from 'vitest';

import { mobilenetV2, resnet50, type ImageNetworkOptions } from '../../models/image-networks.js';
import { textEncoder } from '../../models/text-encoder.js';
import { needsOpenvino, output, session, values } from '../fixtures/engines.js';
import { seededRandom } from '../fixtures/random.js';
import { isFullScale } from '../scale.js';

needsOpenvino();

type Feeds = Record<string, Tensor>;

/** Two images or texts: the second has other values. */
function image(size: number): Feeds {
  const random = seededRandom(size);
  const pixels = Float32Array.from(
    { length: 2 * 3 * size * size },
    () => random.integer(256) / 255,
  );
  return { input: new Tensor('float32', pixels, [2, 3, size, size]) };
}

function text(length: number, vocabulary: number): Feeds {
  const random = seededRandom(length);
  const dims = [2, length];
  const count = 2 * length;
  const ids = BigInt64Array.from({ length: count }, () => BigInt(random.integer(vocabulary)));
  // The second text is shorter by two words.
  const mask = BigInt64Array.from({ length: count }, (_, i) => (i >= count - 2 ? 0n : 1n));
  return {
    input_ids: new Tensor('int64', ids, dims),
    attention_mask: new Tensor('int64', mask, dims),
    token_type_ids: new Tensor('int64', new BigInt64Array(count), dims),
  };
}

// Full sizes take seconds each: all of them only in `npm run test:long`.
const images: ImageNetworkOptions = isFullScale ? {} : { width: 0.25, size: 64 };
const words = isFullScale ? 30522 : 500;
const encoder = isFullScale
  ? {}
  : { layers: 2, hidden: 64, heads: 4, intermediate: 128, vocabulary: words };

it.each([
  ['MobileNetV2', () => mobilenetV2(images), image(images.size ?? 224), 'logits'],
  [
    'MobileNetV2 for small images',
    () => mobilenetV2({ ...images, size: isFullScale ? 160 : 32 }),
    image(isFullScale ? 160 : 32),
    'logits',
  ],
  ['ResNet-50', () => resnet50(images), image(images.size ?? 224), 'logits'],
  ['the text encoder', () => textEncoder(encoder), text(128, words), 'sentence_embedding'],
])('%s', async (_name, make, feeds, name) => {
  const model = make();
  const run = async (provider: string): Promise<number[]> => {
    const engine = await session(model, { executionProviders: [provider], strict: true });
    return values(output(await engine.run(feeds, [name]), name));
  };
  const reference = await run('cpu');
  const found = await run('openvino');
  const norm = Math.hypot(...reference);
  // A rounding of float32 (6e-8) in each of some fifty layers.
  expect(Math.hypot(...found.map((value, i) => value - (reference[i] ?? NaN))) / norm).toBeLessThan(
    1e-5,
  );
  const half = reference.length / 2;
  const difference = reference.slice(0, half).map((value, i) => value - (reference[half + i] ?? 0));
  expect(Math.hypot(...difference) / norm).toBeGreaterThan(1e-3);
});
