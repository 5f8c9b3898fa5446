/** Tests of the command's exit statuses (CONVENTIONS section 4), of Ctrl-C and of closed pipes. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelPath, temporaryFolder } from '../fixtures/models.js';
import {
  copyPackage,
  enginery,
  hasOpenVino,
  shellCommand,
  WITHOUT_OPENVINO,
} from './cli-process.js';

const DIGITS = modelPath('digits/digits_cnn.onnx');
const CPU = ['-p', 'cpu'] as const;

function written(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** Runs and expects one error block that begins with the code. */
async function expectFailure(
  args: readonly string[],
  status: number,
  code: string,
  env = {},
): Promise<string> {
  const result = await enginery(args, { env });
  expect(result).toMatchObject({
    status,
    stderr: expect.stringMatching(new RegExp(`^error ERR_ENGINERY_${code}: `, 'mu')) as string,
  });
  expect(result.stderr).not.toMatch(/^ +at /mu);
  return result.stderr;
}

describe('exit status 0', () => {
  it.each([['--help'], ['--version'], ['run', '--help']])('for %s %s', async (...args) => {
    expect(await enginery(args)).toMatchObject({ status: 0, stderr: '' });
  });

  it('when the reader of a pipe has enough', () => {
    const command = shellCommand([
      'run',
      modelPath('small/identity-float32.onnx'),
      ...CPU,
      '-i',
      'random',
      '--shape',
      'x:60000',
      '--json',
    ]);
    const result = spawnSync('bash', ['-o', 'pipefail', '-c', `${command} | head -n 1`], {
      encoding: 'utf8',
    });
    expect(result).toMatchObject({ status: 0, stdout: '{\n', stderr: '' });
  });
});

describe('exit status 2', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['rum']],
    ['an unknown option', ['run', DIGITS, '--fast']],
    ['a missing model', ['run']],
    ['a bad number', ['run', DIGITS, '--repeat', '0']],
    ['a bad choice', ['run', DIGITS, '--precision', 'fp8']],
    ['an unknown runtime', ['setup', 'cuda']],
  ])('for %s', async (_, args) => {
    expect((await enginery(args)).status).toBe(2);
  });

  it('for inputs that do not fit the model', async () => {
    expect(await expectFailure(['run', DIGITS, ...CPU], 2, 'INVALID_ARGUMENT')).toContain(
      '--input random',
    );
    const pixels = modelPath('digits/test_x.npy');
    expect(
      await expectFailure(['run', DIGITS, ...CPU, '-i', pixels], 2, 'INVALID_ARGUMENT'),
    ).toContain('--cast, and --scale');
    const npy = written('x.npy', 'not numpy');
    await expectFailure(['run', DIGITS, ...CPU, '-i', npy], 2, 'INVALID_ARGUMENT');
    const wide = written('wide.json', '[[1, 2]]');
    await expectFailure(['run', DIGITS, ...CPU, '-i', wide], 2, '(INVALID_ARGUMENT|OUT_OF_RANGE)');
    const large = written('large.json', '[300]');
    await expectFailure(
      ['run', modelPath('small/identity-uint8.onnx'), ...CPU, '-i', large],
      2,
      'INVALID_ARGUMENT',
    );
  });
});

describe('exit status 3', () => {
  it('for what is no model, or one that nothing runs', async () => {
    await expectFailure(
      ['run', written('x.onnx', 'hello'), ...CPU, '-i', 'random'],
      3,
      'MODEL_INVALID',
    );
    const cut = written('cut.onnx', readFileSync(DIGITS).subarray(0, 9000));
    await expectFailure(['run', cut, ...CPU, '-i', 'random'], 3, 'MODEL_INVALID');
    await expectFailure(['inspect', cut], 3, 'MODEL_INVALID');
    await expectFailure(
      ['run', modelPath('small/unsupported-op.onnx'), ...CPU, '-i', 'random'],
      3,
      'MODEL_UNSUPPORTED',
    );
  });
});

describe('exit status 4', () => {
  it('for a runtime that is missing, with the places searched and the fixes', async () => {
    const args = ['run', DIGITS, '-p', 'openvino', '--strict', '-i', 'random'];
    const text = await expectFailure(args, 4, 'RUNTIME_NOT_FOUND', WITHOUT_OPENVINO);
    expect(text).toContain('/nonexistent');
    expect(text).toContain('enginery setup openvino');
  });

  it('for an addon that does not load', async () => {
    const main = copyPackage(temporaryFolder(), { addon: false });
    const result = await enginery(['run', DIGITS, '-p', 'openvino', '-i', 'random'], { main });
    expect(result).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^error ERR_ENGINERY_ADDON_LOAD: /u) as string,
    });
  });

  it.skipIf(!hasOpenVino())('for a device that is not here', async () => {
    const args = ['run', DIGITS, '-p', 'openvino', '--strict', '--device', 'XPU', '-i', 'random'];
    await expectFailure(args, 4, 'DEVICE_UNAVAILABLE');
  });
});

describe('exit status 1', () => {
  it('for a run that fails', async () => {
    const args = [
      'run',
      modelPath('small/dynamic.onnx'),
      ...CPU,
      '-i',
      'random',
      '--shape',
      'a:2x3',
      '--shape',
      'b:4x5',
    ];
    await expectFailure(args, 1, 'INFERENCE_FAILED');
  });
});

describe('exit status 130', () => {
  it('for Ctrl-C while runs go on', async () => {
    const args = [
      'run',
      modelPath('small/slow.onnx'),
      '-p',
      'openvino,cpu',
      '-i',
      'zeros',
      '-n',
      '100000',
      '--json',
    ];
    let isSent = false;
    const result = await enginery(args, {
      env: WITHOUT_OPENVINO,
      onStderr: (text, child) => {
        // The warning of the fallback comes when the engine is made.
        if (isSent || !text.includes('warning')) return;
        isSent = true;
        child.kill('SIGINT');
      },
    });
    expect(result).toMatchObject({ status: 130, signal: null, stdout: '' });
    expect(result.stderr).toContain('error ERR_ENGINERY_CANCELLED: ');
  });
});

describe('--verbose', () => {
  it('adds the stack', async () => {
    const { stderr } = await enginery([
      'run',
      written('x.onnx', 'hello'),
      ...CPU,
      '-i',
      'random',
      '--verbose',
    ]);
    expect(stderr).toMatch(/^ +at /mu);
  });
});
