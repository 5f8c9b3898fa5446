/** The arguments of `npm run bench`. */

import { parseArgs } from 'node:util';
import { CONTESTANTS, type ContestantName } from './contestant.js';
import { USUAL_MODELS } from './subjects.js';

export interface BenchOptions {
  readonly models: readonly string[];
  readonly contestants: readonly ContestantName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly json: string | undefined;
  /** A run with every default: what docs/benchmarks.md is written from. */
  readonly isComplete: boolean;
}

export const HELP = `npm run bench -- [options]

Measures onnxruntime-node, enginery and OpenVINO's own loop side by side; about ten minutes.

  --models a,b        names of build/models or models/small, or paths (${USUAL_MODELS.join(', ')})
  --contestants a,b   of ${CONTESTANTS.join(', ')} (all)
  --rounds n          rounds; ratios are medians over them (9)
  --seconds s         time of each contestant in each round (0.7)
  --quick             3 rounds of 0.2 s
  --json file         where the results go (build/bench/<date>.json)
  --help

A run with none of these also writes docs/benchmarks.md. A file <model>.int8.onnx beside <model>.onnx is measured too.
`;

function positive(text: string, name: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new RangeError(`expected a number above 0 for --${name}, got ${text}`);
  return value;
}

function contestantsFrom(text: string): readonly ContestantName[] {
  const names = text.split(',');
  const unknown = names.find((name) => !CONTESTANTS.some((known) => known === name));
  if (unknown !== undefined) {
    throw new TypeError(`expected names of ${CONTESTANTS.join(', ')}, got ${unknown}`);
  }
  return CONTESTANTS.filter((name) => names.includes(name));
}

/** Undefined: help was asked for. */
export function optionsFrom(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      models: { type: 'string' },
      contestants: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { models, contestants, rounds, seconds, quick, json } = values;
  return {
    models: models?.split(',') ?? USUAL_MODELS,
    contestants: contestants === undefined ? CONTESTANTS : contestantsFrom(contestants),
    rounds: Math.ceil(positive(rounds ?? (quick ? '3' : '9'), 'rounds')),
    seconds: positive(seconds ?? (quick ? '0.2' : '0.7'), 'seconds'),
    json,
    isComplete: args.length === 0,
  };
}
