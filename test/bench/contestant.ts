/** A contestant: a process of its own that lives through all rounds of a model and does one thing at a time. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type {
  Answer,
  LoadAnswer,
  LoadRequest,
  MeasureAnswer,
  MeasureRequest,
  Request,
} from './protocol.js';

/** Who takes part; the order is that of the tables. */
export const CONTESTANTS = [
  'onnxruntime-node',
  'enginery',
  'enginery-cpu',
  'openvino-python',
] as const;

export type ContestantName = (typeof CONTESTANTS)[number];

// build/tools/test/bench -> the repository.
export const root = join(import.meta.dirname, '../../../..');

const deps = join(root, 'build', 'deps');
/** A contestant that does not answer for so long (loading included) hangs. */
const ANSWER_LIMIT_MS = 120_000;
/** What one needs to end when it is asked to. */
const END_LIMIT_MS = 5000;
/** What `node scripts/deps.mjs bench` brings. */
const pythonPath = ['openvino-python', 'numpy'].map((name) => join(deps, name));

/** Why the contestant cannot take part here, with what helps, or undefined. */
export function lackOf(name: ContestantName): string | undefined {
  if (name !== 'openvino-python' || pythonPath.every((folder) => existsSync(folder))) {
    return undefined;
  }
  return (
    "the vendor's own loop needs Python 3.11 to 3.14 with pip (apt-get install -y python3 python3-pip) and what " +
    '`node scripts/deps.mjs bench` brings'
  );
}

function commandOf(name: ContestantName): readonly [program: string, ...args: string[]] {
  const compiled = (file: string): string => join(import.meta.dirname, 'contestants', file);
  switch (name) {
    case 'onnxruntime-node':
      return [process.execPath, compiled('onnxruntime-node.js')];
    case 'enginery':
      return [process.execPath, compiled('enginery.js'), 'openvino'];
    case 'enginery-cpu':
      return [process.execPath, compiled('enginery.js'), 'cpu'];
    case 'openvino-python':
      return ['python3', join(root, 'test/bench/contestants/async_infer_queue.py')];
  }
}

export class Contestant {
  readonly name: ContestantName;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  #said = '';

  constructor(name: ContestantName) {
    this.name = name;
    const [program, ...args] = commandOf(name);
    this.#child = spawn(program, args, {
      env: { ...process.env, PYTHONPATH: pythonPath.join(':'), NODE_OPTIONS: '' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A program that does not start says so by ending its output.
    this.#child.on('error', (error) => {
      this.#said += error.message;
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async load(request: Omit<LoadRequest, 'command'>): Promise<LoadAnswer> {
    // The answer's type goes with the request's (protocol.ts).
    return (await this.#ask({ command: 'load', ...request })) as LoadAnswer;
  }

  async measure(request: Omit<MeasureRequest, 'command'>): Promise<MeasureAnswer> {
    // The answer's type goes with the request's (protocol.ts).
    return (await this.#ask({ command: 'measure', ...request })) as MeasureAnswer;
  }

  async #ask(request: Request): Promise<Exclude<Answer, { readonly error: string }>> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_LIMIT_MS);
    const line = await this.#lines.next();
    clearTimeout(timer);
    if (line.done === true) {
      throw new Error(`${this.name} ended without an answer: ${this.#said.trim()}`);
    }
    // The contestant is this program's other half (protocol.ts).
    const answer = JSON.parse(line.value) as Answer;
    if ('error' in answer) throw new Error(`${this.name}: ${answer.error}`);
    return answer;
  }

  /** Ends the process and waits until its memory is free. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
    await ended;
    clearTimeout(timer);
  }
}

/** Starts contestants, lets `use` work with them and ends them, whatever happens. */
export async function withContestants<T>(
  names: readonly ContestantName[],
  use: (contestants: readonly Contestant[]) => Promise<T>,
): Promise<T> {
  const contestants = names.map((name) => new Contestant(name));
  try {
    return await use(contestants);
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.end()));
  }
}
