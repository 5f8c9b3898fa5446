/** Tests of tables: alignment, fitting a width, no lines, no trailing blanks. */

import { describe, expect, it } from 'vitest';
import {
  createStyle,
  renderPairs,
  renderTable,
  widthOf,
  type TextStream,
} from '../../../lib/report/index.js';

const TABLE = {
  head: ['name', 'size', 'values'],
  rows: [
    ['logits', '10', 'one two three four five six'],
    ['x', '1234', 'a'],
  ],
  right: [1],
};

function terminal(isTTY: boolean, colours: boolean, columns = 80): TextStream {
  return { write: () => true, isTTY, columns, hasColors: () => colours };
}

describe('renderTable', () => {
  it('puts columns under their titles, numbers to the right', () => {
    expect(renderTable(TABLE)).toBe(
      ['name    size  values', 'logits    10  one two three four five six', 'x       1234  a'].join(
        '\n',
      ),
    );
  });

  it('shortens the last column to the width', () => {
    const lines = renderTable({ ...TABLE, width: 30 }).split('\n');
    expect(lines).toHaveLength(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(30);
    expect(lines[1]).toContain('…');
  });

  it('breaks the last column into lines when asked', () => {
    const text = renderTable({ ...TABLE, width: 30, isWrapped: true });
    expect(text.replaceAll(/\s+/gu, ' ')).toContain('one two three four five six');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(30);
  });

  it('takes no rows', () => {
    expect(renderTable({ head: ['a', 'b'], rows: [] })).toBe('a  b');
  });
});

describe('renderPairs', () => {
  it('puts values in one column, further lines below', () => {
    expect(
      renderPairs([
        ['a', '1'],
        ['label', 'x\ny'],
      ]),
    ).toBe('a      1\nlabel  x\n       y');
  });
});

describe('createStyle', () => {
  it('paints on a terminal with colours', () => {
    expect(createStyle(terminal(true, true)).bad('x')).toBe('\u001b[31mx\u001b[39m');
  });

  it.each([
    ['a terminal without colours (NO_COLOR)', terminal(true, false)],
    ['a pipe', terminal(false, true)],
  ])('is plain on %s', (_, stream) => {
    const style = createStyle(stream);
    expect([style.bold('x'), style.dim('x'), style.good('x'), style.warn('x')]).toEqual([
      'x',
      'x',
      'x',
      'x',
    ]);
  });
});

describe('widthOf', () => {
  it('is the columns of a terminal and unlimited elsewhere', () => {
    expect(widthOf(terminal(true, true, 100))).toBe(100);
    expect(widthOf(terminal(false, true))).toBe(Infinity);
  });
});
