/** One line that tells what goes on: a spinner on a terminal, a line per step elsewhere, nothing when quiet. */

import type { TextStream } from './style.js';

export interface Progress {
  /** Tells the step that goes on. */
  update(text: string): void;
  /** Ends the line; `text` stays visible. */
  finish(text?: string): void;
}

const SILENT: Progress = { update: () => undefined, finish: () => undefined };

function plainProgress(stream: TextStream): Progress {
  let shown = '';
  return {
    update: (text) => {
      // Percentages change many times a second; a log wants one line per step.
      const step = text.replace(/\s*\d+(?:\.\d+)?\s*%.*$/u, '');
      if (step === shown) return;
      shown = step;
      stream.write(`${step}\n`);
    },
    finish: (text) => {
      if (text !== undefined) stream.write(`${text}\n`);
    },
  };
}

/** The progress line on `stream`. The spinner's package is loaded only where a spinner is drawn. */
export async function createProgress(
  stream: TextStream & NodeJS.WritableStream,
  isQuiet = false,
): Promise<Progress> {
  if (isQuiet) return SILENT;
  // A terminal without columns (docker -t, expect) makes the spinner clear lines for ever.
  if (stream.isTTY !== true || !((stream.columns ?? 0) > 0)) return plainProgress(stream);
  const { default: ora } = await import('ora');
  // Our own SIGINT handler aborts the work; ora must neither swallow the key nor exit by itself.
  const spinner = ora({ stream, discardStdin: false, hideCursor: true });
  return {
    update: (text) => {
      if (spinner.isSpinning) spinner.text = text;
      else spinner.start(text);
    },
    finish: (text) => {
      if (text === undefined) spinner.stop();
      else spinner.succeed(text);
    },
  };
}
