/** The side of a contestant that is the same for every package in Node.js: reads requests, keeps sessions, applies load. */

import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { applyLoad } from '../../../lib/bench/index.js';
import { arrayOver, isDtype, type NumericDtype } from '../../../lib/common/index.js';
import type {
  Answer,
  FeedFile,
  LoadAnswer,
  LoadRequest,
  MeasureAnswer,
  MeasureRequest,
  Request,
} from '../protocol.js';

/** The values of an input as the packages' Tensor takes them. */
export interface Feed {
  readonly name: string;
  readonly type: NumericDtype;
  readonly dims: readonly number[];
  readonly data: ReturnType<typeof arrayOver>;
}

export interface OpenedModel {
  readonly run: () => Promise<unknown>;
  readonly runtime: string;
  readonly requests?: number;
}

/** Loads the package when it is first called: that time is part of the load time. */
export type OpenModel = (request: LoadRequest, feeds: readonly Feed[]) => Promise<OpenedModel>;

/** A share of the time before the figures count: the caches are another contestant's. */
const WARM_UP_SHARE = 0.1;

function readFeed({ name, type, dims, file }: FeedFile): Feed {
  if (!isDtype(type) || type === 'string') throw new Error(`no feeds of type ${type}`);
  const bytes = readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return { name, type, dims, data: arrayOver(type, buffer) };
}

async function load(
  open: OpenModel,
  request: LoadRequest,
): Promise<readonly [OpenedModel, LoadAnswer]> {
  const feeds = request.feeds.map(readFeed);
  const startMs = performance.now();
  const opened = await open(request, feeds);
  await opened.run();
  const loadMs = performance.now() - startMs;
  const { runtime, requests } = opened;
  const rssBytes = process.memoryUsage.rss();
  const answer = { loadMs, rssBytes, runtime, ...(requests === undefined ? {} : { requests }) };
  return [opened, answer];
}

async function measure(
  { run }: OpenedModel,
  { inFlight, seconds, watchesEventLoop = false }: MeasureRequest,
): Promise<MeasureAnswer> {
  await applyLoad(run, { inFlight, seconds: seconds * WARM_UP_SHARE });
  if (!watchesEventLoop) return applyLoad(run, { inFlight, seconds });
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const figures = await applyLoad(run, { inFlight, seconds });
  delays.disable();
  return { ...figures, delayP99Ms: delays.percentile(99) / 1e6, delayMaxMs: delays.max / 1e6 };
}

/** Answers the requests on standard input until it ends. */
export async function answerRequests(open: OpenModel): Promise<void> {
  const sessions = new Map<string, OpenedModel>();
  const answerTo = async (request: Request): Promise<Answer> => {
    if (request.command === 'load') {
      const [opened, answer] = await load(open, request);
      sessions.set(request.session, opened);
      return answer;
    }
    const opened = sessions.get(request.session);
    if (opened === undefined) throw new Error(`session ${request.session} is not loaded`);
    return measure(opened, request);
  };
  for await (const line of createInterface({ input: process.stdin })) {
    let answer: Answer;
    try {
      // The parent is this program's other half (protocol.ts).
      answer = await answerTo(JSON.parse(line) as Request);
    } catch (error) {
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  // Sessions are not released: the process ends.
  process.exit();
}
