/** `npm run bench`: measures, prints the tables and the verdicts, writes the JSON and docs/benchmarks.md. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createProgress, widthOf } from '../../lib/report/index.js';
import { judge } from './bars.js';
import { lackOf, root } from './contestant.js';
import { documentOf, type RunInfo } from './document.js';
import { thisMachine, threadsByQuota } from './machine.js';
import {
  measureEventLoop,
  measureHandOver,
  measureLoads,
  measureSpeed,
  type MeasureOptions,
} from './measure.js';
import { HELP, optionsFrom, type BenchOptions } from './options.js';
import type { Cell, EventLoopCell, HandOver, LoadCell, Results } from './results.js';
import { subjectOf } from './subjects.js';
import { tablesOf, terminalText } from './tables.js';

const folder = join(root, 'build', 'bench');
/** Built by `node scripts/native.mjs bench`. */
const wakeUpProgram = join(folder, 'native', 'wake_up');
/** The model beside which others are too long to tell the cost of a call, and those whose event loop is watched. */
const TINY_MODEL = 'add';
const WATCHED_MODELS = [
  ['resnet-50', 'resnet-50'],
  ['add', 'large-input'],
] as const;

async function measureAll(options: BenchOptions, measureOptions: MeasureOptions): Promise<Results> {
  const feeds = join(folder, 'feeds');
  const cells: Cell[] = [];
  const loads: LoadCell[] = [];
  const eventLoop: EventLoopCell[] = [];
  const leftOut: string[] = [];
  let handOver: HandOver | undefined;
  const given: MeasureOptions = {
    ...measureOptions,
    leaveOut: (reason) => {
      leftOut.push(reason);
      measureOptions.leaveOut(reason);
    },
  };
  for (const name of options.models) {
    const subject = await subjectOf(name, feeds);
    const loaded = await measureLoads(subject, given);
    loads.push(...loaded);
    const samplesOf = new Map(loaded.map((cell) => [cell.variant, cell.samples]));
    const canRun: Parameters<typeof measureSpeed>[1] = (contestant, variant) =>
      samplesOf.get(variant)?.[contestant] !== undefined;
    cells.push(...(await measureSpeed(subject, canRun, given)));
    if (name === TINY_MODEL && options.contestants.includes('enginery')) {
      handOver = await measureHandOver(subject, wakeUpProgram, given);
    }
    for (const [beside, watched] of WATCHED_MODELS) {
      if (beside !== name) continue;
      eventLoop.push(await measureEventLoop(await subjectOf(watched, feeds), given));
    }
  }
  return { cells, loads, eventLoop, handOver, leftOut };
}

/** What computed, by the contestants' own words. */
function runtimesOf(results: Results): readonly string[] {
  const names = results.loads.flatMap(({ samples }) =>
    Object.values(samples).flatMap((answers) => answers.map(({ runtime }) => runtime.trim())),
  );
  return [...new Set(names)];
}

async function main(): Promise<void> {
  const options = optionsFrom(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const machine = thisMachine();
  const date = new Date().toISOString();
  const progress = await createProgress(process.stderr);
  const lacks = options.contestants.map(lackOf).filter((lack) => lack !== undefined);
  for (const lack of lacks) process.stderr.write(`bench: left out: ${lack}\n`);
  const measured = await measureAll(options, {
    contestants: options.contestants.filter((name) => lackOf(name) === undefined),
    rounds: options.rounds,
    seconds: options.seconds,
    threads: threadsByQuota(),
    update: (text) => {
      progress.update(text);
    },
    leaveOut: (reason) => process.stderr.write(`bench: left out: ${reason}\n`),
  });
  progress.finish();
  const results = { ...measured, leftOut: [...lacks, ...measured.leftOut] };

  const command = ['npm run bench', ...process.argv.slice(2)]
    .join(' ')
    .replace('bench ', 'bench -- ');
  const runtimes = runtimesOf(results);
  const info: RunInfo = { date, command, machine, runtimes, leftOut: results.leftOut };
  const tables = tablesOf(results);
  process.stdout.write(`${terminalText(tables, widthOf(process.stdout))}\n`);
  const json = resolve(options.json ?? join(folder, `${date.replaceAll(':', '-')}.json`));
  mkdirSync(dirname(json), { recursive: true });
  const { rounds, seconds, contestants } = options;
  const record = { ...info, rounds, seconds, contestants, bars: judge(results), ...results };
  writeFileSync(json, `${JSON.stringify(record, undefined, 1)}\n`);
  process.stdout.write(`bench: wrote ${json}\n`);
  if (!options.isComplete) return;
  const document = join(root, 'docs', 'benchmarks.md');
  writeFileSync(document, await documentOf(info, tables, document));
  process.stdout.write(`bench: wrote ${document}\n`);
}

await main();
