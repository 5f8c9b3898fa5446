/** Tests of the verdicts: each bar holds where its figures are good enough, and is open where they are missing. */

import { expect, it } from 'vitest';
import { judge } from '../../bench/bars.js';
import type { MeasureAnswer } from '../../bench/protocol.js';
import type { Cell, Mode, Results } from '../../bench/results.js';
import type { Variant } from '../../bench/subjects.js';

const EMPTY: Results = { cells: [], loads: [], eventLoop: [], handOver: undefined, leftOut: [] };

/** A sample that took `ms`, one after the other. */
function sample(ms: number, delayMs = 1): MeasureAnswer {
  const perSecond = 1000 / ms;
  return {
    ...{ runs: 1, perSecond, p50Ms: ms, p99Ms: ms, cpuMs: ms },
    ...{ delayP99Ms: delayMs, delayMaxMs: delayMs },
  };
}

/** Rounds of a slow machine and a fast one: only ratios within a round say something. */
function rounds(ms: number): MeasureAnswer[] {
  return [sample(ms), sample(ms * 10), sample(ms)];
}

function cells(
  model: string,
  variant: Variant,
  { ours, ort, vendor }: { ours: number; ort: number; vendor: number },
): Cell[] {
  return (['latency', 'throughput'] as const satisfies Mode[]).map((mode) => ({
    ...{ model, variant, mode, inFlight: 1 },
    samples: {
      enginery: rounds(ours),
      'onnxruntime-node': rounds(ort),
      'openvino-python': rounds(vendor),
    },
  }));
}

function verdict(results: Partial<Results>, figure: RegExp): boolean | undefined {
  const bar = judge({ ...EMPTY, ...results }).find((one) => figure.test(one.figure));
  if (bar === undefined) throw new Error(`no bar ${String(figure)}`);
  return bar.isHeld;
}

it('leaves every bar open that was not measured', () => {
  expect(judge(EMPTY).every(({ isHeld }) => isHeld === undefined)).toBe(true);
});

it.each([
  ['as fast as the vendor', 1, /^throughput \/ vendor/, true],
  ['a tenth slower than the vendor', 1.1, /^throughput \/ vendor/, false],
  ['as fast as the vendor', 1, /^latency \/ vendor/, true],
  ['a tenth slower than the vendor', 1.1, /^latency \/ vendor/, false],
  ['a fifth faster than onnxruntime-node', 1, /FP32, models over/, true],
  ['as fast as onnxruntime-node', 1.2, /FP32, models over/, false],
])('%s: %d', (_what, factor, figure, expected) => {
  const measured = cells('m', 'fp32', { ours: 10 * factor, ort: 12, vendor: 10 });
  expect(verdict({ cells: measured }, figure)).toBe(expected);
});

it('does not count models under a millisecond', () => {
  const measured = cells('m', 'fp32', { ours: 0.9, ort: 0.5, vendor: 0.1 });
  expect(verdict({ cells: measured }, /^throughput \/ vendor/)).toBeUndefined();
});

it.each([
  [3, true],
  [5, false],
])('compares INT8 here with FP32 there: %d ms', (ours, expected) => {
  const measured = [
    ...cells('resnet-50', 'fp32', { ours: 10, ort: 12, vendor: 10 }),
    ...cells('resnet-50', 'int8', { ours, ort: 5, vendor: 3 }),
  ];
  expect(verdict({ cells: measured }, /INT8 here.*throughput/)).toBe(expected);
});

it.each([
  [60, true],
  [80, false],
])('takes the inline time from an asynchronous run of %d us', (asynchronousUs, expected) => {
  const handOver = { wakeUpUs: [40], asynchronousUs: [asynchronousUs], inlineUs: [10] };
  expect(verdict({ handOver }, /^hand-over/)).toBe(expected);
});

it.each([
  [4, true],
  [30, false],
])('holds the event loop to its limits: %d ms', (delayMs, expected) => {
  const samples = { enginery: [sample(1, delayMs)] };
  const eventLoop = [{ model: 'm', inFlight: 4, inputBytes: 1, samples }];
  expect(verdict({ eventLoop }, /^event-loop/)).toBe(expected);
});
