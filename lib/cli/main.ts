#!/usr/bin/env node
/** The `enginery` command: signals, exit codes and failures around the program of commands. */

import { CommanderError } from 'commander';

import { exitCodeFromError } from '../common/index.js';
import { createStyle } from '../report/index.js';
import { failureText } from './failure.js';
import { createOutput } from './output.js';
import { createProgram } from './program.js';

const USAGE_EXIT = 2;
const INTERRUPT_EXIT = 130;

/** Ctrl-C asks the work to stop; a second one does not wait for it. */
function abortOnSignals(controller: AbortController): void {
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPT_EXIT);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

/** `enginery run ... | head` closes the pipe when it has enough: that is no failure. */
function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
}

/** Warnings as one plain line; Node's own listener prints the process id and a hint for developers. */
function printWarningsPlainly(isJson: boolean): void {
  process.removeAllListeners('warning');
  const style = createStyle(process.stderr);
  process.on('warning', ({ name, message }) => {
    // The text of run and inspect has a line for fallbacks: saying it twice on one screen helps nobody.
    if (!isJson && name === 'EngineryWarning' && message.startsWith("provider '")) return;
    process.stderr.write(`${style.warn('warning')} ${message}\n`);
  });
}

async function main(argv: readonly string[]): Promise<void> {
  endOnClosedPipe();
  printWarningsPlainly(argv.includes('--json'));
  const controller = new AbortController();
  abortOnSignals(controller);
  const program = createProgram(createOutput(controller.signal));
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its message; help and version asked for are no failure.
      process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT;
      return;
    }
    const isVerbose = argv.includes('--verbose');
    process.stderr.write(`${failureText(error, createStyle(process.stderr), isVerbose)}\n`);
    process.exitCode = exitCodeFromError(error);
  }
}

void main(process.argv);
