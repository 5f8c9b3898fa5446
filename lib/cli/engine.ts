/** Opens the engine a command asks for, and speaks about its inputs and provider in the commands' words. */

import { isDtype, throwIfAborted, type Dtype } from '../common/index.js';
import { formatMs, shortVersion } from '../report/index.js';
import { Tensor, type TensorContent } from '../tensor/index.js';
import { createEngine, type Engine, type EngineOptions } from '../session/index.js';
import type { Output } from './output.js';
import type { ModelInput } from './synthetic.js';

/** Flags that choose and configure the engine. */
export interface EngineChoice {
  readonly provider: 'auto' | readonly string[];
  readonly device?: string;
  readonly precision: 'fp32' | 'fp16' | 'bf16';
  readonly strict?: true;
}

/** Creates the engine with a progress line on stderr; Ctrl-C cancels it. */
export async function openEngine(
  model: string,
  choice: EngineChoice,
  output: Output,
  isQuiet: boolean,
): Promise<Engine> {
  throwIfAborted('the command', output.signal);
  const progress = await output.progress(isQuiet || !process.stderr.isTTY);
  const options: EngineOptions = {
    providers: choice.provider,
    precision: choice.precision,
    strict: choice.strict === true,
    signal: output.signal,
    onProgress: ({ phase, provider, elapsedMs }) => {
      // Reading the model is nobody's yet.
      const who = provider === '' ? '' : `${provider}: `;
      progress.update(`${who}${phase} (${formatMs(elapsedMs)})`);
    },
    ...(choice.device === undefined ? {} : { device: choice.device }),
  };
  try {
    return await createEngine(model, options);
  } finally {
    progress.finish();
  }
}

function valueInfos(metadata: Engine['inputMetadata']): ModelInput[] {
  return metadata.map((info) => {
    const type: Dtype = info.isTensor && isDtype(info.type) ? info.type : 'float32';
    return { name: info.name, type, shape: info.isTensor ? info.shape : [] };
  });
}

export function modelInputs(engine: Engine): ModelInput[] {
  return valueInfos(engine.inputMetadata);
}

export function modelOutputs(engine: Engine): ModelInput[] {
  return valueInfos(engine.outputMetadata);
}

/** Feeds of the class every provider takes. */
export function tensorsFromContents(
  contents: ReadonlyMap<string, TensorContent>,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, { type, dims, data }] of contents) {
    // The constructor's overloads pair each type with its array; a TensorContent holds such a pair.
    feeds[name] = new Tensor(type as 'float32', data as Float32Array, dims);
  }
  return feeds;
}

/** Facts of the report that providerText puts into words of its own. */
const WORDED = new Set(['runtime', 'version', 'device', 'library', 'path']);

/** `openvino: OpenVINO 2026.4.1 on CPU, precision f32, inferRequests 2`. */
export function providerText({ provider, report }: Engine): string {
  const { runtime = provider, version = '', device } = report.runtime;
  const others = Object.entries(report.runtime).filter(([key]) => !WORDED.has(key));
  const name =
    `${runtime} ${shortVersion(version)}`.trim() + (device === undefined ? '' : ` on ${device}`);
  return [`${provider}: ${name}`, ...others.map(([key, value]) => `${key} ${value}`)].join(', ');
}

/** The library or package that serves. */
export function providerPlace({ report }: Engine): string {
  return report.runtime['library'] ?? report.runtime['path'] ?? '-';
}
