/** Tests of the committed models: their maker gives the same bytes again. */

import { readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as onnx from '../../../lib/onnx/index.js';
import { smallModels } from '../../../models/small-models.mjs';
import { modelPath } from '../../fixtures/models.js';

it('models/small holds exactly what its maker writes', () => {
  const made = smallModels(onnx);
  expect([...made.keys()].sort()).toEqual(readdirSync(modelPath('small')).sort());
  for (const [name, bytes] of made) {
    const committed = readFileSync(modelPath(`small/${name}`));
    expect(committed.equals(bytes), `${name} differs: run models/make-small.mjs`).toBe(true);
  }
});
