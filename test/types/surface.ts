/** The package's types beside onnxruntime-node's, name for name: that `npm run lint` compiles it is the test. */

import * as ours from 'enginery';
import type * as upstream from 'onnxruntime-node';

/** Compiles only for types that are the same, not merely alike. */
type Expect<T extends true> = T;
// The compiler compares two conditional types by the types in them, exactly.
/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- T is what makes them conditional */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/* eslint-enable @typescript-eslint/no-unnecessary-type-parameters */

/** Where onnxruntime-node is expected this package does, every value with every overload; it has no default export. */
export const module: Omit<typeof upstream, 'default'> = ours;
export const factory: upstream.InferenceSessionFactory = ours.InferenceSession;

export type Tensors = [
  Expect<Same<ours.Tensor, upstream.Tensor>>,
  Expect<Same<typeof ours.Tensor, typeof upstream.Tensor>>,
  Expect<Same<ours.TypedTensor<'float32'>, upstream.TypedTensor<'float32'>>>,
  Expect<Same<ours.Tensor.Type, upstream.Tensor.Type>>,
  Expect<Same<ours.Tensor.DataType, upstream.Tensor.DataType>>,
  Expect<Same<ours.Tensor.DataTypeMap, upstream.Tensor.DataTypeMap>>,
  Expect<Same<ours.Tensor.ElementType, upstream.Tensor.ElementType>>,
  Expect<Same<ours.Tensor.ElementTypeMap, upstream.Tensor.ElementTypeMap>>,
  Expect<Same<ours.Tensor.DataLocation, upstream.Tensor.DataLocation>>,
  Expect<Same<ours.Tensor.CpuPinnedDataTypes, upstream.Tensor.CpuPinnedDataTypes>>,
  Expect<Same<ours.Tensor.TextureType, upstream.Tensor.TextureType>>,
  Expect<Same<ours.Tensor.TextureDataTypes, upstream.Tensor.TextureDataTypes>>,
  Expect<Same<ours.Tensor.GpuBufferType, upstream.Tensor.GpuBufferType>>,
  Expect<Same<ours.Tensor.GpuBufferDataTypes, upstream.Tensor.GpuBufferDataTypes>>,
  Expect<Same<ours.Tensor.MLTensorType, upstream.Tensor.MLTensorType>>,
  Expect<Same<ours.Tensor.MLTensorDataTypes, upstream.Tensor.MLTensorDataTypes>>,
];

export type Sessions = [
  Expect<Same<ours.InferenceSession.OnnxValueMapType, upstream.InferenceSession.OnnxValueMapType>>,
  Expect<
    Same<
      ours.InferenceSession.NullableOnnxValueMapType,
      upstream.InferenceSession.NullableOnnxValueMapType
    >
  >,
  Expect<Same<ours.InferenceSession.FeedsType, upstream.InferenceSession.FeedsType>>,
  Expect<Same<ours.InferenceSession.FetchesType, upstream.InferenceSession.FetchesType>>,
  Expect<Same<ours.InferenceSession.ReturnType, upstream.InferenceSession.ReturnType>>,
  Expect<Same<ours.InferenceSession.ValueMetadata, upstream.InferenceSession.ValueMetadata>>,
  Expect<
    Same<ours.InferenceSession.TensorValueMetadata, upstream.InferenceSession.TensorValueMetadata>
  >,
  Expect<
    Same<
      ours.InferenceSession.NonTensorValueMetadata,
      upstream.InferenceSession.NonTensorValueMetadata
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.ExecutionProviderConfig,
      upstream.InferenceSession.ExecutionProviderConfig
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.ExecutionProviderName,
      upstream.InferenceSession.ExecutionProviderName
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.ExecutionProviderOption,
      upstream.InferenceSession.ExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.ExecutionProviderOptionMap,
      upstream.InferenceSession.ExecutionProviderOptionMap
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.CpuExecutionProviderOption,
      upstream.InferenceSession.CpuExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.CudaExecutionProviderOption,
      upstream.InferenceSession.CudaExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.CoreMLExecutionProviderOption,
      upstream.InferenceSession.CoreMLExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.DmlExecutionProviderOption,
      upstream.InferenceSession.DmlExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.TensorRtExecutionProviderOption,
      upstream.InferenceSession.TensorRtExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.WebGpuExecutionProviderOption,
      upstream.InferenceSession.WebGpuExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.WebAssemblyExecutionProviderOption,
      upstream.InferenceSession.WebAssemblyExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.WebGLExecutionProviderOption,
      upstream.InferenceSession.WebGLExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.XnnpackExecutionProviderOption,
      upstream.InferenceSession.XnnpackExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.QnnExecutionProviderOption,
      upstream.InferenceSession.QnnExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.NnapiExecutionProviderOption,
      upstream.InferenceSession.NnapiExecutionProviderOption
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.WebNNExecutionProviderName,
      upstream.InferenceSession.WebNNExecutionProviderName
    >
  >,
  Expect<
    Same<ours.InferenceSession.WebNNContextOptions, upstream.InferenceSession.WebNNContextOptions>
  >,
  Expect<
    Same<
      ours.InferenceSession.WebNNOptionsWithoutMLContext,
      upstream.InferenceSession.WebNNOptionsWithoutMLContext
    >
  >,
  Expect<
    Same<
      ours.InferenceSession.WebNNOptionsWithMLContext,
      upstream.InferenceSession.WebNNOptionsWithMLContext
    >
  >,
  Expect<
    Same<ours.InferenceSession.WebNNOptionsWebGpu, upstream.InferenceSession.WebNNOptionsWebGpu>
  >,
  Expect<
    Same<
      ours.InferenceSession.WebNNExecutionProviderOption,
      upstream.InferenceSession.WebNNExecutionProviderOption
    >
  >,
  Expect<
    Same<ours.InferenceSession.ValueMetadataBase, upstream.InferenceSession.ValueMetadataBase>
  >,
];

export type Others = [
  Expect<Same<typeof ours.env, typeof upstream.env>>,
  Expect<Same<ours.Env, upstream.Env>>,
  Expect<Same<ours.OnnxValue, upstream.OnnxValue>>,
  Expect<Same<ours.Backend, upstream.Backend>>,
  Expect<Same<ours.InferenceSessionHandler, upstream.InferenceSessionHandler>>,
  Expect<Same<typeof ours.registerBackend, typeof upstream.registerBackend>>,
];

/** Options of either package are those of the other, but for what only this one has. */
export function exchange(
  session: upstream.InferenceSession.SessionOptions,
  run: upstream.InferenceSession.RunOptions,
): [ours.InferenceSession.SessionOptions, ours.InferenceSession.RunOptions] {
  const ownSession: Omit<ours.InferenceSession.SessionOptions, 'executionProviders'> = session;
  const back: upstream.InferenceSession.SessionOptions = ownSession;
  const ownRun: ours.InferenceSession.RunOptions = run;
  const backRun: upstream.InferenceSession.RunOptions = ownRun;
  return [back, backRun];
}

// @ts-expect-error -- a runtime's own provider is no name of onnxruntime-node's
export const provider: upstream.InferenceSession.ExecutionProviderName = 'openvino';
export const options: ours.InferenceSession.SessionOptions = {
  executionProviders: ['openvino', { name: 'openvino', performanceHint: 'latency' }],
};
