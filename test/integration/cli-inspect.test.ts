/** Tests of `enginery inspect` on real models: what the file holds and what the runtime makes of it. */

import { describe, expect, it } from 'vitest';
import { modelPath } from '../fixtures/models.js';
import { enginery, hasOpenVino } from './cli-process.js';

const DIGITS = modelPath('digits/digits_cnn.onnx');
const PROVIDERS = hasOpenVino() ? ['openvino', 'cpu'] : ['cpu'];

interface InspectJson {
  readonly provider?: string;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly unknown[] }[];
  readonly opsets?: Readonly<Record<string, number>>;
  readonly operators?: readonly { readonly type: string; readonly count: number }[];
  readonly layers?: readonly {
    readonly fused: readonly string[];
    readonly timeUs?: number;
    readonly status: string;
  }[];
  readonly error?: string;
}

async function inspectJson(...args: string[]): Promise<InspectJson> {
  const { stdout } = await enginery(['inspect', ...args, '--json']);
  return JSON.parse(stdout) as InspectJson;
}

describe.each(PROVIDERS)('enginery inspect on %s', (provider) => {
  it('tells inputs, operators and fused layers', async () => {
    const report = await inspectJson(DIGITS, '-p', provider);
    expect(report).toMatchObject({ provider, opsets: { 'ai.onnx': 17 } });
    expect(report.inputs).toMatchObject([{ name: 'input', shape: ['batch', 1, 8, 8] }]);
    expect(report.operators).toContainEqual({ domain: '', type: 'Conv', count: 17 });
    expect(report.layers?.length).toBeGreaterThan(10);
    expect(report.layers?.some(({ fused }) => fused.length > 0)).toBe(true);
    expect(report.layers?.some(({ timeUs }) => timeUs !== undefined)).toBe(false);
  });

  it('tells the time of each layer with --profile', async () => {
    const { layers = [] } = await inspectJson(
      DIGITS,
      '-p',
      provider,
      '--profile',
      '--shape',
      '16x1x8x8',
    );
    const executed = layers.filter(({ status }) => status === 'executed');
    expect(executed.some(({ timeUs = 0 }) => timeUs > 0)).toBe(true);
  });

  it('prints the layers without a profile too', async () => {
    const { stdout } = await enginery(['inspect', DIGITS, '-p', provider]);
    expect(stdout).toMatch(
      /^[1-9]\d* layers (?:executed|to execute), [1-9]\d* model nodes fused/mu,
    );
    expect(stdout).toMatch(/^layer +kernel +name +fused nodes$/mu);
  });

  it('prints a screen of text', async () => {
    const { stdout, status } = await enginery(['inspect', DIGITS, '-p', provider, '--profile']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^format +ONNX IR \d+, opset ai\.onnx 17/mu);
    expect(stdout).toMatch(/^input +input +float32 +\[batch, 1, 8, 8\]$/mu);
    expect(stdout).toMatch(/layers executed, \d+ model nodes fused into them/u);
  });
});

describe('enginery inspect', () => {
  it('shows the file of a model that nothing runs, then why', async () => {
    const model = modelPath('small/unsupported-op.onnx');
    const { stdout, stderr, status } = await enginery(['inspect', model, '-p', 'cpu']);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^operators +com\.example\.Mystery 1$/mu);
    expect(stderr).toMatch(/^error ERR_ENGINERY_MODEL_UNSUPPORTED: /u);
    const report = await inspectJson(model, '-p', 'cpu');
    expect(report.error).toContain('Mystery');
  });

  it.skipIf(!PROVIDERS.includes('openvino')).each(['ir/digits.xml', 'tflite/small_cnn.tflite'])(
    'reads %s, whose format only the runtime knows',
    async (name) => {
      const report = await inspectJson(modelPath(name), '-p', 'openvino');
      expect(report.inputs).toHaveLength(1);
      expect(report.layers?.length).toBeGreaterThan(0);
    },
  );
});
