/** Tests of the operator set versions that a model states. */

import { describe, expect, it } from 'vitest';
import { opsetVersion, setOpsetVersion } from '../../../lib/onnx/index.js';
import { reluModel } from '../../fixtures/onnx-models.js';

describe('setOpsetVersion', () => {
  it('adds an operator set that the model does not import', () => {
    const model = reluModel({ irVersion: 5 });
    expect(opsetVersion(model, 'ai.onnx.ml')).toBeUndefined();
    setOpsetVersion(model, 3, 'ai.onnx.ml');
    expect(opsetVersion(model, 'ai.onnx.ml')).toBe(3);
    expect(model.irVersion).toBe(5n);
  });

  it('knows the own set of ONNX by both of its names', () => {
    const model = reluModel({ irVersion: 5 });
    const [entry] = model.opsetImport;
    if (entry !== undefined) entry.domain = 'ai.onnx';
    setOpsetVersion(model, 19);
    expect(model.opsetImport).toHaveLength(1);
    expect(opsetVersion(model)).toBe(19);
  });
});
