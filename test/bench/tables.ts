/** The results as tables, for a terminal and for a document. */

import { formatBytes, formatMs, renderTable } from '../../lib/report/index.js';
import { judge, type Bar } from './bars.js';
import { CONTESTANTS, type ContestantName } from './contestant.js';
import type { MeasureAnswer } from './protocol.js';
import { figureOf, mainFigure, ratioOf, type Mode, type Results, type Samples } from './results.js';

export interface ResultTable {
  readonly title: string;
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly right: readonly number[];
}

const TITLES: Readonly<Record<ContestantName, string>> = {
  'onnxruntime-node': 'onnxruntime-node',
  enginery: 'enginery',
  'enginery-cpu': 'enginery cpu',
  'openvino-python': 'OpenVINO Python',
};

function orDash(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '-' : format(value);
}

function ratioText(samples: Samples<MeasureAnswer>, under: ContestantName, mode: Mode): string {
  return orDash(ratioOf(samples, ['enginery', under], mainFigure(mode)), (ratio) =>
    ratio.toFixed(2),
  );
}

function perSecondText(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function speedTable(results: Results, mode: Mode): ResultTable {
  const cells = results.cells.filter((cell) => cell.mode === mode);
  const inFlight = Math.max(...cells.map((cell) => cell.inFlight), 1);
  const title =
    mode === 'latency'
      ? 'Latency, batch 1, one in flight (p50, p99)'
      : `Throughput, batch 1, ${inFlight} in flight (inferences per second)`;
  const figure = (samples: Samples<MeasureAnswer>, name: ContestantName): string => {
    if (mode === 'throughput') {
      return orDash(figureOf(samples, name, mainFigure(mode)), perSecondText);
    }
    const p50Ms = figureOf(samples, name, (sample) => sample.p50Ms);
    const p99Ms = figureOf(samples, name, (sample) => sample.p99Ms);
    return p50Ms === undefined ? '-' : `${formatMs(p50Ms)}, ${formatMs(p99Ms ?? NaN)}`;
  };
  return {
    title,
    note: 'Medians of the rounds; ratios are medians of the ratios within each round.',
    head: [
      'model',
      ...CONTESTANTS.map((name) => TITLES[name]),
      'enginery / onnxruntime-node',
      'enginery / OpenVINO Python',
    ],
    rows: cells.map(({ model, variant, samples }) => [
      variant === 'fp32' ? model : `${model} ${variant}`,
      ...CONTESTANTS.map((name) => figure(samples, name)),
      ratioText(samples, 'onnxruntime-node', mode),
      ratioText(samples, 'openvino-python', mode),
    ]),
    right: [1, 2, 3, 4, 5, 6],
  };
}

function cpuTable(results: Results): ResultTable {
  return {
    title: 'CPU time per inference, all threads',
    note: '1: one in flight, N: as many as for the throughput.',
    head: ['model', ...CONTESTANTS.flatMap((name) => [`${TITLES[name]} 1`, 'N'])],
    rows: results.cells
      .filter((cell) => cell.mode === 'latency')
      .map(({ model, variant, samples }) => {
        const other = results.cells.find(
          (cell) => cell.model === model && cell.variant === variant && cell.mode !== 'latency',
        );
        return [
          variant === 'fp32' ? model : `${model} ${variant}`,
          ...CONTESTANTS.flatMap((name) =>
            [samples, other?.samples ?? {}].map((one) =>
              orDash(
                figureOf(one, name, (sample) => sample.cpuMs),
                formatMs,
              ),
            ),
          ),
        ];
      }),
    right: [1, 2, 3, 4, 5, 6, 7, 8],
  };
}

function loadTable(results: Results): ResultTable {
  return {
    title: 'Load time and memory',
    note: 'Library, session and first inference in a fresh process; the memory (RSS) of the process then.',
    head: ['model', ...CONTESTANTS.map((name) => TITLES[name])],
    rows: results.loads.map(({ model, variant, samples }) => [
      variant === 'fp32' ? model : `${model} ${variant}`,
      ...CONTESTANTS.map((name) => {
        const loadMs = figureOf(samples, name, (sample) => sample.loadMs);
        const rssBytes = figureOf(samples, name, (sample) => sample.rssBytes);
        return loadMs === undefined ? '-' : `${formatMs(loadMs)}, ${formatBytes(rssBytes ?? NaN)}`;
      }),
    ]),
    right: [1, 2, 3, 4],
  };
}

function eventLoopTable(results: Results): ResultTable {
  const names = CONTESTANTS.filter((name) => name !== 'openvino-python');
  const text = (samples: Samples<MeasureAnswer>, name: ContestantName): string => {
    const delays = samples[name];
    if (delays === undefined) return '-';
    const p99Ms = figureOf(samples, name, (sample) => sample.delayP99Ms ?? NaN);
    const maxMs = figureOf(samples, name, (sample) => sample.delayMaxMs ?? NaN);
    const worstMs = Math.max(...delays.map((sample) => sample.delayMaxMs ?? NaN));
    return [p99Ms, maxMs, worstMs].map((value) => formatMs(value ?? NaN)).join(', ');
  };
  return {
    title: 'Event-loop delay (p99, longest, longest of all rounds)',
    note: "monitorEventLoopDelay with a resolution of 1 ms: the timer's own millisecond is in the figures.",
    head: ['model', 'inputs', 'in flight', ...names.map((name) => TITLES[name])],
    rows: results.eventLoop.map(({ model, inputBytes, inFlight, samples }) => [
      model,
      formatBytes(inputBytes),
      String(inFlight),
      ...names.map((name) => text(samples, name)),
    ]),
    right: [1, 2, 3, 4, 5],
  };
}

function verdict(isHeld: boolean | undefined): string {
  if (isHeld === undefined) return '-';
  return isHeld ? 'held' : 'NOT HELD';
}

function barTable(bars: readonly Bar[]): ResultTable {
  return {
    title: 'Figures to hold',
    note: 'Geometric means.',
    head: ['figure', 'hold', 'verdict', 'measured'],
    rows: bars.map(({ figure, hold, isHeld, measured }) => [
      figure,
      hold,
      verdict(isHeld),
      measured,
    ]),
    right: [],
  };
}

/** Every table that has rows, the verdicts last. */
export function tablesOf(results: Results): readonly ResultTable[] {
  const tables = [
    speedTable(results, 'latency'),
    speedTable(results, 'throughput'),
    cpuTable(results),
    loadTable(results),
    eventLoopTable(results),
    barTable(judge(results)),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

export function terminalText(tables: readonly ResultTable[], width: number): string {
  return tables
    .map((table) => `${table.title}\n${renderTable({ ...table, width, isWrapped: true })}\n`)
    .join('\n');
}

export function markdownText(tables: readonly ResultTable[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return tables
    .map(({ title, note, head, rows, right }) =>
      [
        `## ${title}`,
        note,
        [
          line(head),
          line(head.map((_, i) => (right.includes(i) ? '---:' : '---'))),
          ...rows.map(line),
        ].join('\n'),
      ].join('\n\n'),
    )
    .join('\n\n');
}
