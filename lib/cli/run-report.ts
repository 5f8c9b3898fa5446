/** The result of `enginery run`, as a screen of text and as one JSON object. */

import { formatShape } from '../common/index.js';
import { formatMs, formatValue, renderPairs, renderTable, type Style } from '../report/index.js';
import { jsonFromValue, type TensorContent } from '../tensor/index.js';
import type { Engine } from '../session/index.js';
import { providerPlace, providerText } from './engine.js';
import { firstValues, jsonFromContent, summarize, topValues } from './summary.js';
import { latencyOf, type Latency } from './time-runs.js';

const FIRST_VALUES = 5;
const TOP_ROWS = 10;

export interface RunReport {
  readonly model: string;
  readonly engine: Engine;
  readonly outputs: ReadonlyMap<string, TensorContent>;
  readonly timesMs: readonly number[];
  readonly saved: readonly string[];
}

function latencyText({ runs, firstMs, p50Ms, p99Ms, minMs, maxMs }: Latency): string {
  if (runs === 1) return formatMs(firstMs);
  const rest = `p50 ${formatMs(p50Ms)}, p99 ${formatMs(p99Ms)}, min ${formatMs(minMs)}, max ${formatMs(maxMs)}`;
  return `${rest} over ${runs - 1} runs after the first (${formatMs(firstMs)})`;
}

/** One line per refused provider, or `none`. The places searched are doctor's to list. */
export function fallbackText(engine: Engine): string {
  if (engine.fallbacks.length === 0) return 'none';
  return engine.fallbacks
    .map(({ provider, code, message }) => {
      const [reason = ''] = message.split(/\n|\. Searched:/u, 1);
      const more = reason.length < message.length ? ' (more: enginery doctor)' : '';
      return `${provider} refused: ${code}: ${reason}${more}`;
    })
    .join('\n');
}

function outputRow(name: string, content: TensorContent): string[] {
  const summary = summarize(content);
  const figure = (value: number | bigint | undefined): string =>
    value === undefined ? '-' : formatValue(value);
  const nans = summary === undefined || summary.nanCount === 0 ? '' : ` (${summary.nanCount} NaN)`;
  const first = firstValues(content, FIRST_VALUES).map(formatValue).join(', ');
  const isMore = content.dims.reduce((product, dim) => product * dim, 1) > FIRST_VALUES;
  return [
    name,
    content.type,
    formatShape(content.dims),
    figure(summary?.min),
    figure(summary?.max),
    figure(summary?.mean) + nans,
    isMore ? `${first}, ...` : first,
  ];
}

function topTable(name: string, content: TensorContent, k: number, style: Style): string {
  const rows = topValues(content, k, TOP_ROWS);
  const width = content.dims.at(-1) ?? 1;
  const total = width === 0 ? 0 : content.dims.reduce((product, dim) => product * dim, 1) / width;
  const lines = rows.map((row, i) => [
    String(i),
    row.map(({ index, value }) => `${index}: ${formatValue(value)}`).join('   '),
  ]);
  const more = total > rows.length ? `\n(${total - rows.length} more rows)` : '';
  return `${renderTable({ head: ['row', `largest of ${name}, index: value`], rows: lines, right: [0], style })}${more}`;
}

/** The screen. */
export function runReportText(
  report: RunReport,
  top: number | undefined,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const { engine, outputs } = report;
  const hasFallbacks = engine.fallbacks.length > 0;
  const head = renderPairs(
    [
      ['model', report.model],
      ['provider', style.bold(providerText(engine))],
      ['place', providerPlace(engine)],
      ['fallbacks', hasFallbacks ? style.warn(fallbackText(engine)) : 'none'],
      ['created', formatMs(engine.report.createMs)],
      ['latency', latencyText(latencyOf(report.timesMs))],
      ...report.saved.map((path) => ['saved', path] as const),
    ],
    style,
  );
  const table = renderTable({
    head: ['output', 'type', 'shape', 'min', 'max', 'mean', 'first values'],
    rows: Array.from(outputs, ([name, content]) => outputRow(name, content)),
    right: [3, 4, 5],
    width,
    style,
  });
  const tops =
    top === undefined
      ? []
      : Array.from(outputs, ([name, content]) => topTable(name, content, top, style));
  return [head, table, ...tops].join('\n\n');
}

/** The JSON object. */
export function runReportJson(report: RunReport, top: number | undefined): Record<string, unknown> {
  const { engine, outputs } = report;
  const outputJson = Array.from(outputs, ([name, content]) => {
    const rows =
      top === undefined
        ? undefined
        : topValues(content, top, Infinity).map((row) =>
            row.map(({ index, value }) => ({ index, value: jsonFromValue(value) })),
          );
    return [
      name,
      { ...jsonFromContent(content), ...(rows === undefined ? {} : { top: rows }) },
    ] as const;
  });
  return {
    model: report.model,
    provider: engine.provider,
    runtime: engine.report.runtime,
    fallbacks: engine.fallbacks,
    createMs: engine.report.createMs,
    latency: latencyOf(report.timesMs),
    outputs: Object.fromEntries(outputJson),
    saved: report.saved,
  };
}
