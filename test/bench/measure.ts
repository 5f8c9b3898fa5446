/** The rounds: contestants of one model side by side, one active at a time, in an order that turns from round to round. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withContestants, type Contestant, type ContestantName } from './contestant.js';
import type { LoadAnswer, MeasureAnswer } from './protocol.js';
import type { Cell, EventLoopCell, HandOver, LoadCell, Mode } from './results.js';
import type { Subject, Variant } from './subjects.js';

export interface MeasureOptions {
  readonly contestants: readonly ContestantName[];
  readonly rounds: number;
  /** How long each contestant has the machine for itself in a round. */
  readonly seconds: number;
  readonly threads: number | undefined;
  /** Tells what goes on. */
  readonly update: (text: string) => void;
  /** Told what is left out and why. */
  readonly leaveOut: (reason: string) => void;
}

const MODES = ['latency', 'throughput'] as const satisfies readonly Mode[];
/** Runs in flight where the contestant with a pool of its own does not take part: twice two streams. */
const USUAL_IN_FLIGHT = 4;
/** Where no bar asks for a narrow ratio: load times, event-loop delays, and the contestant that is there for information. */
const FEW_ROUNDS = 3;
const FOR_INFORMATION: ContestantName = 'enginery-cpu';

/** `items`, beginning with another one in each round. */
function rotated<T>(items: readonly T[], round: number): readonly T[] {
  const first = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** Collects samples by contestant. */
class Collected<T> {
  readonly samples: Partial<Record<ContestantName, T[]>> = {};

  add(name: ContestantName, sample: T): void {
    (this.samples[name] ??= []).push(sample);
  }
}

function sessionName(variant: Variant, mode: Mode): string {
  return `${variant}-${mode}`;
}

function loadRequest(
  subject: Subject,
  file: string,
  hint: Mode,
  { threads }: MeasureOptions,
): Omit<Parameters<Contestant['load']>[0], 'session'> {
  return {
    model: file,
    overrides: subject.sizes,
    feeds: subject.feeds,
    hint,
    ...(threads === undefined ? {} : { threads }),
  };
}

/** Load time and memory, each of a process that does nothing else. */
export async function measureLoads(
  subject: Subject,
  options: MeasureOptions,
): Promise<readonly LoadCell[]> {
  const cells: LoadCell[] = [];
  for (const [variant, file] of subject.files) {
    const collected = new Collected<LoadAnswer>();
    const failed = new Set<ContestantName>();
    for (let round = 0; round < Math.min(FEW_ROUNDS, options.rounds); round++) {
      for (const name of rotated(options.contestants, round)) {
        if (failed.has(name)) continue;
        options.update(`${subject.name} ${variant}: loading, ${name}, process ${round + 1}`);
        try {
          const answer = await withContestants([name], async ([contestant]) =>
            contestant?.load({
              session: 'only',
              ...loadRequest(subject, file, 'latency', options),
            }),
          );
          if (answer !== undefined) collected.add(name, answer);
        } catch (error) {
          // One contestant that cannot run a model must not end the others' run; the report names it.
          failed.add(name);
          options.leaveOut(`${name} on ${subject.name} ${variant}: ${String(error)}`);
        }
      }
    }
    cells.push({ model: subject.name, variant, samples: collected.samples });
  }
  return cells;
}

/** Latency and throughput of every file of a subject, by those contestants that could load it (`canRun`). */
export async function measureSpeed(
  subject: Subject,
  canRun: (name: ContestantName, variant: Variant) => boolean,
  options: MeasureOptions,
): Promise<readonly Cell[]> {
  return withContestants(options.contestants, async (contestants) => {
    const variants = [...subject.files.keys()];
    let inFlight = USUAL_IN_FLIGHT;
    for (const contestant of contestants) {
      for (const [variant, file] of subject.files) {
        if (!canRun(contestant.name, variant)) continue;
        for (const mode of MODES) {
          options.update(`${subject.name} ${variant}: preparing ${contestant.name}`);
          const session = sessionName(variant, mode);
          const request = loadRequest(subject, file, mode, options);
          const { requests } = await contestant.load({ session, ...request });
          if (mode === 'throughput' && requests !== undefined) inFlight = requests;
        }
      }
    }
    const cells = variants.flatMap((variant) =>
      MODES.map((mode) => ({
        model: subject.name,
        variant,
        mode,
        inFlight: mode === 'latency' ? 1 : inFlight,
        collected: new Collected<MeasureAnswer>(),
      })),
    );
    for (let round = 0; round < options.rounds; round++) {
      for (const [i, cell] of cells.entries()) {
        options.update(
          `${subject.name} ${cell.variant}: ${cell.mode}, round ${round + 1} of ${options.rounds}`,
        );
        for (const contestant of rotated(contestants, round + i)) {
          if (!canRun(contestant.name, cell.variant)) continue;
          if (contestant.name === FOR_INFORMATION && round >= FEW_ROUNDS) continue;
          const answer = await contestant.measure({
            session: sessionName(cell.variant, cell.mode),
            inFlight: cell.inFlight,
            seconds: options.seconds,
          });
          cell.collected.add(contestant.name, answer);
        }
      }
    }
    return cells.map(({ collected, ...cell }) => ({ ...cell, samples: collected.samples }));
  });
}

/** How late the event loop turns while runs are in flight. */
export async function measureEventLoop(
  subject: Subject,
  options: MeasureOptions,
): Promise<EventLoopCell> {
  const names = options.contestants.filter((name) => name !== 'openvino-python');
  const collected = new Collected<MeasureAnswer>();
  const inputBytes = subject.feeds.reduce((sum, feed) => sum + byteLength(feed.dims), 0);
  await withContestants(names, async (contestants) => {
    for (const contestant of contestants) {
      const file = subject.files.get('fp32') ?? '';
      const request = loadRequest(subject, file, 'throughput', options);
      await contestant.load({ session: 'only', ...request });
    }
    for (let round = 0; round < Math.min(FEW_ROUNDS, options.rounds); round++) {
      for (const contestant of rotated(contestants, round)) {
        options.update(`${subject.name}: event-loop delay, ${contestant.name}`);
        const answer = await contestant.measure({
          session: 'only',
          inFlight: USUAL_IN_FLIGHT,
          // A maximum wants more than the few runs of a round.
          seconds: Math.min(options.seconds * 3, 2),
          watchesEventLoop: true,
        });
        collected.add(contestant.name, answer);
      }
    }
  });
  return {
    model: subject.name,
    inFlight: USUAL_IN_FLIGHT,
    inputBytes,
    samples: collected.samples,
  };
}

/** All inputs of the models that are watched are float32. */
function byteLength(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 4);
}

/** The tiny model inline and on the runtime's thread, beside the bare round trip that `wakeUpProgram` measures. */
export async function measureHandOver(
  subject: Subject,
  wakeUpProgram: string,
  options: MeasureOptions,
): Promise<HandOver> {
  const wakeUpUs: number[] = [];
  const asynchronousUs: number[] = [];
  const inlineUs: number[] = [];
  await withContestants(['enginery'], async ([contestant]) => {
    if (contestant === undefined) return;
    const request = loadRequest(subject, subject.files.get('fp32') ?? '', 'latency', options);
    await contestant.load({ session: 'asynchronous', ...request, inlineBelowUs: 0 });
    await contestant.load({ session: 'inline', ...request, inlineBelowUs: 1_000_000 });
    const p50Us = async (session: string): Promise<number> => {
      const { seconds } = options;
      return (await contestant.measure({ session, inFlight: 1, seconds })).p50Ms * 1000;
    };
    const steps = [
      async () => wakeUpUs.push(await bareWakeUpUs(wakeUpProgram, options.seconds)),
      async () => asynchronousUs.push(await p50Us('asynchronous')),
      async () => inlineUs.push(await p50Us('inline')),
    ];
    for (let round = 0; round < options.rounds; round++) {
      options.update(`hand-over between threads, round ${round + 1} of ${options.rounds}`);
      for (const step of rotated(steps, round)) await step();
    }
  });
  return { wakeUpUs, asynchronousUs, inlineUs };
}

async function bareWakeUpUs(program: string, seconds: number): Promise<number> {
  const { stdout } = await promisify(execFile)(program, [String(seconds)]);
  return Number(stdout);
}
