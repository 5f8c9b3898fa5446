/** The one interface of an execution provider; nothing vendor-specific is above it. */

import type { ErrorCode, Dtype, SymbolicDim, TensorArray } from '../common/index.js';
import type { ModelOutline } from '../onnx/index.js';

/** A tensor by structure, as feeds and fetches give it. `float16` data is a Uint16Array of bits or a Float16Array. */
export interface TensorValue {
  readonly type: Dtype;
  readonly dims: readonly number[];
  readonly data: TensorArray | readonly string[];
}

/** One input or output of a model. */
export interface ValueInfo {
  readonly name: string;
  readonly type: Dtype;
  readonly shape: readonly SymbolicDim[];
}

/** A model as a provider receives it: checked, its format known. */
export interface ModelSource {
  readonly format: 'onnx' | 'ort' | 'ir' | 'tflite';
  /** Absolute path, when the caller gave a path. Exactly one of `path` and `bytes` is set. */
  readonly path?: string;
  /** Our own copy of the caller's bytes; nobody writes to it. */
  readonly bytes?: Uint8Array;
  /** The `.bin` of an IR model given as bytes. */
  readonly weights?: Uint8Array;
  /** External data given as bytes: the location named in the model, and its content. */
  readonly externalData?: readonly { readonly location: string; readonly data: Uint8Array }[];
  /** What our reader found in an ONNX model; absent for other formats. */
  readonly outline?: ModelOutline;
}

/** Sizes of one input: one number each, or a range. */
export type ShapeRange = readonly (readonly [min: number, max: number])[];

/** What an engine computes in; the feeds and the results keep their types. */
export type Precision = 'fp32' | 'fp16' | 'bf16';

/** What every provider understands; its own options come as a checked object beside them. */
export interface CompileOptions {
  readonly precision: Precision;
  /** Shapes fixed or bounded by the caller, by input name. */
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** onnxruntime-node's session options, already validated. */
  readonly session: Readonly<Record<string, unknown>>;
  /** Session options that the provider cannot give a meaning are refused, also those that only tune. */
  readonly isStrict?: boolean;
  readonly signal?: AbortSignal;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** onnxruntime-node's run options, already validated. */
  readonly onnxruntime?: Readonly<Record<string, unknown>>;
}

/** One layer of the graph that the runtime executes. */
export interface LayerInfo {
  /** The runtime's name for it, mostly that of a node of the model. */
  readonly name: string;
  /** The runtime's word for the operation. */
  readonly type: string;
  /** The implementation chosen, with its precision where the runtime tells. */
  readonly kernel: string;
  /** Whether it ran in the profiled run; 'not-run' without one. */
  readonly status: 'executed' | 'optimized-out' | 'not-run';
  /** Model nodes that this layer computes besides the one it is named after. */
  readonly fused: readonly string[];
  /** Microseconds in the profiled run; absent without profiling. */
  readonly timeUs?: number;
}

/** What `inspect` tells of a compiled model. */
export interface Inspection {
  /** The compiled model's properties, by the runtime's names. */
  readonly properties: Readonly<Record<string, string>>;
  /** The layers in the order of execution. */
  readonly layers: readonly LayerInfo[];
}

/** A model ready to run. */
export interface CompiledModel {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Version, device and precision in effect, for the report. */
  readonly description: Readonly<Record<string, string>>;
  /**
   * Runs once. `feeds` hold every input; `fetches` name the wanted outputs, each with a tensor to fill or null.
   * Input values are those at the time of the call, whatever happens to the caller's buffers afterwards.
   */
  run(
    feeds: Readonly<Record<string, TensorValue>>,
    fetches: Readonly<Record<string, TensorValue | null>>,
    options: RunOptions,
  ): Promise<Record<string, TensorValue>>;
  /** A tensor in memory of the runtime, used without any copy; refused where the provider has none. */
  allocate(name: string, dims: readonly number[]): TensorValue;
  /** Layers of the executed graph; with `feeds`, also their times in one profiled run. */
  inspect(feeds?: Readonly<Record<string, TensorValue>>): Promise<Inspection>;
  /** onnxruntime's profile, where the provider has one. */
  endProfiling(): void;
  /** Runs that were accepted end first. */
  release(): Promise<void>;
}

/** What was found of a runtime on this machine. */
export interface RuntimeReport {
  /** The execution provider's name: 'openvino', 'cpu' ... */
  readonly provider: string;
  /** Whether it can serve here. */
  readonly available: boolean;
  /** The runtime's own version. */
  readonly version?: string;
  /** The library or package in use. */
  readonly path?: string;
  /** The devices that it can use, by its names for them. */
  readonly devices: readonly {
    /** 'CPU', 'GPU', 'GPU.1', 'NPU' ... */
    readonly name: string;
    /** The device's full name. */
    readonly description: string;
  }[];
  /** Why not, when it is not available. */
  readonly code?: ErrorCode;
  /** The reason in words, with the places searched and what to do. */
  readonly message?: string;
}

/** A runtime behind the session. */
export interface Provider {
  /** The execution provider's name in `executionProviders`. */
  readonly name: string;
  /** Looks for the runtime; never throws for a runtime that is absent. */
  probe(): Promise<RuntimeReport>;
  /** Reads and compiles the model, or rejects with the typed reason why this provider cannot serve it. */
  compile(model: ModelSource, options: CompileOptions): Promise<CompiledModel>;
}
