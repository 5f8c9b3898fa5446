/** OpenVINO's options: defaults, refusals, and the properties they become. */

import os from 'node:os';

import { afterEach, describe, expect, it, vi } from 'vitest';

import * as cgroup from '../../../lib/common/cgroup.js';
import {
  checkOpenVinoOptions,
  openvinoPrecision,
  propertiesFromOptions,
} from '../../../lib/runtime/openvino-options.js';

// The quota of the machine that runs the tests must not decide.
vi.mock(import('../../../lib/common/cgroup.js'), async (original) => ({
  ...(await original()),
  cgroupCpus: vi.fn<() => number | undefined>(),
}));

afterEach(() => {
  vi.mocked(cgroup.cgroupCpus).mockReset();
});

/** The properties of these options. */
function properties(
  options: object = {},
  session: Readonly<Record<string, unknown>> = {},
): Record<string, string> {
  return propertiesFromOptions(checkOpenVinoOptions(options), 'fp32', session);
}

describe('checkOpenVinoOptions', () => {
  it('fills the defaults and nothing else', () => {
    expect(checkOpenVinoOptions({})).toEqual({
      device: 'CPU',
      performanceHint: 'latency',
      cpuPinning: false,
      inlineBelowUs: 100,
      inferRequests: 0,
      queueLimit: 10_000,
    });
  });

  it('keeps what is given', () => {
    const options = {
      device: 'GPU.1',
      performanceHint: 'throughput',
      numStreams: 2,
      numThreads: 3,
      inferRequests: 4,
      cpuPinning: true,
      inlineBelowUs: 0,
      queueLimit: 5,
      library: '/opt/openvino',
      properties: { CPU_DENORMALS_OPTIMIZATION: 'YES' },
    };
    expect(checkOpenVinoOptions(options)).toEqual(options);
  });

  it.each([undefined, null, 'CPU', []])('refuses %o in place of an object', (options) => {
    expect(() => checkOpenVinoOptions(options)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }),
    );
  });

  it.each([
    ['devise', 'device'],
    ['numThread', 'numThreads'],
    ['performancehint', 'performanceHint'],
    ['inferrequests', 'inferRequests'],
    ['propertys', 'properties'],
  ])('refuses the unknown option %s and asks whether %s was meant', (given, meant) => {
    expect(() => checkOpenVinoOptions({ [given]: 1 })).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: expect.stringContaining(`got "${given}"; did you mean "${meant}"?`) as string,
      }),
    );
  });

  it.each([
    ['device', 5],
    ['performanceHint', 5],
    ['numStreams', '2'],
    ['numThreads', '2'],
    ['inferRequests', '2'],
    ['cpuPinning', 'yes'],
    ['inlineBelowUs', '100'],
    ['library', 5],
    ['properties', []],
  ])('refuses another type for %s', (name, value) => {
    expect(() => checkOpenVinoOptions({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: expect.stringContaining(`openvino.${name}, got`) as string,
      }),
    );
  });

  it.each([
    ['performanceHint', 'fast'],
    ['numStreams', 0],
    ['numStreams', 1025],
    ['numThreads', 0],
    ['numThreads', 1.5],
    ['inferRequests', 0],
    ['inferRequests', 1025],
    ['inlineBelowUs', -1],
    ['inlineBelowUs', 1_000_001],
  ])('refuses %s outside its range: %o', (name, value) => {
    expect(() => checkOpenVinoOptions({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_OUT_OF_RANGE',
        message: expect.stringContaining(`openvino.${name}, got`) as string,
      }),
    );
  });

  it('refuses a property that is no text and names it', () => {
    expect(() => checkOpenVinoOptions({ properties: { NUM_STREAMS: 2 } })).toThrow(
      'expected a string for openvino.properties.NUM_STREAMS, got 2 (number)',
    );
  });
});

describe('openvinoPrecision', () => {
  it('has OpenVINO’s word for each precision', () => {
    expect((['fp32', 'fp16', 'bf16'] as const).map(openvinoPrecision)).toEqual([
      'f32',
      'f16',
      'bf16',
    ]);
  });
});

describe('propertiesFromOptions', () => {
  it('asks for latency, fp32 by value and threads that are not pinned', () => {
    expect(properties()).toEqual({
      PERFORMANCE_HINT: 'LATENCY',
      INFERENCE_PRECISION_HINT: 'f32',
      ENABLE_CPU_PINNING: 'NO',
      CPU_RUNTIME_CACHE_CAPACITY: '1000',
    });
  });

  it.each(['NO', 'yes', ''])('refuses PERF_COUNT %j beside enableProfiling', (value) => {
    const options = { properties: { PERF_COUNT: value } };
    expect(properties(options)).toMatchObject(options.properties);
    expect(() => properties(options, { enableProfiling: true })).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }),
    );
    const profiled = { properties: { PERF_COUNT: 'YES' } };
    expect(properties(profiled, { enableProfiling: true })).toMatchObject(profiled.properties);
  });

  it('hands on what is asked for', () => {
    const options = {
      performanceHint: 'throughput',
      numStreams: 2,
      numThreads: 3,
      cpuPinning: true,
    };
    expect(properties(options)).toEqual({
      PERFORMANCE_HINT: 'THROUGHPUT',
      INFERENCE_PRECISION_HINT: 'f32',
      NUM_STREAMS: '2',
      ENABLE_CPU_PINNING: 'YES',
      CPU_RUNTIME_CACHE_CAPACITY: '1000',
      INFERENCE_NUM_THREADS: '3',
    });
  });

  it('lets properties by OpenVINO’s own names win', () => {
    const given = { PERFORMANCE_HINT: 'CUMULATIVE_THROUGHPUT', CACHE_DIR: '/x' };
    expect(properties({ properties: given })).toMatchObject(given);
  });

  it('counts threads by numThreads, then intraOpNumThreads, then the cgroup’s quota', () => {
    const threads = (options: object, session: object): string | undefined =>
      properties(options, { ...session })['INFERENCE_NUM_THREADS'];
    vi.spyOn(os, 'availableParallelism').mockReturnValue(8);
    vi.mocked(cgroup.cgroupCpus).mockReturnValue(2);
    expect(threads({ numThreads: 4 }, { intraOpNumThreads: 3 })).toBe('4');
    expect(threads({}, { intraOpNumThreads: 3 })).toBe('3');
    expect(threads({}, { intraOpNumThreads: 0 })).toBe('2');
    vi.mocked(cgroup.cgroupCpus).mockReturnValue(8);
    expect(threads({}, {})).toBeUndefined();
    vi.mocked(cgroup.cgroupCpus).mockReturnValue(undefined);
    expect(threads({}, {})).toBeUndefined();
  });

  it('flushes denormal numbers as the entry of extra says', () => {
    const denormals = (value: string): string | undefined =>
      properties({}, { extra: { 'session.set_denormal_as_zero': value } })[
        'CPU_DENORMALS_OPTIMIZATION'
      ];
    expect([denormals('1'), denormals('0')]).toEqual(['YES', 'NO']);
    expect(properties({}, { extra: {} })).not.toHaveProperty('CPU_DENORMALS_OPTIMIZATION');
  });

  it('measures layers where profiling is on', () => {
    expect(properties({}, { enableProfiling: true })['PERF_COUNT']).toBe('YES');
    expect(properties({}, { enableProfiling: false })).not.toHaveProperty('PERF_COUNT');
  });

  it.each(['GPU', 'NPU', 'AUTO', 'HETERO:GPU,CPU'])(
    'sets no CPU thread properties for %s',
    (device) => {
      const session = { intraOpNumThreads: 3 };
      expect(Object.keys(properties({ device }, session))).toEqual([
        'PERFORMANCE_HINT',
        'INFERENCE_PRECISION_HINT',
      ]);
    },
  );

  it('refuses numThreads for another device than the CPU', () => {
    expect(() => properties({ device: 'GPU', numThreads: 2 })).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_INVALID_ARGUMENT',
        message: expect.stringContaining('for device GPU') as string,
      }),
    );
  });
});
