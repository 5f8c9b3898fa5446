/** From provider names to a compiled model: the list order is the fall-through order. */

import {
  EngineryError,
  errorCodeSuffix,
  expected,
  isCodedError,
  isRecord,
  messageFromUnknown,
  rejectUnknownKeys,
  requireRecord,
  optionalInteger,
  optionalString,
  warnOnce,
  type ErrorCode,
} from '../common/index.js';
import { onnxruntimeProvider } from './onnxruntime.js';
import { openvinoProvider } from './openvino.js';
import { checkOpenVinoOptions } from './openvino-options.js';
import type {
  CompileOptions,
  CompiledModel,
  ModelSource,
  Provider,
  RuntimeReport,
} from './provider.js';
import { MOST_WAITING } from './queue-limit.js';

/** The order when nothing is asked for; each is compiled into this package. */
export const AUTO_PROVIDERS = Object.freeze(['openvino', 'cpu'] as const);

/** A provider by name, with its own options. */
export interface ProviderRequest {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Why a provider does not serve a session. */
export interface ProviderRefusal {
  /** Its name in the list of providers. */
  readonly provider: string;
  /** The code of the error it refused with. */
  readonly code: ErrorCode;
  /** That error's message. */
  readonly message: string;
}

export interface Resolution {
  readonly model: CompiledModel;
  readonly provider: string;
  readonly refusals: readonly ProviderRefusal[];
}

/** Reads `executionProviders` or `providers`: names, or objects with a name. Absent or empty: the automatic order. */
export function providerRequests(value: unknown, name: string): readonly ProviderRequest[] {
  if (value === undefined || value === 'auto') return providerRequests(AUTO_PROVIDERS, name);
  if (!Array.isArray(value)) throw expected("an array of provider names, or 'auto',", name, value);
  if (value.length === 0) return providerRequests(AUTO_PROVIDERS, name);
  return value.map((entry: unknown, i) => {
    if (typeof entry === 'string') return { name: entry, options: {} };
    if (!isRecord(entry)) throw expected('a string or an object', `${name}[${i}]`, entry);
    const { name: provider, ...options } = entry;
    if (typeof provider !== 'string') throw expected('a string', `${name}[${i}].name`, provider);
    return { name: provider, options };
  });
}

/** TensorRT is part of the plan and not of this version: asked for, it is refused and says so. */
function tensorrtProvider(): Provider {
  const error = (): EngineryError =>
    new EngineryError(
      'RUNTIME_NOT_FOUND',
      "this version of enginery has no TensorRT provider; use 'openvino' or 'cpu' after it in the list",
    );
  return {
    name: 'tensorrt',
    probe: () => {
      const { code, message } = error();
      return Promise.resolve({
        provider: 'tensorrt',
        available: false,
        devices: [],
        code,
        message,
      });
    },
    compile: () => Promise.reject(error()),
  };
}

/** Makes a provider; its options are checked here, so that a wrong one never counts as a refusal. */
export function createProvider({ name, options }: ProviderRequest): Provider {
  if (name === 'openvino') return openvinoProvider(checkOpenVinoOptions(options));
  if (name === 'tensorrt') return tensorrtProvider();
  const { workers, queueLimit, packagePath, ...rest } = options;
  const count = optionalInteger(workers, `${name}.workers`, 1, 256);
  const limit = optionalInteger(queueLimit, `${name}.queueLimit`, 0, MOST_WAITING);
  const path = optionalString(packagePath, `${name}.packagePath`);
  return onnxruntimeProvider(name, {
    ...(count === undefined ? {} : { workers: count }),
    ...(limit === undefined ? {} : { queueLimit: limit }),
    ...(path === undefined ? {} : { packagePath: path }),
    ...(Object.keys(rest).length === 0 ? {} : { executionProvider: rest }),
  });
}

/** Checks the options object of ONNX Runtime's workers. */
export function checkOnnxruntimeOptions(value: unknown): Readonly<Record<string, unknown>> {
  const options = requireRecord(value, 'onnxruntime');
  rejectUnknownKeys(options, 'onnxruntime', ['workers', 'queueLimit', 'packagePath']);
  return options;
}

function refusalFrom(provider: string, error: unknown): ProviderRefusal {
  const code = isCodedError(error) ? error.code : 'ERR_ENGINERY_INTERNAL';
  return { provider, code, message: messageFromUnknown(error) };
}

/** Refusals that say only that this provider is for other models; another one's reason tells more. */
const LEAST_TELLING: ErrorCode = 'ERR_ENGINERY_MODEL_UNSUPPORTED';

/** Everyone refused: one error that tells of each, with the code of the last one that was more than unsuited. */
function allRefused(refusals: readonly ProviderRefusal[], errors: readonly unknown[]): unknown {
  if (errors.length <= 1) return errors[0];
  const telling = refusals.findLastIndex(({ code }) => code !== LEAST_TELLING);
  const index = telling === -1 ? refusals.length - 1 : telling;
  const suffix = errorCodeSuffix(refusals[index]?.code ?? '') ?? 'INTERNAL';
  const reasons = refusals.map(({ provider, code, message }) => `${provider}: ${code}: ${message}`);
  return new EngineryError(suffix, `no provider serves this model:\n${reasons.join('\n')}`, {
    cause: errors[index],
  });
}

/** Compiles with the first provider that serves. With `isStrict` the first refusal is the error. */
export async function compileWithFirst(
  source: ModelSource,
  providers: readonly Provider[],
  options: CompileOptions,
  isStrict: boolean,
  onTry?: (provider: string) => void,
): Promise<Resolution> {
  const refusals: ProviderRefusal[] = [];
  const errors: unknown[] = [];
  for (const provider of providers) {
    onTry?.(provider.name);
    try {
      const model = await provider.compile(source, options);
      warnOfFallback(refusals, provider.name);
      return { model, provider: provider.name, refusals };
    } catch (error) {
      if (isStrict || (isCodedError(error) && error.code === 'ERR_ENGINERY_CANCELLED')) throw error;
      errors.push(error);
      refusals.push(refusalFrom(provider.name, error));
    }
  }
  throw allRefused(refusals, errors);
}

function warnOfFallback(refusals: readonly ProviderRefusal[], serving: string): void {
  for (const { provider, code, message } of refusals) {
    warnOnce(`provider '${provider}' does not serve, '${serving}' does: ${code}: ${message}`);
  }
}

/** Looks for every runtime that this package can use, or for one. Never throws for one that is absent. */
export function listRuntimes(
  names: readonly string[] = AUTO_PROVIDERS,
): Promise<readonly RuntimeReport[]> {
  return Promise.all(names.map((name) => createProvider({ name, options: {} }).probe()));
}

/** A provider that is compiled into this package, whether or not its runtime is on this machine. */
export interface SupportedBackend {
  /** The execution provider's name. */
  readonly name: string;
  /** True: in the package; onnxruntime-node's word for it. */
  readonly bundled: boolean;
}

/** The providers of this package, at once; `listRuntimes` looks for their runtimes. */
export function listSupportedBackends(): SupportedBackend[] {
  return AUTO_PROVIDERS.map((name) => ({ name, bundled: true }));
}
