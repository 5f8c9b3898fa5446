/** Metadata from either source, and the caller's shapes. */

import { describe, expect, it } from 'vitest';

import type { ModelOutline } from '../../../lib/onnx/index.js';
import {
  metadataFrom,
  requireWithin,
  withShapes,
} from '../../../lib/runtime/onnxruntime-metadata.js';
import type { ModelSource, ShapeRange, ValueInfo } from '../../../lib/runtime/provider.js';

const onnx: ModelSource = { format: 'onnx', path: '/model.onnx' };
const tensor = (name: string, type = 'float32') => ({
  name,
  isTensor: true,
  type,
  shape: ['n', 2],
});

describe('metadataFrom', () => {
  const facts = { inputNames: ['x'], outputNames: ['y'] };

  it('takes what onnxruntime-node tells', () => {
    const metadata = metadataFrom(
      { ...facts, inputs: [tensor('x')], outputs: [tensor('y', 'int64')] },
      onnx,
    );
    expect(metadata).toEqual({
      inputs: [{ name: 'x', type: 'float32', shape: ['n', 2] }],
      outputs: [{ name: 'y', type: 'int64', shape: ['n', 2] }],
      omitted: [],
    });
  });

  it('takes the model file’s, in the session’s order, when it tells nothing', () => {
    const value = (name: string) =>
      ({ name, kind: 'tensor', elementType: 'float32', shape: undefined }) as const;
    // Only these two fields of an outline are read.
    const outline = {
      inputs: [value('b'), value('a')],
      outputs: [value('y')],
    } as unknown as ModelOutline;
    const metadata = metadataFrom(
      { inputNames: ['a', 'b'], outputNames: ['y'] },
      { ...onnx, outline },
    );
    expect(metadata.inputs).toEqual([
      { name: 'a', type: 'float32', shape: [] },
      { name: 'b', type: 'float32', shape: [] },
    ]);
  });

  it('asks for a newer version where neither knows', () => {
    expect(() => metadataFrom(facts, { format: 'ort', path: '/model.ort' })).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_RUNTIME_VERSION' }),
    );
  });

  it('refuses inputs that are no tensors and leaves such outputs out by name', () => {
    const map = { name: 'm', isTensor: false };
    expect(() => metadataFrom({ ...facts, inputs: [map], outputs: [] }, onnx)).toThrow(/input 'm'/);
    const metadata = metadataFrom(
      { ...facts, inputs: [tensor('x')], outputs: [tensor('y'), map] },
      onnx,
    );
    expect(metadata.outputs.map((output) => output.name)).toEqual(['y']);
    expect(metadata.omitted).toEqual(['m']);
  });

  it.each(['int4', 'uint4', 'bfloat16'])('refuses %s at either end', (type) => {
    for (const ends of [
      { inputs: [tensor('x', type)], outputs: [tensor('y')] },
      { inputs: [tensor('x')], outputs: [tensor('y', type)] },
    ]) {
      expect(() => metadataFrom({ ...facts, ...ends }, onnx)).toThrow(
        expect.objectContaining({ code: 'ERR_ENGINERY_MODEL_UNSUPPORTED' }),
      );
    }
  });

  it('tells a 4-bit end that ONNX Runtime has as 8 bits as the model has it', () => {
    const inputs = [{ ...tensor('x', 'int4'), isWidened: true }];
    const metadata = metadataFrom({ ...facts, inputs, outputs: [tensor('y')] }, onnx);
    expect(metadata.inputs).toEqual([{ name: 'x', type: 'int4', shape: tensor('x').shape }]);
  });
});

describe('shapes', () => {
  const inputs: ValueInfo[] = [{ name: 'x', type: 'float32', shape: ['n', 2] }];
  const shapes = (...range: (readonly [number, number])[]): Map<string, ShapeRange> =>
    new Map([['x', range]]);

  it('replace symbolic sizes only where they are fixed', () => {
    expect(withShapes(inputs, shapes([3, 3], [2, 2]))[0]?.shape).toEqual([3, 2]);
    expect(withShapes(inputs, shapes([1, 3], [1, 9]))[0]?.shape).toEqual(['n', 2]);
    expect(withShapes(inputs, new Map())).toEqual(inputs);
  });

  it.each([
    ['another rank', shapes([1, 1])],
    ['a size the model fixes otherwise', shapes([1, 1], [3, 4])],
    ['an unknown input', new Map([['z', [[1, 1]] as const]])],
  ])('are refused for %s', (_what, wrong) => {
    expect(() => withShapes(inputs, wrong)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }),
    );
  });

  it('hold at each run', () => {
    const feeds = (dims: number[]) =>
      new Map([['x', { type: 'float32', dims, data: new Float32Array() } as const]]);
    requireWithin(feeds([2, 2]), shapes([1, 3], [2, 2]));
    for (const dims of [[4, 2], [0, 2], [2]]) {
      expect(() => {
        requireWithin(feeds(dims), shapes([1, 3], [2, 2]));
      }).toThrow(RangeError);
    }
  });
});
