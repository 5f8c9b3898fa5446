/** Tests of `enginery run` on real models: every input format, the outputs it saves, what it prints. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { npzPieces, parseNpy, readNpz, type TensorContent } from '../../lib/tensor/index.js';
import { modelPath, temporaryFolder } from '../fixtures/models.js';
import { enginery, hasOpenVino, WITHOUT_OPENVINO } from './cli-process.js';

const DIGITS = modelPath('digits/digits_cnn.onnx');
const IMAGES = modelPath('digits/test_x.npy');
const PROVIDERS = hasOpenVino() ? ['openvino', 'cpu'] : ['cpu'];

interface RunJson {
  readonly provider: string;
  readonly fallbacks: readonly { readonly provider: string; readonly code: string }[];
  readonly latency: { readonly runs: number };
  readonly outputs: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly dims: number[];
        readonly data: unknown;
        readonly top?: { index: number }[][];
      }
    >
  >;
}

async function runJson(...args: string[]): Promise<RunJson> {
  const { stdout, stderr, status } = await enginery(['run', ...args, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as RunJson;
}

describe.each(PROVIDERS)('enginery run on %s', (provider) => {
  it('classifies the digits of a .npy file and saves the logits', async () => {
    const target = join(temporaryFolder(), 'out.npz');
    const args = [DIGITS, '-p', provider, '-i', IMAGES, '--scale', '1/16', '-k', '1', '-o', target];
    const { outputs, provider: used } = await runJson(...args);
    expect(used).toBe(provider);
    const labels = parseNpy(readFileSync(modelPath('digits/test_y.npy')), 'labels').data;
    const right = outputs['logits']?.top?.filter(([first], i) => first?.index === labels[i]).length;
    expect(right).toBe(498);
    const reference = parseNpy(readFileSync(modelPath('digits/test_logits_fp32.npy')), 'reference');
    const saved = (await readNpz(target)).get('logits');
    expect(saved?.dims).toEqual([500, 10]);
    const worst = Math.max(
      ...Array.from(reference.data as Float32Array, (value, i) =>
        Math.abs(value - Number(saved?.data[i])),
      ),
    );
    // 17 convolutions in float32, sums of up to a few hundred products each: far below this.
    expect(worst).toBeLessThan(1e-4);
  });

  it('takes several inputs from .npz, .json and raw files', async () => {
    const folder = temporaryFolder();
    const left: TensorContent = {
      type: 'float32',
      dims: [2, 3],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    };
    const ones = new Float32Array(6).fill(1);
    writeFileSync(
      join(folder, 'both.npz'),
      Buffer.concat(
        npzPieces(
          new Map([
            ['left', left],
            ['right', { ...left, data: ones }],
          ]),
        ),
      ),
    );
    writeFileSync(join(folder, 'left.json'), '[[1, 2, 3], [4, 5, 6]]');
    writeFileSync(join(folder, 'right.bin'), new Uint8Array(ones.buffer));
    const model = modelPath('small/two-io.onnx');
    const fromNpz = await runJson(model, '-p', provider, '-i', join(folder, 'both.npz'));
    const fromFiles = await runJson(
      model,
      '-p',
      provider,
      '-i',
      `left=${join(folder, 'left.json')}`,
      '-i',
      `right=${join(folder, 'right.bin')}`,
    );
    expect(fromNpz.outputs['sum']).toMatchObject({ dims: [2, 3], data: [2, 3, 4, 5, 6, 7] });
    expect(fromFiles.outputs).toEqual(fromNpz.outputs);
  });

  it('prints a screen of text', async () => {
    const { stdout } = await enginery([
      'run',
      DIGITS,
      '-p',
      provider,
      '-i',
      'random',
      '-n',
      '5',
      '-k',
      '2',
    ]);
    expect(stdout).toMatch(new RegExp(`^provider +${provider}: `, 'mu'));
    expect(stdout).toMatch(/^fallbacks +none$/mu);
    expect(stdout).toMatch(/^latency +p50 .* over 4 runs after the first/mu);
    expect(stdout).toMatch(/^logits +float32 +\[1, 10\]/mu);
    expect(stdout).toMatch(/largest of logits/u);
    // eslint-disable-next-line no-control-regex -- colour codes are what must not be there
    expect(stdout).not.toMatch(/\u001b/u);
  });

  it.each(['float32', 'float16', 'int64', 'bool', 'uint8'])(
    'brings %s through as it is',
    async (type) => {
      const folder = temporaryFolder();
      writeFileSync(join(folder, 'x.json'), '[1, 0, 1]');
      const { outputs } = await runJson(
        modelPath(`small/identity-${type}.onnx`),
        '-p',
        provider,
        '-i',
        join(folder, 'x.json'),
      );
      expect(outputs['y']).toMatchObject({ type, dims: [3], data: [1, 0, 1] });
    },
  );
});

describe('enginery run', () => {
  it('shows the fallback and its reason on the screen', async () => {
    const { stdout, status } = await enginery(['run', DIGITS, '-i', 'zeros'], {
      env: WITHOUT_OPENVINO,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^provider +cpu: /mu);
    expect(stdout).toMatch(/^fallbacks +openvino refused: ERR_ENGINERY_RUNTIME_NOT_FOUND: /mu);
  });

  it('warns of the fallback on stderr when stdout is JSON', async () => {
    const { stdout, stderr } = await enginery(['run', DIGITS, '-i', 'zeros', '--json'], {
      env: WITHOUT_OPENVINO,
    });
    expect((JSON.parse(stdout) as RunJson).fallbacks).toMatchObject([
      { provider: 'openvino', code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND' },
    ]);
    expect(stderr).toMatch(/^warning provider 'openvino' does not serve/mu);
  });

  it('brings strings through', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'in.json'), '{"a": ["x", "é"], "b": ["1", "2"]}');
    const out = join(folder, 'out');
    const { outputs } = await runJson(
      modelPath('small/string-concat.onnx'),
      '-p',
      'cpu',
      '-i',
      join(folder, 'in.json'),
      '-o',
      out,
    );
    expect(outputs['joined']).toMatchObject({ type: 'string', data: ['x1', 'é2'] });
    expect(parseNpy(readFileSync(join(out, 'joined.npy')), 'x').data).toEqual(['x1', 'é2']);
  });

  it('gives the same numbers for the same seed', async () => {
    const [first, again, other] = await Promise.all(
      ['7', '7', '8'].map(
        async (seed) =>
          (await runJson(DIGITS, '-p', 'cpu', '-i', 'random', '--seed', seed)).outputs,
      ),
    );
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
  });
});
