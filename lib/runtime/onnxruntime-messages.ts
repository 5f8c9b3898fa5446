/** What the thread of the caller and an ONNX Runtime worker say to each other: every message has its type here. */

import type { Dtype, TensorArray } from '../common/index.js';

/** Given to a worker thread at its start. */
export interface WorkerStart {
  /** Memory of a BusyFlag. */
  readonly busy: SharedArrayBuffer;
}

/** A tensor as it travels: `data` of a numeric type owns its buffer, which is transferred. */
export interface WorkerTensor {
  readonly type: Dtype;
  readonly dims: readonly number[];
  readonly data: TensorArray | readonly string[];
}

/** An input or output as onnxruntime-node's metadata tells it; type and shape are absent when it is not a tensor. */
export interface WorkerValueInfo {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
  /** A 4-bit tensor that ONNX Runtime has as 8 bits: it can be passed. */
  readonly isWidened?: boolean;
}

/** What is known of a session once it exists. */
export interface SessionFacts {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Absent: this version of onnxruntime-node has no metadata (1.20). */
  readonly inputs?: readonly WorkerValueInfo[];
  readonly outputs?: readonly WorkerValueInfo[];
}

/** The calls a worker answers, by kind: what goes in and what comes back. */
export interface WorkerCalls {
  readonly create: {
    readonly request: {
      /** Folder of the onnxruntime-node package. */
      readonly packagePath: string;
      /** A path, or bytes that the worker may keep. */
      readonly model: string | Uint8Array;
      /** ONNX Runtime may read the bytes later (ORT format): the worker holds them with the session. */
      readonly isModelKept: boolean;
      /** The model has 4-bit inputs or outputs that ONNX Runtime must get as 8-bit ones. */
      readonly isFourBit: boolean;
      readonly options: Readonly<Record<string, unknown>>;
      /** onnxruntime-common's `env.logLevel`, which ONNX Runtime reads at the first session of the process. */
      readonly logLevel?: string;
    };
    readonly reply: SessionFacts;
  };
  readonly run: {
    readonly request: {
      readonly feeds: ReadonlyMap<string, WorkerTensor>;
      readonly fetches: readonly string[];
      /** onnxruntime-node's run options. */
      readonly options: Readonly<Record<string, unknown>>;
    };
    readonly reply: ReadonlyMap<string, WorkerTensor>;
  };
  readonly endProfiling: { readonly request: object; readonly reply: undefined };
  readonly release: { readonly request: object; readonly reply: undefined };
}

export type WorkerCallKind = keyof WorkerCalls;

/** A request on its way; `session` is a number the caller chose when it created the session. */
export type WorkerRequest = {
  [Kind in WorkerCallKind]: {
    readonly kind: Kind;
    readonly id: number;
    readonly session: number;
  } & WorkerCalls[Kind]['request'];
}[WorkerCallKind];

/** Everything a worker can be told; `close` ends it after what came before. */
export type WorkerMessage = WorkerRequest | { readonly kind: 'close' };

/** An error as it travels: `stage` tells loading the package from what ONNX Runtime refused. */
export interface WorkerFailure {
  readonly stage: 'load' | WorkerCallKind;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
}

export type WorkerReply =
  | { readonly id: number; readonly value: WorkerCalls[WorkerCallKind]['reply'] }
  | { readonly id: number; readonly failure: WorkerFailure };
