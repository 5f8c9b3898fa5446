/** The errors enginery throws: one code list, one class per JavaScript error kind, one message shape. */

/** Every code, without its `ERR_ENGINERY_` prefix. `native/base/status.h` holds the same list. */
export const ERROR_CODE_SUFFIXES = Object.freeze([
  'INVALID_ARGUMENT',
  'OUT_OF_RANGE',
  'MODEL_INVALID',
  'MODEL_UNSUPPORTED',
  'RUNTIME_NOT_FOUND',
  'RUNTIME_SYMBOL',
  'RUNTIME_VERSION',
  'ADDON_LOAD',
  'DEVICE_UNAVAILABLE',
  'BUILD_FAILED',
  'CALIBRATION_FAILED',
  'ENGINE_STALE',
  'OUT_OF_MEMORY',
  'INFERENCE_FAILED',
  'INTERNAL',
  'OVERLOADED',
  'TIMEOUT',
  'DISPOSED',
  'CANCELLED',
] as const);

export type ErrorCodeSuffix = (typeof ERROR_CODE_SUFFIXES)[number];
/**
 * Every error of this package has one of these as its `code`.
 *
 * | code | when |
 * | --- | --- |
 * | `ERR_ENGINERY_INVALID_ARGUMENT` | an argument of the wrong type or meaning (`TypeError` where the type is wrong) |
 * | `ERR_ENGINERY_OUT_OF_RANGE` | a number outside its range (`RangeError`) |
 * | `ERR_ENGINERY_MODEL_INVALID` | the model cannot be parsed |
 * | `ERR_ENGINERY_MODEL_UNSUPPORTED` | the provider cannot run this model, or has not got this function |
 * | `ERR_ENGINERY_RUNTIME_NOT_FOUND` | the runtime's library or package is absent |
 * | `ERR_ENGINERY_RUNTIME_SYMBOL` | the library lacks a function |
 * | `ERR_ENGINERY_RUNTIME_VERSION` | the runtime is of an unsupported version |
 * | `ERR_ENGINERY_ADDON_LOAD` | this package's addon does not load |
 * | `ERR_ENGINERY_DEVICE_UNAVAILABLE` | the device, its driver or the precision is not there |
 * | `ERR_ENGINERY_BUILD_FAILED` | the runtime could not compile the model |
 * | `ERR_ENGINERY_CALIBRATION_FAILED` | ranges could not be found |
 * | `ERR_ENGINERY_ENGINE_STALE` | a stored engine belongs to another device, version or model |
 * | `ERR_ENGINERY_OUT_OF_MEMORY` | memory could not be had |
 * | `ERR_ENGINERY_INFERENCE_FAILED` | the runtime failed in a run |
 * | `ERR_ENGINERY_INTERNAL` | a bug of this package |
 * | `ERR_ENGINERY_OVERLOADED` | a queue is full |
 * | `ERR_ENGINERY_TIMEOUT` | a deadline has passed |
 * | `ERR_ENGINERY_DISPOSED` | used after release |
 * | `ERR_ENGINERY_CANCELLED` | aborted by a signal or by `terminate`; the error's name is `AbortError` |
 */
export type ErrorCode = `ERR_ENGINERY_${ErrorCodeSuffix}`;

const EXIT_CODES: Readonly<Record<ErrorCodeSuffix, number>> = Object.freeze({
  INVALID_ARGUMENT: 2,
  OUT_OF_RANGE: 2,
  MODEL_INVALID: 3,
  MODEL_UNSUPPORTED: 3,
  RUNTIME_NOT_FOUND: 4,
  RUNTIME_SYMBOL: 4,
  RUNTIME_VERSION: 4,
  ADDON_LOAD: 4,
  DEVICE_UNAVAILABLE: 4,
  BUILD_FAILED: 5,
  CALIBRATION_FAILED: 5,
  ENGINE_STALE: 5,
  OUT_OF_MEMORY: 1,
  INFERENCE_FAILED: 1,
  INTERNAL: 1,
  OVERLOADED: 1,
  TIMEOUT: 1,
  DISPOSED: 1,
  CANCELLED: 130,
});

/** An error of enginery. Test by `code`; `TypeError` and `RangeError` of ours carry the same property. */
export class EngineryError extends Error {
  /** 'EngineryError', or 'AbortError' where the code is ERR_ENGINERY_CANCELLED. */
  override readonly name: string = 'EngineryError';
  /** What to test by; the message is for people. */
  readonly code: ErrorCode;

  /** @internal */
  constructor(suffix: ErrorCodeSuffix, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = `ERR_ENGINERY_${suffix}`;
    if (suffix === 'CANCELLED') this.name = 'AbortError';
  }
}

/** Any error that carries one of our codes. */
export type CodedError = Error & { readonly code: ErrorCode };

function withCode<T extends Error>(error: T, suffix: ErrorCodeSuffix): T & CodedError {
  return Object.assign(error, { code: `ERR_ENGINERY_${suffix}` as const });
}

/** Makes the `TypeError` for an argument of the wrong type. */
export function invalidArgument(message: string, options?: ErrorOptions): TypeError & CodedError {
  return withCode(new TypeError(message, options), 'INVALID_ARGUMENT');
}

/** Makes the `RangeError` for an argument outside its range. */
export function outOfRange(message: string, options?: ErrorOptions): RangeError & CodedError {
  return withCode(new RangeError(message, options), 'OUT_OF_RANGE');
}

/** Is `value` an error with one of our codes? */
export function isCodedError(value: unknown): value is CodedError {
  return (
    // By structure: the addon's errors belong to the realm that loaded it, which a test runner's context is not.
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string' &&
    'code' in value &&
    typeof value.code === 'string' &&
    errorCodeSuffix(value.code) !== undefined
  );
}

/** The suffix of a full code, or `undefined` when it is not one of ours. */
export function errorCodeSuffix(code: string): ErrorCodeSuffix | undefined {
  return ERROR_CODE_SUFFIXES.find((suffix) => code === `ERR_ENGINERY_${suffix}`);
}

/** The command line's exit status for an error (CONVENTIONS section 4); 1 for errors that are not ours. */
export function exitCodeFromError(error: unknown): number {
  if (!isCodedError(error)) return 1;
  const suffix = errorCodeSuffix(error.code);
  return suffix === undefined ? 1 : EXIT_CODES[suffix];
}

/** The message of anything that was thrown. */
export function messageFromUnknown(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown))
    return String(thrown);
  return String(thrown.message);
}

/**
 * Turns what the addon threw (a plain Error with `code` and `message`) into an error made here, so that the
 * caller's asynchronous stack is in it. Anything without one of our codes is a bug of ours: `INTERNAL`.
 */
export function errorFromNative(thrown: unknown): CodedError {
  if (!isCodedError(thrown)) {
    return new EngineryError('INTERNAL', messageFromUnknown(thrown), { cause: thrown });
  }
  const options = thrown.cause === undefined ? undefined : { cause: thrown.cause };
  const suffix = errorCodeSuffix(thrown.code) ?? 'INTERNAL';
  if (suffix === 'INVALID_ARGUMENT') return invalidArgument(thrown.message, options);
  if (suffix === 'OUT_OF_RANGE') return outOfRange(thrown.message, options);
  return new EngineryError(suffix, thrown.message, options);
}
