/** The addon's exports as TypeScript sees them; `native/addon/` is the other side. */

/** An opaque native object with a type tag. */
export type NativeHandle = object & { readonly __native: unique symbol };

/** A port of a compiled model: sizes as [min, max] pairs, max null without a limit; null when the rank is unknown. */
export interface NativePort {
  readonly name: string;
  readonly type: string;
  readonly isStatic: boolean;
  readonly shape: readonly (readonly [min: number, max: number | null])[] | null;
}

export interface NativeCompileRequest {
  /** Exactly one of `path` and `bytes` is set. */
  readonly path?: string;
  /** Private bytes: nobody else holds them. */
  readonly bytes?: Uint8Array;
  readonly weights?: Uint8Array;
  readonly device: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, readonly (readonly [number, number | null])[]>>;
  /** Infer requests; 0: twice the device's optimal number. */
  readonly requests: number;
}

export interface NativeCompiled {
  readonly handle: NativeHandle;
  readonly inputs: readonly NativePort[];
  readonly outputs: readonly NativePort[];
  readonly requests: number;
}

export interface NativeLayer {
  readonly name: string;
  readonly type: string;
  readonly kernel: string;
  readonly status: 'executed' | 'optimized-out' | 'not-run';
  readonly timeUs: number;
}

/** An output: its bytes; with dims where the shape was not known before the run; nothing where the caller had a tensor. */
export type NativeOutput =
  ArrayBuffer | { readonly buffer?: ArrayBuffer; readonly dims: readonly number[] } | undefined;

export type NativeInput = ArrayBufferView | NativeHandle;
/** undefined: not wanted; null: a new buffer; a typed array: fill it; a handle: write into it. */
export type NativeTarget = undefined | null | ArrayBufferView | NativeHandle;

export type NativeHandler = (
  ticket: number,
  error: unknown,
  value: unknown,
  microseconds: number,
) => void;

export interface NativeAddon {
  readonly version: string;
  readonly codes: readonly string[];
  /** `drainLater` must call `drain` from a later phase of the event loop. */
  setHandler(handler: NativeHandler, drainLater: () => void): void;
  drain(): void;
  stop(): void;
  openvinoOpen(ticket: number, libraryPath: string, preload: readonly string[]): void;
  openvinoDevices(ticket: number): void;
  openvinoProperty(ticket: number, device: string, key: string): void;
  openvinoCompile(ticket: number, request: NativeCompileRequest): void;
  start(
    handle: NativeHandle,
    ticket: number,
    inputs: readonly NativeInput[],
    dims: readonly (readonly number[])[] | undefined,
    outputs: readonly NativeTarget[],
  ): void;
  infer(
    handle: NativeHandle,
    inputs: readonly NativeInput[],
    dims: readonly (readonly number[])[] | undefined,
    outputs: readonly NativeTarget[],
  ): readonly NativeOutput[] | undefined;
  cancel(handle: NativeHandle, ticket: number): void;
  allocate(
    handle: NativeHandle,
    isInput: boolean,
    index: number,
    dims: readonly number[],
  ): { readonly handle: NativeHandle; readonly buffer: ArrayBuffer };
  property(handle: NativeHandle, key: string): string;
  profile(handle: NativeHandle): readonly NativeLayer[];
  release(handle: NativeHandle, ticket: number): void;
}
