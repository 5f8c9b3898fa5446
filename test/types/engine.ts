/** createEngine and what it adds to a session: what compiles, and what does not. `npm run lint` is the test. */

import {
  createEngine,
  EngineryError,
  InferenceSession,
  listRuntimes,
  type Tensor,
  type Engine,
  type EngineOptions,
  type EngineProgress,
  type ErrorCode,
  type RuntimeReport,
} from 'enginery';

export async function everyOption(bytes: Uint8Array): Promise<Engine> {
  const options: EngineOptions = {
    providers: ['tensorrt', { name: 'openvino', device: 'CPU' }, 'cpu'],
    strict: false,
    device: 'CPU',
    precision: 'bf16',
    shapes: {
      fixed: [1, 2],
      bounded: { min: [1], opt: [8], max: [64] },
      open: { min: [1], max: [9] },
    },
    signal: new AbortController().signal,
    onProgress: ({ phase, provider, elapsedMs }: EngineProgress) => {
      console.log(phase, provider, elapsedMs.toFixed());
    },
    openvino: { performanceHint: 'throughput', numThreads: 2, properties: { CACHE_MODE: 'x' } },
    onnxruntime: { workers: 2 },
    session: { graphOptimizationLevel: 'basic', logId: 'x' },
    weights: bytes,
  };
  const engine = await createEngine(bytes, options);
  console.log(await createEngine('model.onnx', { providers: 'auto' }), createEngine(bytes.buffer));
  return engine;
}

export function optionsStepByStep(): EngineOptions {
  const options: EngineOptions = {};
  options.providers = ['openvino'];
  options.strict = true;
  options.session = { logId: 'x' };
  delete options.providers;
  return options;
}

export async function aSession(engine: Engine): Promise<void> {
  const session: InferenceSession = engine;
  const input: Tensor = engine.allocate('x', [1, 2]);
  const names: readonly ErrorCode[] = engine.fallbacks.map(({ code }) => code);
  const { provider, createMs, runtime } = engine.report;
  const { layers } = await engine.inspect({ feeds: { x: input } });
  const runtimes: readonly RuntimeReport[] = await listRuntimes();
  console.log(
    session,
    names,
    provider,
    createMs + 1,
    runtime['version'],
    layers[0]?.fused,
    runtimes,
  );
  await engine.run({ x: input }, { signal: new AbortController().signal });
  await engine.run({ x: input }, ['y'], { signal: new AbortController().signal });
  await InferenceSession.create('model.onnx', {
    strict: true,
    signal: new AbortController().signal,
  });
  await using owned = await createEngine('model.onnx');
  console.log(owned.provider);
}

export function byCode(error: unknown): boolean {
  if (!(error instanceof EngineryError)) return false;
  const code: ErrorCode = error.code;
  // @ts-expect-error -- no such code
  return code === 'ERR_ENGINERY_NOVELTY';
}

export async function mistakes(engine: Engine): Promise<void> {
  // @ts-expect-error -- a model is a path or bytes
  await createEngine(5);
  // @ts-expect-error -- a model is a path or bytes
  await InferenceSession.create(new Float32Array(4));
  // @ts-expect-error -- no such option
  await createEngine('model.onnx', { devise: 'CPU' });
  // @ts-expect-error -- no such precision
  await createEngine('model.onnx', { precision: 'fp64' });
  // @ts-expect-error -- a provider list, or 'auto'
  await createEngine('model.onnx', { providers: 'openvino' });
  // @ts-expect-error -- a provider has a name
  await createEngine('model.onnx', { providers: [{ device: 'CPU' }] });
  // @ts-expect-error -- sizes are numbers
  await createEngine('model.onnx', { shapes: { x: ['batch', 2] } });
  // @ts-expect-error -- bounds have a largest size
  await createEngine('model.onnx', { shapes: { x: { min: [1] } } });
  // @ts-expect-error -- no such option of OpenVINO
  await createEngine('model.onnx', { openvino: { threads: 2 } });
  // @ts-expect-error -- properties are text
  await createEngine('model.onnx', { openvino: { properties: { NUM_STREAMS: 2 } } });
  // @ts-expect-error -- no such hint
  await createEngine('model.onnx', { openvino: { performanceHint: 'fast' } });
  // @ts-expect-error -- providers of an engine are in `providers`
  await createEngine('model.onnx', { session: { executionProviders: ['cpu'] } });
  // @ts-expect-error -- no such session option
  await InferenceSession.create('model.onnx', { precision: 'fp16' });
  // @ts-expect-error -- no such level
  await InferenceSession.create('model.onnx', { graphOptimizationLevel: 'most' });
  // @ts-expect-error -- a path has no byteOffset
  await InferenceSession.create('model.onnx', 0, 5);
  // @ts-expect-error -- feeds are tensors
  await engine.run({ x: new Float32Array(2) });
  // @ts-expect-error -- feeds are needed
  await engine.run();
  // @ts-expect-error -- fetches are names, or an object
  await engine.run({}, 'y');
  // @ts-expect-error -- no such run option
  await engine.run({}, { timeoutMs: 5 });
  // @ts-expect-error -- metadata are read only
  engine.inputNames[0] = 'x';
  // @ts-expect-error -- read only
  engine.provider = 'cpu';
  // @ts-expect-error -- sizes are numbers
  engine.allocate('x', ['batch']);
}
