/** Colour and width of a terminal: plain text wherever the stream is no terminal or the user asked for no colour. */

import { styleText } from 'node:util';

/** What is asked of an output stream; process.stdout and process.stderr have it. */
export interface TextStream {
  write(text: string): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(count?: number): boolean;
}

/** Emphasis that turns into plain text where there is no colour. */
export interface Style {
  readonly hasColour: boolean;
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

/** The style for `stream`. Node's own colour test honours NO_COLOR, NODE_DISABLE_COLORS and TERM=dumb. */
export function createStyle(stream: TextStream): Style {
  const hasColour = stream.isTTY === true && stream.hasColors?.() === true;
  const painter =
    (format: Format) =>
    (text: string): string =>
      // The stream was checked above; styleText would check process.stdout instead.
      hasColour ? styleText(format, text, { validateStream: false }) : text;
  return {
    hasColour,
    bold: painter('bold'),
    dim: painter('dim'),
    good: painter('green'),
    warn: painter('yellow'),
    bad: painter('red'),
  };
}

/** Columns to fit in: the terminal's, or unlimited where the text goes to a file or a pipe. */
export function widthOf(stream: TextStream): number {
  return stream.isTTY === true && stream.columns !== undefined && stream.columns >= 40
    ? stream.columns
    : Infinity;
}
