/** Damages small models at random: whatever the bytes are, the reader answers with an outline or a typed error. */

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '../../../lib/common/index.js';
import { detectModelFormat, readModelOutline } from '../../../lib/onnx/index.js';
import { modelPath } from '../../fixtures/models.js';
import { mutated } from '../../fixtures/mutated-model.js';
import { seededRandom } from '../../fixtures/random.js';
import { scaled } from '../../scale.js';

const MODELS = readdirSync(modelPath('small'))
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => readFileSync(modelPath(`small/${name}`)));

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
