/** Execution provider `openvino`: Intel's runtime through the addon. */

import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  EngineryError,
  abortable,
  errorFromNative,
  invalidArgument,
  isCodedError,
  isDtype,
  messageFromUnknown,
  throwIfAborted,
  type SymbolicDim,
} from '../common/index.js';
import type { OnnxValueInfo } from '../onnx/index.js';
import { ask, nativeAddon } from './native.js';
import type { NativeCompileRequest, NativeCompiled, NativePort } from './native-types.js';
import { checkElementType, checkOpenVinoServes, compileError } from './openvino-capabilities.js';
import {
  openOpenVino,
  openvinoDeviceProperty,
  openvinoDevices,
  type OpenVinoLibrary,
} from './openvino-library.js';
import { OpenVinoModel } from './openvino-model.js';
import {
  openvinoPrecision,
  propertiesFromOptions,
  type CheckedOpenVinoOptions,
} from './openvino-options.js';
import { OpenVinoProfile } from './openvino-profile.js';
import { checkOpenVinoSessionOptions } from './openvino-session-options.js';
import type {
  CompileOptions,
  CompiledModel,
  ModelSource,
  Provider,
  RuntimeReport,
  ValueInfo,
} from './provider.js';

/** Makes the provider for checked options. */
export function openvinoProvider(options: CheckedOpenVinoOptions): Provider {
  return {
    name: 'openvino',
    probe: () => probe(options),
    compile: (source, compileOptions) => compile(source, options, compileOptions),
  };
}

async function probe(options: CheckedOpenVinoOptions): Promise<RuntimeReport> {
  try {
    const library = await openOpenVino(options.library);
    const devices = await openvinoDevices();
    return { provider: 'openvino', available: true, ...library, devices };
  } catch (error) {
    return {
      provider: 'openvino',
      available: false,
      devices: [],
      code: isCodedError(error) ? error.code : 'ERR_ENGINERY_INTERNAL',
      message: messageFromUnknown(error),
    };
  }
}

async function compile(
  source: ModelSource,
  options: CheckedOpenVinoOptions,
  compileOptions: CompileOptions,
): Promise<CompiledModel> {
  checkOpenVinoServes(source);
  checkOpenVinoSessionOptions(compileOptions, options.device);
  const library = await openOpenVino(options.library);
  await checkPrecision(options.device, compileOptions);
  throwIfAborted('creating the session', compileOptions.signal);
  const copy = await writePrivateCopy(source);
  try {
    const located = copy === undefined ? source : { ...source, path: copy };
    const isRepeatable = copy === undefined && source.path !== undefined;
    return await compileLocated({
      source: located,
      options,
      compileOptions,
      library,
      isRepeatable,
    });
  } catch (error) {
    throw compileError(error, source, options.device);
  } finally {
    // What OpenVINO mapped stays mapped after the files' names are gone.
    if (copy !== undefined) await rm(path.dirname(copy), { recursive: true, force: true });
  }
}

/** Everything a compilation depends on, so that inspect() can repeat it with profiling on. */
interface Compilation {
  readonly source: ModelSource;
  readonly options: CheckedOpenVinoOptions;
  readonly compileOptions: CompileOptions;
  readonly library: OpenVinoLibrary;
  /** Is the model still at its path later? */
  readonly isRepeatable: boolean;
}

async function compileLocated(compilation: Compilation): Promise<OpenVinoModel> {
  const { source, options, compileOptions, library } = compilation;
  const startMs = performance.now();
  const request = requestFrom(source, options, compileOptions);
  const compiling = ask<NativeCompiled>((ticket) => {
    nativeAddon().openvinoCompile(ticket, request);
  });
  // OpenVINO cannot stop compiling: after an abort its result is released when it comes.
  const compiled = await abortable(
    'creating the session',
    compiling,
    compileOptions.signal,
    releaseLate,
  );
  try {
    const precision = await checkEffectivePrecision(compiled, compileOptions);
    const isProfiled = request.properties['PERF_COUNT'] === 'YES';
    const canRepeat = compilation.isRepeatable && !isProfiled;
    const { inputs, fed } = inputsFrom(compiled.inputs, source.outline?.inputs);
    return new OpenVinoModel({
      compiled,
      inputs,
      fed,
      outputs: valueInfos(compiled.outputs, source.outline?.outputs, 'output'),
      description: {
        runtime: 'OpenVINO',
        version: library.version,
        library: library.path,
        device: options.device,
        precision,
        inferRequests: String(compiled.requests),
      },
      inlineBelowUs: options.inlineBelowUs,
      queueLimit: options.queueLimit,
      profile: profileFrom(compileOptions, startMs),
      isProfiled,
      compileProfiled: canRepeat ? () => compileLocated(profiled(compilation)) : undefined,
    });
  } catch (error) {
    releaseLate(compiled);
    throw error;
  }
}

/** The file of `enableProfiling`; without a prefix (inspect) the counters are for the caller alone. */
function profileFrom({ session }: CompileOptions, startMs: number): OpenVinoProfile | undefined {
  const prefix = session['profileFilePrefix'];
  if (session['enableProfiling'] !== true || typeof prefix !== 'string') return undefined;
  return OpenVinoProfile.create(prefix, startMs);
}

function profiled(compilation: Compilation): Compilation {
  // Counters for the caller and no file of them.
  const session = {
    ...compilation.compileOptions.session,
    enableProfiling: true,
    profileFilePrefix: undefined,
  };
  return { ...compilation, compileOptions: { ...compilation.compileOptions, session } };
}

function releaseLate(compiled: NativeCompiled): void {
  ask((ticket) => {
    nativeAddon().release(compiled.handle, ticket);
  }).catch((error: unknown) => {
    // Nobody waits for this model any more; that it could not be freed is a bug of ours and must be heard.
    process.emitWarning(messageFromUnknown(errorFromNative(error)), 'EngineryWarning');
  });
}

function requestFrom(
  source: ModelSource,
  options: CheckedOpenVinoOptions,
  compileOptions: CompileOptions,
): NativeCompileRequest {
  const { precision, session } = compileOptions;
  const model = source.path === undefined ? { bytes: requireBytes(source) } : { path: source.path };
  return {
    ...model,
    ...(source.weights === undefined ? {} : { weights: source.weights }),
    device: options.device,
    properties: propertiesFromOptions(options, precision, session),
    shapes: shapesFrom(compileOptions),
    requests: options.inferRequests,
  };
}

function shapesFrom({ shapes }: CompileOptions): NativeCompileRequest['shapes'] {
  const result: Record<string, readonly (readonly [number, number | null])[]> = {};
  for (const [name, range] of shapes) {
    // A scalar has no sizes to fix.
    if (range.length === 0) continue;
    result[name] = range.map(([min, max]) => [min, Number.isFinite(max) ? max : null]);
  }
  return result;
}

function requireBytes(source: ModelSource): Uint8Array {
  if (source.bytes === undefined)
    throw new EngineryError('INTERNAL', 'a model without path and bytes');
  return source.bytes;
}

/** The device's own word on what it computes; OpenVINO would silently take another precision. */
async function checkPrecision(device: string, { precision }: CompileOptions): Promise<void> {
  if (precision === 'fp32' || /[:,]|^AUTO/.test(device)) return;
  const capabilities = await openvinoDeviceProperty(device, 'OPTIMIZATION_CAPABILITIES');
  const word = precision === 'bf16' ? 'BF16' : 'FP16';
  if (capabilities.split(/\s+/).includes(word)) return;
  throw new EngineryError(
    'DEVICE_UNAVAILABLE',
    `expected a device that computes ${precision}, but OpenVINO's ${device} has: ${capabilities}. ` +
      "Use precision 'fp32', or another device",
  );
}

/** Reads back what the model computes in (openvino.md section 0, decision 3). */
async function checkEffectivePrecision(
  compiled: NativeCompiled,
  options: CompileOptions,
): Promise<string> {
  const { precision } = options;
  const wanted = openvinoPrecision(precision);
  let effective: string;
  try {
    effective = nativeAddon().property(compiled.handle, 'INFERENCE_PRECISION_HINT');
  } catch {
    // AUTO, MULTI and HETERO hide the property. Their members were given the hint, and take another precision in
    // silence where they lack this one.
    const members = nativeAddon().property(compiled.handle, 'EXECUTION_DEVICES');
    for (const device of members.split(/[\s,()]+/)) {
      if (device !== '') await checkPrecision(device, options);
    }
    return wanted;
  }
  if (effective === wanted) return effective;
  throw new EngineryError(
    'DEVICE_UNAVAILABLE',
    `expected OpenVINO to compute in ${wanted} (precision '${precision}'), but it took ${effective}; ` +
      "use precision 'fp32', or another device",
  );
}

/**
 * The inputs of the file, and the names of those that were compiled: OpenVINO drops an input that no output depends on.
 * Fewer ports than inputs are told apart by their names, where all of them are the file's.
 */
function inputsFrom(
  ports: readonly NativePort[],
  declared: readonly OnnxValueInfo[] | undefined,
): { readonly inputs: readonly ValueInfo[]; readonly fed: readonly string[] } {
  const names = new Set(ports.map(({ name }) => name));
  const kept = declared?.filter(({ name }) => names.has(name));
  const isReduced = declared !== undefined && kept?.length === ports.length;
  const infos = valueInfos(ports, isReduced ? kept : declared, 'input');
  const fed = infos.map(({ name }) => name);
  if (!isReduced) return { inputs: infos, fed };
  const byName = new Map(infos.map((info) => [info.name, info]));
  return { inputs: declared.map((value) => byName.get(value.name) ?? droppedInput(value)), fed };
}

function droppedInput({ name, elementType: type, shape }: OnnxValueInfo): ValueInfo {
  // checkOpenVinoServes() has refused every other type.
  if (!isDtype(type)) throw new EngineryError('INTERNAL', `unknown element type ${type}`);
  return { name, type, shape: shape ?? [] };
}

/**
 * Our metadata of the compiled ports. An ONNX file's own names win: a port may carry another name of the same tensor
 * after a fusion; their order is that of the file.
 */
function valueInfos(
  ports: readonly NativePort[],
  declared: readonly OnnxValueInfo[] | undefined,
  role: string,
): readonly ValueInfo[] {
  if (declared !== undefined && declared.length !== ports.length) {
    throw new EngineryError(
      'MODEL_UNSUPPORTED',
      `expected ${declared.length} ${role}s, but OpenVINO compiled ${ports.length}; use provider 'cpu'`,
    );
  }
  return ports.map((port, i) => {
    const value = declared?.[i];
    const { type } = port;
    if (!isDtype(type)) throw new EngineryError('INTERNAL', `unknown element type ${type}`);
    // An ONNX file was asked before; of other formats this is the first that is known.
    checkElementType(type, role, port.name);
    if (value !== undefined && value.elementType !== type) {
      throw new EngineryError(
        'MODEL_UNSUPPORTED',
        `expected ${value.elementType} for ${role} '${value.name}', but OpenVINO made it ${type}; use provider 'cpu'`,
      );
    }
    return { name: value?.name ?? port.name, type, shape: shapeOf(port, value) };
  });
}

/** Fixed sizes from the port, names of the open ones from the file; '' where there is none, as ONNX Runtime has it. */
function shapeOf(port: NativePort, value: OnnxValueInfo | undefined): readonly SymbolicDim[] {
  if (port.shape === null) return value?.shape ?? [];
  return port.shape.map(([min, max], i) => {
    if (min === max) return min;
    const name = value?.shape?.[i];
    return typeof name === 'string' ? name : '';
  });
}

/**
 * OpenVINO reads some models only as files: TFLite given as bytes, and ONNX with external data, which must lie beside
 * the model. Those are written to a private folder; where the caller gives external data, what lies beside a model
 * given as a path does not count. The path of the copy, or undefined where OpenVINO takes what the caller gave.
 */
async function writePrivateCopy(source: ModelSource): Promise<string | undefined> {
  const { externalData = [], format } = source;
  const isOnlyReadAsFile = format === 'tflite' && source.path === undefined;
  if (!isOnlyReadAsFile && externalData.length === 0) return undefined;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'enginery-'));
  try {
    // A name that no external data has.
    const model = path.join(folder, `${randomUUID()}.${format}`);
    if (source.path === undefined) await writeFile(model, requireBytes(source), { mode: 0o600 });
    else await copyFile(source.path, model);
    for (const { location, data } of externalData) {
      const file = path.resolve(folder, location);
      if (!file.startsWith(folder + path.sep)) {
        throw invalidArgument(
          `expected a path inside the model's folder for externalData, got "${location}"`,
        );
      }
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, data, { mode: 0o600, flag: 'wx' });
    }
    return model;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
