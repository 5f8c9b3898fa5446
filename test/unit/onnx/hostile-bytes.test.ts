/** Damages small models at random: whatever the bytes are, the reader answers with an outline or a typed error. */

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '../../../lib/common/index.js';
import { detectModelFormat, readModelOutline } from '../../../lib/onnx/index.js';
import { modelPath } from '../../fixtures/models.js';
import { seededRandom, type Random } from '../../fixtures/random.js';
import { scaled } from '../../scale.js';

const MODELS = readdirSync(modelPath('small'))
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => readFileSync(modelPath(`small/${name}`)));

/** Bytes that protobuf gives a meaning: tags, continuation, largest lengths. */
const TELLING_BYTES = [0x00, 0x01, 0x08, 0x0a, 0x12, 0x2a, 0x3a, 0x7f, 0x80, 0xff];

function mutated(random: Random, model: Buffer, other: Buffer): Buffer {
  const at = random.integer(model.length);
  switch (random.integer(6)) {
    case 0:
      return model.subarray(0, at);
    case 1:
      return Buffer.concat([model.subarray(0, at), model.subarray(at + 1 + random.integer(8))]);
    case 2:
      return Buffer.concat([model.subarray(0, at), other.subarray(random.integer(other.length))]);
    case 3: {
      const end = at + random.integer(32);
      return Buffer.concat([model.subarray(0, end), model.subarray(at, end), model.subarray(end)]);
    }
    default: {
      const copy = Buffer.from(model);
      for (let i = random.integer(8); i >= 0; i--) {
        const telling = TELLING_BYTES[random.integer(TELLING_BYTES.length)] ?? 0;
        copy[random.integer(copy.length)] = random.integer(2) === 0 ? telling : random.integer(256);
      }
      return copy;
    }
  }
}

describe('readModelOutline on damaged models', () => {
  it('gives an outline or a typed error with a cause to act on, never anything else', async () => {
    const turns = scaled(100_000);
    let refused = 0;
    for (let seed = 1; seed <= turns; seed++) {
      const random = seededRandom(seed * 7919);
      const [model, other] = [0, 0].map(() => MODELS[random.integer(MODELS.length)]);
      if (model === undefined || other === undefined) throw new Error('there are models');
      const bytes = mutated(random, model, other);
      detectModelFormat(bytes);
      try {
        await readModelOutline(bytes);
      } catch (error) {
        refused++;
        if (!isCodedError(error))
          throw new Error(`seed ${seed} gave ${String(error)}`, { cause: error });
        expect(error.code, `seed ${seed}`).toMatch(/^ERR_ENGINERY_MODEL_(INVALID|UNSUPPORTED)$/);
        expect(error.message, `seed ${seed}`).toMatch(/^expected .*, got .*; ./s);
        expect(error.message.length, `seed ${seed}`).toBeLessThan(1000);
      }
    }
    // A reader that accepts everything, or a mutator that breaks nothing, would pass otherwise.
    expect(refused).toBeGreaterThan(turns / 4);
    expect(refused).toBeLessThan(turns);
  });
});
