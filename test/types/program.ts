/**
 * A program for onnxruntime-node. The test compiles it as it is and with 'enginery' in place of that name: what one
 * package's types allow, the other's allow, and what one refuses, the other refuses.
 */

import * as ort from 'onnxruntime-node';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import type { OnnxValue, TypedTensor } from 'onnxruntime-node';

const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cuda', { name: 'cpu', useArena: true }, { name: 'tensorrt', deviceId: 0 }],
  intraOpNumThreads: 2,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  enableCpuMemArena: true,
  enableMemPattern: true,
  optimizedModelFilePath: 'optimized.onnx',
  enableProfiling: false,
  profileFilePrefix: 'profile',
  logId: 'program',
  logSeverityLevel: 2,
  logVerbosityLevel: 0,
  freeDimensionOverrides: { batch: 1 },
  preferredOutputLocation: 'cpu',
  externalData: ['model.onnx.data'],
  extra: { session: { use_env_allocators: '1' } },
};

/** A detector: pictures in, boxes out, everything typed by upstream's names. */
class Detector {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async create(model: string | Uint8Array): Promise<Detector> {
    env.logLevel = 'warning';
    const session =
      typeof model === 'string'
        ? await InferenceSession.create(model, OPTIONS)
        : await InferenceSession.create(model, OPTIONS);
    return new Detector(session);
  }

  /** The sizes of the first input; those with names count as one. */
  get inputDims(): readonly number[] {
    const metadata: InferenceSession.ValueMetadata | undefined = this.#session.inputMetadata[0];
    if (metadata?.isTensor !== true) return [];
    const type: Tensor.Type = metadata.type;
    const shape: ReadonlyArray<number | string> = metadata.shape;
    console.log(metadata.name, type);
    return shape.map((dim) => (typeof dim === 'number' ? dim : 1));
  }

  async detect(pixels: Float32Array): Promise<Float32Array> {
    const [input] = this.#session.inputNames;
    const [output] = this.#session.outputNames;
    if (input === undefined || output === undefined) return new Float32Array();
    const feeds: InferenceSession.FeedsType = {
      [input]: new Tensor('float32', pixels, this.inputDims),
    };
    const results = await this.#session.run(feeds, [output], { tag: 'detect' });
    const boxes: OnnxValue | undefined = results[output];
    if (boxes === undefined) return new Float32Array();
    const data: Tensor.DataType = await boxes.getData();
    return data instanceof Float32Array ? data : new Float32Array();
  }

  async close(): Promise<void> {
    this.#session.endProfiling();
    await this.#session.release();
  }
}

export async function main(): Promise<void> {
  const detector = await Detector.create('model.onnx');
  console.log(await detector.detect(new Float32Array(12)));
  await detector.close();
  console.log(listSupportedBackends().map(({ name, bundled }) => (bundled ? name : '')));
}

/** Tensors of every kind, and what can be done with them. */
export async function tensors(): Promise<readonly ort.Tensor[]> {
  const float: TypedTensor<'float32'> = new ort.Tensor('float32', [1, 2, 3, 4], [2, 2]);
  const long: TypedTensor<'int64'> = new ort.Tensor('int64', [1n, 2n], [2]);
  const text: TypedTensor<'string'> = new ort.Tensor('string', ['a', 'b']);
  const bool: TypedTensor<'bool'> = new ort.Tensor([true, false], [2]);
  const half: TypedTensor<'float16'> = new ort.Tensor('float16', new Uint16Array(2), [2]);
  const bytes: TypedTensor<'uint8'> = new ort.Tensor(new Uint8Array(4));
  const values: Float32Array = float.data;
  const big: BigInt64Array = await long.getData();
  const words: string[] = text.data;
  const location: ort.Tensor.DataLocation = bytes.location;
  const element: ort.Tensor.ElementTypeMap['int64'] = big[0] ?? 0n;
  float.dispose();
  console.log(values.length, words.length, location, element, half.reshape([1, 2]).dims, bool.size);
  return [float, long, text, bool, half, bytes];
}

export async function mistakes(session: InferenceSession): Promise<void> {
  const x = new Tensor('float32', [1], [1]);
  // @ts-expect-error -- a model is a path or bytes
  await InferenceSession.create(5);
  // @ts-expect-error -- a model is a path or bytes
  await InferenceSession.create();
  // @ts-expect-error -- a model is bytes, not other elements
  await InferenceSession.create(new Float32Array(4));
  // @ts-expect-error -- a path has no offset
  await InferenceSession.create('model.onnx', 0, 5);
  // @ts-expect-error -- options come after the length
  await InferenceSession.create(new ArrayBuffer(8), 0, {});
  // @ts-expect-error -- options are an object
  await InferenceSession.create('model.onnx', 'cpu');
  // @ts-expect-error -- providers are a list
  await InferenceSession.create('model.onnx', { executionProviders: 'cpu' });
  // @ts-expect-error -- a provider has a name
  await InferenceSession.create('model.onnx', { executionProviders: [{ deviceId: 0 }] });
  // @ts-expect-error -- no such level
  await InferenceSession.create('model.onnx', { graphOptimizationLevel: 'most' });
  // @ts-expect-error -- no such mode
  await InferenceSession.create('model.onnx', { executionMode: 'fast' });
  // @ts-expect-error -- a number
  await InferenceSession.create('model.onnx', { intraOpNumThreads: '2' });
  // @ts-expect-error -- a severity is 0 to 4
  await InferenceSession.create('model.onnx', { logSeverityLevel: 5 });
  // @ts-expect-error -- sizes are numbers
  await InferenceSession.create('model.onnx', { freeDimensionOverrides: { batch: 'one' } });
  // @ts-expect-error -- no such place
  await InferenceSession.create('model.onnx', { preferredOutputLocation: 'disk' });
  // @ts-expect-error -- no such option
  await InferenceSession.create('model.onnx', { threads: 2 });
  // @ts-expect-error -- feeds are needed
  await session.run();
  // @ts-expect-error -- feeds are by name
  await session.run([x]);
  // @ts-expect-error -- feeds are tensors
  await session.run({ x: new Float32Array(2) });
  // @ts-expect-error -- fetches are names, or an object
  await session.run({ x }, 'y');
  // @ts-expect-error -- names are text
  await session.run({ x }, [1]);
  // @ts-expect-error -- terminate is true or false
  await session.run({ x }, ['y'], { terminate: 1 });
  // @ts-expect-error -- names are read only
  session.inputNames = [];
  // @ts-expect-error -- a list that is read only
  session.outputNames[0] = 'y';
  // @ts-expect-error -- metadata of what is no tensor have no type
  console.log(session.inputMetadata[0]?.type);
  // @ts-expect-error -- sizes are numbers
  console.log(new Tensor('float32', [1], ['batch']));
  // @ts-expect-error -- a tensor's type does not change
  x.type = 'int32';
  // @ts-expect-error -- of another element type
  const other: TypedTensor<'int32'> = x;
  // @ts-expect-error -- no such level
  env.logLevel = 'loud';
  console.log(other);
}
