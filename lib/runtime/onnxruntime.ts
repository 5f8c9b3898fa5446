/** The execution provider that serves with ONNX Runtime, in worker threads, through the package onnxruntime-node. */

import { cpus } from 'node:os';

import {
  EngineryError,
  isCodedError,
  messageFromUnknown,
  throwIfAborted,
} from '../common/index.js';
import { metadataFrom } from './onnxruntime-metadata.js';
import { OnnxruntimeModel } from './onnxruntime-model.js';
import { requireCloneable, sessionOptionsFor } from './onnxruntime-options.js';
import { findOnnxruntimePackage, type OnnxruntimePackage } from './onnxruntime-package.js';
import { type SessionPlan, WorkerSession } from './onnxruntime-session.js';
import type {
  CompiledModel,
  CompileOptions,
  ModelSource,
  Provider,
  RuntimeReport,
} from './provider.js';
import { QUEUE_LIMIT } from './queue-limit.js';

export interface OnnxruntimeOptions {
  /**
   * Worker threads, each with a session of its own; 1 by default. Versions of onnxruntime-node before 1.25 cannot be
   * loaded by more than one thread: there it is always 1, shared by all sessions.
   */
  readonly workers?: number;
  /** Runs that may wait for a worker; one more is refused with ERR_ENGINERY_OVERLOADED. Default 10,000. */
  readonly queueLimit?: number;
  /** Options of the execution provider itself, as onnxruntime-node takes them beside its name. */
  readonly executionProvider?: Readonly<Record<string, unknown>>;
  /** Folder of the onnxruntime-node package; the installed one by default. */
  readonly packagePath?: string;
}

class OnnxruntimeProvider implements Provider {
  readonly name: string;
  readonly #options: OnnxruntimeOptions;

  constructor(name: string, options: OnnxruntimeOptions) {
    this.name = name;
    this.#options = options;
  }

  // Reading one small file is quick, and the promise is the interface's.
  // eslint-disable-next-line @typescript-eslint/require-await -- a rejection instead of a throw for unexpected failures
  async probe(): Promise<RuntimeReport> {
    try {
      const { version, path } = findOnnxruntimePackage(this.#options.packagePath);
      return { provider: this.name, available: true, version, path, devices: this.#devices() };
    } catch (error) {
      if (!isCodedError(error)) throw error;
      const { code } = error;
      return {
        provider: this.name,
        available: false,
        devices: [],
        code,
        message: messageFromUnknown(error),
      };
    }
  }

  async compile(model: ModelSource, options: CompileOptions): Promise<CompiledModel> {
    throwIfAborted('the creation of the session', options.signal);
    const engine = findOnnxruntimePackage(this.#options.packagePath);
    requireServable(model, options);
    const plans = this.#plans(engine, model, options);
    const sessions = await openAll(plans, options.signal);
    try {
      const [first] = sessions;
      const [plan] = plans;
      if (first === undefined || plan === undefined)
        throw new EngineryError('INTERNAL', 'no session');
      const metadata = metadataFrom(first.facts, model);
      const { queueLimit = QUEUE_LIMIT } = this.#options;
      return new OnnxruntimeModel({ plan, sessions, metadata, shapes: options.shapes, queueLimit });
    } catch (error) {
      for (const session of sessions) session.closeUnattended();
      throw error;
    }
  }

  /** Which devices other execution providers have is known to them only when a session is created. */
  #devices(): RuntimeReport['devices'] {
    if (this.name !== 'cpu') return [];
    return [{ name: 'CPU', description: cpus()[0]?.model ?? 'unknown' }];
  }

  #plans(engine: OnnxruntimePackage, model: ModelSource, options: CompileOptions): SessionPlan[] {
    const executionProvider = { ...this.#options.executionProvider, name: this.name };
    const sources = { session: options.session, model, executionProvider };
    requireCloneable(executionProvider);
    const count = engine.isReloadable ? (this.#options.workers ?? 1) : 1;
    const plans = Array.from({ length: count }, (_, index) => ({
      engine,
      provider: this.name,
      model,
      options: sessionOptionsFor(sources, index),
    }));
    return plans;
  }
}

function requireServable(model: ModelSource, options: CompileOptions): void {
  if (model.format !== 'onnx' && model.format !== 'ort') {
    throw new EngineryError(
      'MODEL_UNSUPPORTED',
      `expected a model in ONNX or ORT format for ONNX Runtime, got ${model.format}; use the provider 'openvino'`,
    );
  }
  if (options.precision !== 'fp32') {
    throw new EngineryError(
      'MODEL_UNSUPPORTED',
      `expected precision 'fp32' for ONNX Runtime, got '${options.precision}'; it computes in the model's own types: ` +
        'give it a model in that precision',
    );
  }
}

/** Opens all sessions, or none: a failure ends those that came up. */
async function openAll(
  plans: readonly SessionPlan[],
  signal: AbortSignal | undefined,
): Promise<WorkerSession[]> {
  const opened = await Promise.allSettled(
    plans.map(async (plan) => WorkerSession.open(plan, signal)),
  );
  const sessions = opened
    .filter((result) => result.status === 'fulfilled')
    .map(({ value }) => value);
  const failed = opened.find((result) => result.status === 'rejected');
  if (failed === undefined) return sessions;
  for (const session of sessions) session.closeUnattended();
  throw failed.reason;
}

/** The provider `name`: 'cpu', or any name that ONNX Runtime knows ('cuda', 'webgpu', ...). */
export function onnxruntimeProvider(name: string, options: OnnxruntimeOptions = {}): Provider {
  return new OnnxruntimeProvider(name, options);
}
