/** Each of onnxruntime-node's session options on OpenVINO: meant, ignored with a warning, or refused. */

import { readFileSync } from 'node:fs';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import * as logger from '../../../lib/common/logger.js';
import {
  SESSION_OPTION_RULES,
  checkOpenVinoSessionOptions,
} from '../../../lib/runtime/openvino-session-options.js';

vi.mock('../../../lib/common/logger.js');
const warnOnce = vi.mocked(logger.warnOnce);
beforeEach(() => {
  warnOnce.mockReset();
});

function check(
  session: Readonly<Record<string, unknown>>,
  isStrict: boolean,
  device = 'CPU',
): void {
  checkOpenVinoSessionOptions({ precision: 'fp32', shapes: new Map(), session, isStrict }, device);
}

const REFUSED = (name: string): unknown =>
  expect.objectContaining({
    code: 'ERR_ENGINERY_MODEL_UNSUPPORTED',
    message: expect.stringContaining(`session option ${name} `) as string,
  });

const MEANT: readonly (readonly [string, unknown])[] = [
  ['intraOpNumThreads', 3],
  ['interOpNumThreads', 1],
  ['executionMode', 'sequential'],
  ['graphOptimizationLevel', 'all'],
  ['enableCpuMemArena', true],
  ['enableMemPattern', true],
  ['optimizedModelFilePath', ''],
  ['enableProfiling', true],
  ['profileFilePrefix', 'p'],
  ['logId', 'x'],
  ['logVerbosityLevel', 2],
  ['logSeverityLevel', 3],
  ['enableGraphCapture', false],
  ['preferredOutputLocation', 'cpu'],
  ['preferredOutputLocation', { y: 'cpu' }],
  ['preferredOutputLocation', null],
  ['extra', { 'session.set_denormal_as_zero': '1' }],
  ['noSuchOption', 5],
];

const TUNING: readonly (readonly [string, unknown])[] = [
  ['interOpNumThreads', 2],
  ['executionMode', 'parallel'],
  ['graphOptimizationLevel', 'disabled'],
  ['enableCpuMemArena', false],
  ['enableMemPattern', false],
  ['logSeverityLevel', 0],
  ['enableGraphCapture', true],
  ['preferredOutputLocation', 'gpu-buffer'],
  ['preferredOutputLocation', { y: 'gpu-buffer' }],
];

describe('checkOpenVinoSessionOptions', () => {
  it.each(MEANT)('takes %s: %j in silence, also where it is strict', (option, value) => {
    check({ [option]: value }, true);
    check({ [option]: value }, false);
    expect(warnOnce).not.toHaveBeenCalled();
  });

  it.each(TUNING)('warns of %s: %j, and refuses it where it is strict', (option, value) => {
    check({ [option]: value }, false);
    expect(warnOnce).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining(`session option ${option} `),
    );
    expect(() => {
      check({ [option]: value }, true);
    }).toThrow(REFUSED(option));
  });

  it('warns of tuning entries of extra', () => {
    const extra = { 'session.intra_op.allow_spinning': '0' };
    check({ extra }, false);
    expect(warnOnce).toHaveBeenCalledOnce();
    expect(() => {
      check({ extra }, true);
    }).toThrow(REFUSED('extra["session.intra_op.allow_spinning"]'));
  });

  it.each([
    ['optimizedModelFilePath', { optimizedModelFilePath: 'x.onnx' }],
    ['extra["ep.context_enable"]', { extra: { 'ep.context_enable': '1' } }],
  ])('refuses %s, on which files or results depend', (name, session) => {
    for (const isStrict of [true, false]) {
      expect(() => {
        check(session, isStrict);
      }).toThrow(REFUSED(name));
    }
  });

  it('knows what only the CPU has', () => {
    check({ intraOpNumThreads: 3 }, false, 'GPU');
    expect(warnOnce).toHaveBeenCalledOnce();
    const extra = { 'session.set_denormal_as_zero': '1' };
    expect(() => {
      check({ extra }, false, 'GPU');
    }).toThrow(REFUSED('extra["session.set_denormal_as_zero"]'));
  });

  it('has a rule for each session option of onnxruntime-common, and docs/differences.md a row', () => {
    const declared = readFileSync(
      new URL(import.meta.resolve('onnxruntime-common')).pathname.replace(
        /dist\/.*$/,
        'dist/esm/inference-session.d.ts',
      ),
      'utf8',
    );
    const [, body = ''] =
      /interface SessionOptions extends \w+ \{([\s\S]*?)\n {4}\}/.exec(declared) ?? [];
    const options = Array.from(body.matchAll(/^ {8}(\w+)\?:/gm), (match) => match[1] ?? '');
    expect(options.length).toBeGreaterThan(15);
    const documented = readFileSync('docs/differences.md', 'utf8');
    // Those two are not a provider's: who serves, and shapes and data that the session reads.
    const elsewhere = ['executionProviders', 'freeDimensionOverrides', 'extra'];
    for (const option of options) {
      if (!elsewhere.includes(option)) expect(Object.keys(SESSION_OPTION_RULES)).toContain(option);
      if (option !== 'executionProviders') expect(documented).toContain(`\`${option}\``);
    }
  });
});
