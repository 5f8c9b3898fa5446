/** The figures of DESIGN section 8 and whether the results hold them. */

import { geometricMean, median } from '../../lib/bench/index.js';
import type { ContestantName } from './contestant.js';
import {
  figureOf,
  mainFigure,
  pairedRatio,
  ratioOf,
  type Cell,
  type Mode,
  type Results,
} from './results.js';
import type { Variant } from './subjects.js';

export interface Bar {
  readonly figure: string;
  /** What has to hold, in words. */
  readonly hold: string;
  /** What was measured, in words. */
  readonly measured: string;
  /** Undefined: not measured in this run. */
  readonly isHeld: boolean | undefined;
}

/** A figure of one model, with the model's name. */
interface Named {
  readonly name: string;
  readonly value: number;
}

const SMALLEST_LATENCY_MS = 1;
const INT8_MODELS = ['mobilenet-v2-224', 'resnet-50', 'encoder-6x384'];

/** Two digits behind the point: what the bars have. */
function digits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : 2);
}

function bar(
  [figure, hold]: readonly [figure: string, hold: string],
  values: readonly Named[],
  isHeld: (values: readonly number[]) => boolean,
): Bar {
  if (values.length === 0) return { figure, hold, measured: 'not measured', isHeld: undefined };
  const numbers = values.map(({ value }) => value);
  const list = values.map(({ name, value }) => `${name} ${digits(value)}`).join(', ');
  const mean = values.length > 1 ? `mean ${digits(geometricMean(numbers))}: ` : '';
  return { figure, hold, measured: mean + list, isHeld: isHeld(numbers) };
}

/** Do runs of this file take over a millisecond on ONNX Runtime, which every model is measured on? */
function isOverAMillisecond(results: Results, { model, variant }: Cell): boolean {
  const latency = results.cells.find(
    (cell) => cell.model === model && cell.variant === variant && cell.mode === 'latency',
  );
  const p50Ms = latency && figureOf(latency.samples, 'onnxruntime-node', (sample) => sample.p50Ms);
  return p50Ms !== undefined && p50Ms > SMALLEST_LATENCY_MS;
}

/** Enginery over another contestant, for every cell of a mode that `isWanted`. */
function ratios(
  results: Results,
  mode: Mode,
  under: ContestantName,
  isWanted: (cell: Cell) => boolean,
): readonly Named[] {
  return results.cells
    .filter((cell) => cell.mode === mode && isWanted(cell))
    .flatMap((cell) => {
      const value = ratioOf(cell.samples, ['enginery', under], mainFigure(mode));
      const name = cell.variant === 'fp32' ? cell.model : `${cell.model} ${cell.variant}`;
      return value === undefined ? [] : [{ name, value }];
    });
}

/** ONNX Runtime on the float32 file against us on the INT8 one; above 1 is better, for both modes. */
function int8Gain(results: Results, model: string, mode: Mode): readonly Named[] {
  const samplesOf = (variant: Variant, name: ContestantName): readonly number[] | undefined =>
    results.cells
      .find((cell) => cell.model === model && cell.variant === variant && cell.mode === mode)
      ?.samples[name]?.map(mainFigure(mode));
  const ours = samplesOf('int8', 'enginery');
  const theirs = samplesOf('fp32', 'onnxruntime-node');
  const ratio = mode === 'latency' ? pairedRatio(theirs, ours) : pairedRatio(ours, theirs);
  return ratio === undefined ? [] : [{ name: mode, value: ratio }];
}

function handOverBar({ handOver }: Results): Bar {
  const words = ['hand-over of an asynchronous run', '<= 1.5 x a bare round trip'] as const;
  if (handOver === undefined) return bar(words, [], () => false);
  const { asynchronousUs, inlineUs, wakeUpUs } = handOver;
  const handOverUs = asynchronousUs.map((value, i) => value - (inlineUs[i] ?? NaN));
  const ratio = pairedRatio(handOverUs, wakeUpUs) ?? NaN;
  const measured = `${digits(ratio)}: ${digits(median(handOverUs))} against ${digits(median(wakeUpUs))} us`;
  return { figure: words[0], hold: words[1], measured, isHeld: ratio <= 1.5 };
}

function eventLoopBar({ eventLoop }: Results): Bar {
  const hold = 'p99 < 5 ms, max < 25 ms';
  const figure = 'event-loop delay, 4 in flight, inputs up to 16 MB';
  const values = eventLoop.flatMap(({ model, samples }) => {
    const p99Ms = figureOf(samples, 'enginery', (sample) => sample.delayP99Ms ?? NaN);
    const maxMs = figureOf(samples, 'enginery', (sample) => sample.delayMaxMs ?? NaN);
    return p99Ms === undefined || maxMs === undefined ? [] : [{ model, p99Ms, maxMs }];
  });
  if (values.length === 0) return { figure, hold, measured: 'not measured', isHeld: undefined };
  return {
    figure,
    hold,
    measured: values
      .map(({ model, p99Ms, maxMs }) => `${model} ${digits(p99Ms)}, ${digits(maxMs)}`)
      .join('; '),
    isHeld: values.every(({ p99Ms, maxMs }) => p99Ms < 5 && maxMs < 25),
  };
}

/** Every bar of DESIGN section 8 that this benchmark can measure. */
export function judge(results: Results): readonly Bar[] {
  const isLong = (cell: Cell): boolean => isOverAMillisecond(results, cell);
  const isLongFp32 = (cell: Cell): boolean => cell.variant === 'fp32' && isLong(cell);
  const isInt8 = (cell: Cell): boolean =>
    cell.variant === 'int8' && INT8_MODELS.includes(cell.model);
  const latencyGain = int8Gain(results, 'resnet-50', 'latency');
  const throughputGain = int8Gain(results, 'resnet-50', 'throughput');
  return [
    bar(
      ["throughput / vendor's own loop, models over 1 ms", 'each >= 0.97'],
      ratios(results, 'throughput', 'openvino-python', isLong),
      (values) => values.every((value) => value >= 0.97),
    ),
    bar(
      ["latency / vendor's own loop, models over 1 ms", 'mean <= 1.04, each <= 1.08'],
      ratios(results, 'latency', 'openvino-python', isLong),
      (values) => geometricMean(values) <= 1.04 && values.every((value) => value <= 1.08),
    ),
    bar(
      ['throughput / onnxruntime-node, FP32, models over 1 ms', 'mean >= 1.12, none < 1.0'],
      ratios(results, 'throughput', 'onnxruntime-node', isLongFp32),
      (values) => geometricMean(values) >= 1.12 && values.every((value) => value >= 1),
    ),
    bar(
      ['throughput / onnxruntime-node, same INT8 file', 'mean >= 1.35, each >= 1.2'],
      ratios(results, 'throughput', 'onnxruntime-node', isInt8),
      (values) => geometricMean(values) >= 1.35 && values.every((value) => value >= 1.2),
    ),
    bar(
      ['INT8 here / onnxruntime-node FP32, ResNet-50, latency', '>= 3.2x'],
      latencyGain,
      (values) => values.every((value) => value >= 3.2),
    ),
    bar(
      ['INT8 here / onnxruntime-node FP32, ResNet-50, throughput', '>= 3.4x'],
      throughputGain,
      (values) => values.every((value) => value >= 3.4),
    ),
    bar(
      ['one call of the tiny add model / onnxruntime-node', '<= 1.5'],
      ratios(results, 'latency', 'onnxruntime-node', (cell) => cell.model === 'add'),
      (values) => values.every((value) => value <= 1.5),
    ),
    handOverBar(results),
    eventLoopBar(results),
  ];
}
