/** The ONNX Runtime provider with the real onnxruntime-node: models, options, errors, inspection. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { TensorValue } from '../../lib/runtime/provider.js';
import {
  compile,
  float32,
  modelPath,
  outlineOf,
  rejection,
  withModel,
} from '../fixtures/onnxruntime.js';

const ones = (count: number): TensorValue => float32([1, count], new Float32Array(count).fill(1));

describe('models and options', () => {
  it('takes ORT format and external data, by path and as bytes', async () => {
    const feeds = { x: float32([1, 4], [1, 1, 1, 1]) };
    const expected = float32([1, 3], [9, 11, 13]);
    await withModel(await compile('small/external.onnx'), async (model) => {
      expect(await model.run(feeds, { y: null }, {})).toEqual({ y: expected });
    });
    const bytes = new Uint8Array(readFileSync(modelPath('small/external.onnx')));
    const data = new Uint8Array(readFileSync(modelPath('small/external.weights.bin')));
    const externalData = [{ location: 'external.weights.bin', data }];
    await withModel(await compile(bytes, { source: { externalData } }), async (model) => {
      expect(await model.run(feeds, { y: null }, {})).toEqual({ y: expected });
    });
    for (const source of [
      modelPath('ort/add.ort'),
      new Uint8Array(readFileSync(modelPath('ort/add.ort'))),
    ]) {
      const parts = typeof source === 'string' ? { path: source } : { bytes: source };
      await withModel(
        await compile('ort/add.ort', { source: { format: 'ort', ...parts } }),
        async (model) => {
          expect(model.inputs.length).toBeGreaterThan(0);
          const added = Object.fromEntries(
            model.inputs.map(({ name, shape }) => [
              name,
              float32(shape.map(Number), new Float32Array(16).fill(2)),
            ]),
          );
          const [result] = Object.values(
            await model.run(added, { [model.outputs[0]?.name ?? '']: null }, {}),
          );
          expect([...(result?.data as Float32Array)]).toEqual(new Array(16).fill(4));
        },
      );
    }
  });

  it('refuses other formats and precisions by name', async () => {
    for (const extras of [{ source: { format: 'ir' } }, { precision: 'bf16' }] as const) {
      const error = await rejection(compile('small/add.onnx', extras));
      expect(error).toMatchObject({ code: 'ERR_ENGINERY_MODEL_UNSUPPORTED' });
      expect(error.message).toMatch(/ir|bf16/);
    }
  });

  const refusals: [string, string | Uint8Array, string][] = [
    ['an unknown operator', 'small/unsupported-op.onnx', 'MODEL_UNSUPPORTED'],
    ['no kernel for a type', 'small/identity-int4.onnx', 'MODEL_UNSUPPORTED'],
    ['bytes that are no model', new Uint8Array([1, 2, 3]), 'MODEL_INVALID'],
    ['no bytes at all', new Uint8Array(0), 'MODEL_INVALID'],
    ['a file that is not there', 'small/none.onnx', 'INVALID_ARGUMENT'],
    ['external data outside the folder', 'small/external-outside.onnx', 'MODEL_INVALID'],
  ];
  it.each(refusals)('refuses %s and keeps ONNX Runtime’s words', async (_what, model, code) => {
    const error = await rejection(compile(model));
    expect(error).toMatchObject({ code: `ERR_ENGINERY_${code}` });
    expect(error.message).toContain((error.cause as Error).message);
  });

  it('refuses a truncated model', async () => {
    const bytes = new Uint8Array(
      readFileSync(modelPath('digits/digits_cnn.onnx')).subarray(0, 5000),
    );
    expect(await rejection(compile(bytes))).toMatchObject({ code: 'ERR_ENGINERY_MODEL_INVALID' });
  });

  it.each([
    ['nosuch', 'RUNTIME_NOT_FOUND'],
    ['dml', 'RUNTIME_NOT_FOUND'],
  ])('says that ONNX Runtime has no execution provider %s', async (provider, code) => {
    const error = await rejection(compile('small/add.onnx', { provider }));
    expect(error).toMatchObject({ code: `ERR_ENGINERY_${code}` });
  });

  it('passes session options on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'enginery-options-'));
    try {
      const session = {
        graphOptimizationLevel: 'basic',
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
        extra: { session: { set_denormal_as_zero: '1' } },
        optimizedModelFilePath: join(folder, 'optimized.onnx'),
        enableProfiling: true,
        profileFilePrefix: join(folder, 'profile'),
      };
      const model = await compile('digits/digits_cnn.onnx', { session, workers: 2 });
      model.endProfiling();
      await model.release();
      expect(readdirSync(folder).filter((file) => file.endsWith('.onnx'))).toEqual([
        'optimized.onnx',
      ]);
      expect(readdirSync(folder).filter((file) => file.startsWith('profile'))).toHaveLength(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const threads = await rejection(
      compile('small/add.onnx', { session: { intraOpNumThreads: -1 } }),
    );
    expect(threads).toBeInstanceOf(RangeError);
  });

  it('holds the shapes that the caller fixed or bounded, and refuses what the model contradicts', async () => {
    const feeds = (batch: number): Record<string, TensorValue> => ({
      input: float32([batch, 1, 8, 8], new Float32Array(batch * 64)),
    });
    const rest = [
      [1, 1],
      [8, 8],
      [8, 8],
    ] as const;
    const fixed = new Map([['input', [[2, 2], ...rest] as const]]);
    await withModel(await compile('digits/digits_cnn.onnx', { shapes: fixed }), async (model) => {
      expect(model.inputs[0]?.shape).toEqual([2, 1, 8, 8]);
      expect((await model.run(feeds(2), { logits: null }, {}))['logits']?.dims).toEqual([2, 10]);
      expect(await rejection(model.run(feeds(1), { logits: null }, {}))).toMatchObject({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
      });
    });
    const bounded = new Map([['input', [[1, 4], ...rest] as const]]);
    await withModel(await compile('digits/digits_cnn.onnx', { shapes: bounded }), async (model) => {
      expect(model.inputs[0]?.shape).toEqual(['batch', 1, 8, 8]);
      await model.run(feeds(4), { logits: null }, {});
      expect(await rejection(model.run(feeds(5), { logits: null }, {}))).toMatchObject({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
      });
    });
    for (const [name, range] of [
      [
        'input',
        [
          [1, 1],
          [3, 3],
          [8, 8],
          [8, 8],
        ],
      ],
      ['input', [[1, 1]]],
      ['image', [[1, 1], ...rest]],
    ] as [string, [number, number][]][]) {
      const error = await rejection(
        compile('digits/digits_cnn.onnx', { shapes: new Map([[name, range]]) }),
      );
      expect(error).toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
      expect(error.message).toContain(name);
    }
  });

  it('has no memory to hand out', async () => {
    await withModel(await compile('small/add.onnx'), async (model) => {
      expect(() => model.allocate('a', [1, 16])).toThrow(
        expect.objectContaining({ code: 'ERR_ENGINERY_MODEL_UNSUPPORTED' }),
      );
      await Promise.resolve();
    });
  });
});

describe('inspect', () => {
  const feeds = { input: float32([1, 1, 8, 8], new Float32Array(64)) };

  it('shows the optimized graph with what was fused, and the times of a run', async () => {
    const outline = await outlineOf(modelPath('digits/digits_cnn.onnx'));
    const session = { graphOptimizationLevel: 'extended' };
    await withModel(
      await compile('digits/digits_cnn.onnx', { session, source: { outline } }),
      async (model) => {
        const graph = await model.inspect();
        const stem = {
          name: 'stem/Conv',
          type: 'FusedConv',
          fused: ['stem/BatchNormalization', 'stem/Relu'],
        };
        expect(graph.layers[0]).toMatchObject({ ...stem, status: 'not-run' });
        const profiled = await model.inspect(feeds);
        expect(profiled.layers[0]).toMatchObject({ ...stem, status: 'executed' });
        expect(profiled.layers.every((layer) => (layer.timeUs ?? -1) >= 0)).toBe(true);
        expect(profiled.layers.map((layer) => layer.name)).toEqual(
          graph.layers.map((layer) => layer.name),
        );
        const computed = profiled.layers.flatMap((layer) => [layer.name, ...layer.fused]);
        for (const node of outline.nodes) expect(computed).toContain(node.name);
      },
    );
  });

  it('accounts for every node of the model at the default level too, and leaves no file', async () => {
    const count = (): number =>
      readdirSync(tmpdir()).filter((file) => file.startsWith('enginery-inspect-')).length;
    const before = count();
    const outline = await outlineOf(modelPath('digits/digits_cnn.onnx'));
    await withModel(
      await compile('digits/digits_cnn.onnx', { source: { outline } }),
      async (model) => {
        const { layers } = await model.inspect(feeds);
        const computed = layers.flatMap((layer) => [layer.name, ...layer.fused]);
        for (const node of outline.nodes) expect(computed).toContain(node.name);
        expect(new Set(computed).size).toBe(computed.length);
      },
    );
    expect(count()).toBe(before);
  });

  it('names nodes that have no name by type, and shows an ORT-format model with feeds only', async () => {
    await withModel(await compile('small/add.onnx'), async (model) => {
      const run = { a: ones(16), b: ones(16) };
      expect((await model.inspect(run)).layers).toMatchObject([
        { type: 'Add', status: 'executed' },
      ]);
    });
    const source = { format: 'ort' } as const;
    await withModel(await compile('ort/add.ort', { source }), async (model) => {
      const graph = await model.inspect();
      expect(graph.layers).toEqual([]);
      expect(graph.properties['layers']).toContain('pass feeds');
    });
  });
});
