/** Inputs that no output depends on: OpenVINO drops them, the session has them all the same. */

import { Tensor } from 'enginery';
import { describe, expect, it } from 'vitest';

import { buildModel, buildValue, encodeModel, type ModelParts } from '../../lib/onnx/index.js';
import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  thrownBy,
  values,
} from '../fixtures/engines.js';

needsOpenvino();

/** `unused` stands between two inputs that are used. */
function model(parts: Partial<ModelParts> = {}): Uint8Array {
  return encodeModel(
    buildModel({
      irVersion: 8,
      opsets: { '': 17 },
      inputs: [
        buildValue('a', 'float32', ['n']),
        buildValue('unused', 'int64', [2, 'm']),
        buildValue('b', 'float32', ['n']),
      ],
      outputs: [buildValue('y', 'float32', ['n'])],
      nodes: [{ type: 'Sub', inputs: ['a', 'b'], outputs: ['y'] }],
      ...parts,
    }),
  );
}

describe('an input that OpenVINO drops', () => {
  it('keeps its place and its metadata', async () => {
    const engine = await openvinoEngine(model());
    expect(engine.inputNames).toEqual(['a', 'unused', 'b']);
    expect(engine.inputMetadata[1]).toMatchObject({
      name: 'unused',
      type: 'int64',
      shape: [2, 'm'],
    });
  });

  it('is fed and changes nothing', async () => {
    const engine = await openvinoEngine(model());
    const unused = new Tensor('int64', new BigInt64Array(6), [2, 3]);
    for (const n of [2, 3]) {
      const results = await engine.run({
        b: float32([n], [1, 2, 3].slice(0, n)),
        unused,
        a: float32([n]),
      });
      expect(values(output(results, 'y'))).toEqual([-1, -2, -3].slice(0, n));
    }
  });

  it('is still asked for', async () => {
    const engine = await openvinoEngine(model());
    const failure = await failureOf(engine.run({ a: float32([1]), b: float32([1]) }));
    expect(failure.message).toContain('unused');
  });

  it('has no memory in the engine', async () => {
    const engine = await openvinoEngine(model());
    const failure = thrownBy(() => engine.allocate('unused', [2, 1]));
    expect(failure).toMatchObject({ code: code('INVALID_ARGUMENT') });
    const b = engine.allocate('b', [1]);
    (b.data as Float32Array)[0] = 4;
    const unused = new Tensor('int64', new BigInt64Array(2), [2, 1]);
    const results = await engine.run({ a: float32([1], [1]), b, unused });
    expect(values(output(results, 'y'))).toEqual([-3]);
  });

  it('may be an empty list of axes, which means all of them', async () => {
    const engine = await openvinoEngine(
      model({
        opsets: { '': 18 },
        inputs: [buildValue('x', 'float32', [2, 2]), buildValue('axes', 'int64', [0])],
        outputs: [buildValue('y', 'float32')],
        nodes: [{ type: 'ReduceSum', inputs: ['x', 'axes'], outputs: ['y'] }],
      }),
    );
    const axes = new Tensor('int64', new BigInt64Array(0), [0]);
    const results = await engine.run({ x: float32([2, 2], [1, 2, 3, 4]), axes });
    expect(output(results, 'y').dims).toEqual([1, 1]);
    expect(values(output(results, 'y'))).toEqual([10]);
  });
});
