/** Where a command writes: results to stdout, everything else to stderr, in colour only where it helps. */

import {
  createProgress,
  createStyle,
  widthOf,
  type Progress,
  type Style,
} from '../report/index.js';

/** What every command is given. */
export interface Output {
  /** Style of what is printed to stdout. */
  readonly style: Style;
  /** Columns of stdout; Infinity when it is no terminal. */
  readonly width: number;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** A line or a block of the result. */
  print(text: string): void;
  printJson(value: unknown): void;
  /** A remark that is no part of the result. */
  note(text: string): void;
  progress(isQuiet: boolean): Promise<Progress>;
}

/** Output to the process's own streams. */
export function createOutput(signal: AbortSignal): Output {
  return {
    style: createStyle(process.stdout),
    width: widthOf(process.stdout),
    signal,
    print: (text) => process.stdout.write(`${text}\n`),
    printJson: (value) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    note: (text) => process.stderr.write(`${text}\n`),
    progress: (isQuiet) => createProgress(process.stderr, isQuiet),
  };
}
