/** Tables of plain columns without lines, fitted to a width by shortening or wrapping one column. */

import Table from 'cli-table3';
import { stripVTControlCharacters } from 'node:util';

import type { Style } from './style.js';

export interface TableOptions {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Indexes of columns with numbers, set to the right. */
  readonly right?: readonly number[];
  /** Columns of the terminal. */
  readonly width?: number;
  /** The column that gives way when the table is too wide; the last one by default. */
  readonly flexible?: number;
  /** Break the flexible column into lines instead of cutting it. */
  readonly isWrapped?: boolean;
  readonly style?: Style;
}

type Cell = Table.CellOptions;

const GAP = 2;
const MIN_FLEXIBLE = 12;

const NO_LINES = Object.freeze({
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
});

function naturalWidths(rows: readonly (readonly string[])[], columns: number): number[] {
  const widths = new Array<number>(columns).fill(0);
  for (const row of rows) {
    row.forEach((cell, i) => {
      const cellWidth = Math.max(
        ...stripVTControlCharacters(cell)
          .split('\n')
          .map((line) => line.length),
      );
      widths[i] = Math.max(widths[i] ?? 0, cellWidth);
    });
  }
  return widths;
}

/** The table's lines, without a newline at the end. */
export function renderTable(options: TableOptions): string {
  const { head, rows, right = [], width = Infinity, style } = options;
  const widths = naturalWidths([head, ...rows], head.length);
  const flexible = options.flexible ?? head.length - 1;
  const total = widths.reduce((sum, column) => sum + column + GAP, 0);
  const isTooWide = total > width;
  const last = head.length - 1;
  const colWidths = widths.map((column, i) => {
    const isFlexible = i === flexible && isTooWide;
    const content = isFlexible ? Math.max(MIN_FLEXIBLE, column - (total - width)) : column;
    return content + (i === last ? 0 : GAP);
  });
  const table = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: colWidths.map((column) => Math.max(1, column)),
    wordWrap: isTooWide && options.isWrapped === true,
  });
  // The gap is each cell's right padding, so that it stays between right-aligned numbers too.
  const cells = (row: readonly string[]): Cell[] =>
    row.map((content, i) => ({
      content,
      hAlign: right.includes(i) ? 'right' : 'left',
      style: { 'padding-right': i === last ? 0 : GAP },
    }));
  table.push(cells(head.map((title) => style?.dim(title) ?? title)), ...rows.map(cells));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Lines of `label  value`, labels in one column. */
export function renderPairs(
  pairs: readonly (readonly [label: string, value: string])[],
  style?: Style,
): string {
  const labelWidth = pairs.reduce((most, [label]) => Math.max(most, label.length), 0);
  return pairs
    .map(([label, value]) => {
      const padded = label.padEnd(labelWidth + GAP);
      const lines = value.split('\n');
      return lines
        .map(
          (line, i) =>
            (i === 0 ? (style?.dim(padded) ?? padded) : ' '.repeat(labelWidth + GAP)) + line,
        )
        .join('\n');
    })
    .map((line) => line.trimEnd())
    .join('\n');
}
