/** A program for onnxruntime-node of which only the import was changed: that `npm run lint` compiles it is the test. */

import { env, InferenceSession, listSupportedBackends, Tensor, type TypedTensor } from 'enginery';
import * as ort from 'enginery';
import type * as upstream from 'onnxruntime-node';

export async function classify(path: string, pixels: Float32Array): Promise<number> {
  env.logLevel = 'error';
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cuda', { name: 'cpu', useArena: true }],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: 2,
    freeDimensionOverrides: { batch: 1 },
    extra: { session: { use_env_allocators: '1' } },
  };
  const session: InferenceSession = await InferenceSession.create(path, options);
  const input = session.inputNames[0];
  const output = session.outputNames[0];
  if (input === undefined || output === undefined) throw new Error('no input or no output');
  const feeds: InferenceSession.FeedsType = {
    [input]: new Tensor('float32', pixels, [1, 1, 8, 8]),
  };
  const results: InferenceSession.ReturnType = await session.run(feeds, [output], { tag: 'one' });
  const logits = results[output];
  await session.release();
  return logits === undefined ? -1 : (logits.data as Float32Array).indexOf(1);
}

/** Every overload of create. */
export function sessions(
  bytes: Uint8Array,
  buffer: ArrayBuffer,
  shared: SharedArrayBuffer,
): readonly Promise<InferenceSession>[] {
  const options = { executionProviders: ['openvino', 'cpu'] } as const;
  return [
    InferenceSession.create('model.onnx'),
    InferenceSession.create('model.onnx', options),
    InferenceSession.create(bytes),
    InferenceSession.create(Buffer.from(bytes), options),
    InferenceSession.create(buffer),
    InferenceSession.create(shared, options),
    InferenceSession.create(buffer, 0),
    InferenceSession.create(buffer, 0, 100),
    InferenceSession.create(shared, 0, 100, options),
  ];
}

/** Every overload of run, and what belongs to a session. */
export async function runs(
  session: ort.InferenceSession,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const x = new ort.Tensor('float32', [1, 2], [2]);
  const fetches: ort.InferenceSession.FetchesType = { y: null, z: x };
  const options: ort.InferenceSession.RunOptions = { logSeverityLevel: 3, terminate: false };
  await session.run({ x });
  await session.run({ x }, options);
  await session.run({ x }, ['y']);
  await session.run({ x }, fetches);
  session.startProfiling();
  session.endProfiling();
  const metadata: readonly ort.InferenceSession.ValueMetadata[] = session.inputMetadata;
  for (const value of metadata) {
    if (value.isTensor) console.log(value.name, value.type, value.shape);
  }
  return session.run({ x }, ['y'], options);
}

/** Tensor as a value, as a type and as a namespace. */
export function tensors(): readonly Tensor[] {
  const type: Tensor.Type = 'int64';
  const location: Tensor.DataLocation = 'cpu';
  const data: Tensor.DataTypeMap['int64'] = new BigInt64Array(1);
  const typed: TypedTensor<'int64'> = new Tensor(type, data, [1]);
  const bool: ort.TypedTensor<'bool'> = new ort.Tensor('bool', [true, false]);
  const text: Tensor = new Tensor(['a', 'b'], [2]);
  console.log(typed.getData(), typed.reshape([1, 1]), location);
  return [typed, bool, text, new Tensor(new Float32Array(2))];
}

/** Values of one package are values of the other. */
export function exchange(
  ours: InferenceSession,
  theirs: upstream.InferenceSession,
  tensor: upstream.Tensor,
): Promise<upstream.InferenceSession.ReturnType>[] {
  const session: upstream.InferenceSession = ours;
  const feed: Tensor = tensor;
  const back: upstream.Tensor = feed;
  const options: upstream.InferenceSession.SessionOptions = { executionProviders: ['cpu'] };
  const accepted: InferenceSession.SessionOptions = options;
  console.log(accepted, InferenceSession.create('model.onnx', options));
  return [session.run({ x: feed }), theirs.run({ x: back })];
}

export const names: readonly string[] = listSupportedBackends().map(({ name }) => name);

/** Types of providers, by upstream's names. */
export const cuda: InferenceSession.CudaExecutionProviderOption = { name: 'cuda', deviceId: 0 };
export const provider: InferenceSession.ExecutionProviderName = 'coreml';
export const providers: readonly InferenceSession.ExecutionProviderConfig[] = [cuda, provider];

/** Options that are put together step by step, as onnxruntime-node lets one do. */
export function optionsStepByStep(signal: AbortSignal): void {
  const options: InferenceSession.SessionOptions = {};
  options.executionProviders = ['cpu', { name: 'cuda', deviceId: 0 }];
  options.graphOptimizationLevel = 'all';
  options.strict = true;
  options.signal = signal;
  delete options.executionProviders;
  const run: InferenceSession.RunOptions = {};
  run.terminate = false;
  run.signal = signal;
  delete run.signal;
}
