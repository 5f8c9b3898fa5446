/** What createEngine adds: precision, progress, the report, the layers that OpenVINO executes. */

import { readFileSync } from 'node:fs';

import { createEngine, InferenceSession, type EngineProgress } from 'enginery';
import { describe, expect, it } from 'vitest';

import {
  code,
  failureOf,
  float32,
  needsOpenvino,
  openvinoEngine,
  output,
  session,
  values,
} from '../fixtures/engines.js';
import { modelPath } from '../fixtures/models.js';

needsOpenvino();

const DIGITS = 'digits/digits_cnn.onnx';

describe('an engine', () => {
  it('is an InferenceSession and tells what serves it', async () => {
    const engine = await createEngine(modelPath(DIGITS));
    expect(engine).toBeInstanceOf(InferenceSession);
    expect(engine.provider).toBe('openvino');
    expect(engine.fallbacks).toEqual([]);
    expect(engine.report).toMatchObject({
      provider: 'openvino',
      runtime: { runtime: 'OpenVINO', device: 'CPU', precision: 'f32' },
    });
    expect(engine.report.runtime['version']).toMatch(/^20\d\d\./);
    expect(engine.report.runtime['library']).toContain('libopenvino_c.so');
    expect(Number(engine.report.runtime['inferRequests'])).toBeGreaterThanOrEqual(2);
    expect(engine.report.createMs).toBeGreaterThan(0);
    await engine.release();
  });

  it('computes in fp32 by value unless another precision is asked for', async () => {
    const asked = await openvinoEngine(DIGITS, { precision: 'fp32' });
    const unasked = await session(DIGITS);
    expect(asked.report.runtime['precision']).toBe('f32');
    expect(unasked.report.runtime['precision']).toBe('f32');
    const { properties } = await asked.inspect();
    expect(properties['INFERENCE_PRECISION_HINT']).toBe('f32');
  });

  it('has OpenVINO’s options in effect', async () => {
    const engine = await openvinoEngine(DIGITS, {
      openvino: { numThreads: 1, numStreams: 1, inferRequests: 5, performanceHint: 'throughput' },
    });
    const { properties } = await engine.inspect();
    expect(properties).toMatchObject({
      INFERENCE_NUM_THREADS: '1',
      NUM_STREAMS: '1',
      PERFORMANCE_HINT: 'THROUGHPUT',
      ENABLE_CPU_PINNING: 'NO',
      EXECUTION_DEVICES: 'CPU',
    });
    expect(engine.report.runtime['inferRequests']).toBe('5');
  });

  it('takes the threads of onnxruntime’s session options, and those of its own before them', async () => {
    const threads = async (
      options: Parameters<typeof openvinoEngine>[1],
    ): Promise<string | undefined> =>
      (await (await openvinoEngine(DIGITS, options)).inspect()).properties['INFERENCE_NUM_THREADS'];
    expect(await threads({ session: { intraOpNumThreads: 1 } })).toBe('1');
    expect(await threads({ session: { intraOpNumThreads: 1 }, openvino: { numThreads: 2 } })).toBe(
      '2',
    );
  });

  it('passes further properties on by their own names', async () => {
    const engine = await openvinoEngine(DIGITS, {
      openvino: { properties: { EXECUTION_MODE_HINT: 'ACCURACY', PERF_COUNT: 'YES' } },
    });
    const input = float32([1, 1, 8, 8]);
    const { layers } = await engine.inspect({ feeds: { input } });
    expect(layers.length).toBeGreaterThan(0);
  });
});

describe('onProgress', () => {
  it('hears of each phase in order', async () => {
    const heard: EngineProgress[] = [];
    await openvinoEngine(DIGITS, { onProgress: (progress) => heard.push(progress) });
    expect(heard.map(({ phase, provider }) => [phase, provider])).toEqual([
      ['read', ''],
      ['compile', 'openvino'],
      ['ready', 'openvino'],
    ]);
    const times = heard.map(({ elapsedMs }) => elapsedMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('hears of each provider that is tried', async () => {
    const heard: EngineProgress[] = [];
    const engine = await createEngine(modelPath('small/only-onnxruntime.onnx'), {
      onProgress: (progress) => heard.push(progress),
    });
    await engine.release();
    expect(
      heard.filter(({ phase }) => phase === 'compile').map(({ provider }) => provider),
    ).toEqual(['openvino', 'cpu']);
  });

  it('that throws makes the creation fail with its error', async () => {
    const boom = new Error('boom');
    const create = createEngine(modelPath(DIGITS), {
      onProgress: () => {
        throw boom;
      },
    });
    expect(await failureOf(create)).toBe(boom);
  });
});

describe('inspect', () => {
  const input = float32([1, 1, 8, 8]);

  it('tells the layers that OpenVINO executes, what was fused into them, and their times', async () => {
    const engine = await openvinoEngine(DIGITS);
    const { layers, properties } = await engine.inspect({ feeds: { input } });
    expect(properties['EXECUTION_DEVICES']).toBe('CPU');
    const executed = layers.filter(({ status }) => status === 'executed');
    expect(executed.map(({ type }) => type)).toContain('Convolution');
    for (const layer of executed) {
      expect(layer.name).not.toBe('');
      expect(layer.timeUs).toBeGreaterThanOrEqual(0);
    }
    expect(layers.flatMap(({ fused }) => fused).length).toBeGreaterThan(0);
    expect(layers.map(({ type }) => type)).not.toContain('Parameter');
  });

  it('leaves the session as it was', async () => {
    const engine = await openvinoEngine(DIGITS);
    const before = values(output(await engine.run({ input }), 'logits'));
    await engine.inspect({ feeds: { input } });
    expect(values(output(await engine.run({ input }), 'logits'))).toEqual(before);
  });

  it('tells the properties alone without feeds', async () => {
    const engine = await openvinoEngine(DIGITS);
    const { layers, properties } = await engine.inspect();
    expect(layers).toEqual([]);
    expect(properties['NUM_STREAMS']).toBeDefined();
  });

  it('checks its feeds as run does', async () => {
    const engine = await openvinoEngine(DIGITS);
    const error = await failureOf(engine.inspect({ feeds: { input: float32([1, 8, 8]) } }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
  });

  it('of a model from bytes needs its counters from the start, and says so', async () => {
    const bytes = new Uint8Array(readFileSync(modelPath(DIGITS)));
    const plain = await openvinoEngine(bytes);
    const error = await failureOf(plain.inspect({ feeds: { input } }));
    expect(error).toMatchObject({ code: code('INVALID_ARGUMENT') });
    expect(error.message).toContain('enableProfiling');
    const profiled = await openvinoEngine(bytes, {
      openvino: { properties: { PERF_COUNT: 'YES' } },
    });
    const { layers } = await profiled.inspect({ feeds: { input } });
    expect(layers.length).toBeGreaterThan(0);
    profiled.startProfiling();
    profiled.endProfiling();
  });
});
