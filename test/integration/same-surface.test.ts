/**
 * Every overload, option and misuse of onnxruntime-node's surface, made with both packages: the same results, the same
 * classes of error, the same words. What differs is a row of docs/differences.md.
 */

import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

import * as enginery from 'enginery';
import * as onnxruntime from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runProgram } from '../fixtures/child.js';
import { DIFFERENCES, differenceOf, isSame, type Outcome } from '../fixtures/differences.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { modelPath } from '../fixtures/models.js';
import {
  FOLDER,
  OPTION_SET_CASES,
  OVERLOAD_CASES,
  SESSION_OPTIONS,
  optionCases,
  type Create,
  type CreateCase,
} from '../fixtures/surface-create-cases.js';
import {
  ARGUMENT_CASES,
  LIBRARY_CASES,
  RELEASED_CASES,
  RUN_OPTION_CASES,
  TENSOR_CASES,
  type RunCase,
} from '../fixtures/surface-run-cases.js';
import type { Package, Session } from '../fixtures/surface-values.js';

needsOpenvino();

// The declarations of test/types/drop-in.ts say that this holds; here it is one type for both packages.
const ours = enginery as unknown as Package;
const TWO_IO = modelPath('small/two-io.onnx');

// onnxruntime-node tells on the console which providers it leaves out.
const { warn } = console;
beforeAll(() => {
  console.warn = () => undefined;
});
afterAll(() => {
  console.warn = warn;
  rmSync(FOLDER, { recursive: true, force: true });
});

/** Adds `executionProviders` to the options among the arguments, where there are some that do not name their own. */
function createWith(library: Package, providers?: readonly string[]): Create {
  const { InferenceSession } = library;
  const create = InferenceSession.create.bind(InferenceSession) as Create;
  return async (...args) => {
    const options = args.at(-1);
    const isOptions =
      args.length > 1 &&
      typeof options === 'object' &&
      options !== null &&
      Object.getPrototypeOf(options) === Object.prototype &&
      !('executionProviders' in options);
    if (providers === undefined || !isOptions) return create(...args);
    const added = Object.defineProperties(
      { executionProviders: providers },
      Object.getOwnPropertyDescriptors(options),
    );
    return create(...args.slice(0, -1), added);
  };
}

/** A value as JSON has it, to be compared with the other package's. */
function shown(value: unknown): unknown {
  const text = JSON.stringify(value, (_, one: unknown) => {
    if (!(one instanceof onnxruntime.Tensor)) return one;
    const { type, dims, location } = one as onnxruntime.TypedTensor<'float32'>;
    return { type, dims: [...dims], location, data: Array.from(one.data as Float32Array) };
  }) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as unknown);
}

async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    return { kind: 'value', value: shown(await call()) };
  } catch (error) {
    if (!(error instanceof Error))
      return { kind: 'error', type: typeof error, message: '', code: undefined };
    const type =
      error instanceof TypeError
        ? 'TypeError'
        : error instanceof RangeError
          ? 'RangeError'
          : 'Error';
    const { message } = error;
    return { kind: 'error', type, message, code: 'code' in error && error.code };
  }
}

/** What a session is made of and what it computes. */
async function factsOf(creating: Promise<Session>, library: Package): Promise<unknown> {
  const session = await creating;
  try {
    const feed = (...values: number[]) =>
      new library.Tensor('float32', Float32Array.from(values), [2, 3]);
    const results = await session.run({
      left: feed(1, 2, 3, 4, 5, 6),
      right: feed(6, 5, 4, 3, 2, 1),
    });
    const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
    return { inputNames, outputNames, inputMetadata, outputMetadata, results };
  } finally {
    await session.release();
  }
}

const seen = new Set<string>();

/** The differences that nobody has written down. */
function unexplained(name: string, theirs: Outcome, mine: Outcome): unknown[] {
  if (isSame(theirs, mine)) return [];
  const difference = differenceOf(name, theirs, mine);
  if (difference === undefined) return [{ name, theirs, ours: mine }];
  seen.add(difference);
  return [];
}

async function compareCreations(
  cases: readonly CreateCase[],
  providers: readonly string[],
): Promise<void> {
  const found: unknown[] = [];
  for (const { name, call } of cases) {
    const theirs = await outcomeOf(() => factsOf(call(createWith(onnxruntime)), onnxruntime));
    const mine = await outcomeOf(() => factsOf(call(createWith(ours, providers)), ours));
    found.push(...unexplained(name, theirs, mine));
  }
  expect(found).toEqual([]);
}

async function compareRuns(
  cases: readonly RunCase[],
  theirs: Session,
  mine: Session,
): Promise<void> {
  const found: unknown[] = [];
  for (const { name, call } of cases) {
    const their = await outcomeOf(() => call(theirs, onnxruntime));
    const our = await outcomeOf(() => call(mine, ours));
    found.push(...unexplained(name, their, our));
  }
  expect(found).toEqual([]);
}

describe.each(['openvino', 'cpu'])('with provider %s', (provider) => {
  it.each(SESSION_OPTIONS)(
    'create treats session option %s as onnxruntime-node does',
    async (option) => {
      // What OpenVINO has no meaning for, ONNX Runtime serves.
      await compareCreations(optionCases(option), [provider, 'cpu']);
    },
  );

  it('create treats options that stand together as onnxruntime-node does', async () => {
    await compareCreations(OPTION_SET_CASES, [provider, 'cpu']);
  });

  it('create reads its arguments as onnxruntime-node does', async () => {
    await compareCreations(OVERLOAD_CASES, [provider]);
  });

  it('sessions live as onnxruntime-node’s do', async () => {
    const found: unknown[] = [];
    for (const { name, call } of LIBRARY_CASES) {
      const theirs = await outcomeOf(() => call(createWith(onnxruntime), onnxruntime));
      const mine = await outcomeOf(() => call(createWith(ours, [provider]), ours));
      found.push(...unexplained(name, theirs, mine));
    }
    expect(found).toEqual([]);
  });

  describe('a session', () => {
    let theirs: Session;
    let mine: Session;
    beforeAll(async () => {
      theirs = await onnxruntime.InferenceSession.create(TWO_IO);
      mine = await createWith(ours, [provider])(TWO_IO, { strict: true });
    });
    afterAll(async () => {
      await theirs.release();
      await mine.release();
    });

    it('reads the arguments of run as onnxruntime-node does', async () => {
      await compareRuns(ARGUMENT_CASES, theirs, mine);
    });

    it('treats run options as onnxruntime-node does', async () => {
      await compareRuns(RUN_OPTION_CASES, theirs, mine);
    });

    it('takes and fills tensors as onnxruntime-node does', async () => {
      await compareRuns(TENSOR_CASES, theirs, mine);
    });

    it('that is released answers as onnxruntime-node’s does', async () => {
      const [other, own] = [
        await onnxruntime.InferenceSession.create(TWO_IO),
        await createWith(ours, [provider])(TWO_IO, { strict: true }),
      ];
      await other.release();
      await own.release();
      await compareRuns(RELEASED_CASES, other, own);
    });
  });
});

describe('what ends the process of onnxruntime-node', () => {
  const program = (library: string): string => `
    import { createRequire } from 'node:module';
    const library = createRequire(${JSON.stringify(import.meta.url)})(${JSON.stringify(library)});
    const extra = {};
    extra.extra = extra;
    await library.InferenceSession.create(${JSON.stringify(TWO_IO)}, { extra }).catch((error) => {
      console.log(JSON.stringify({ kind: 'error', type: error.constructor.name, message: error.message, code: error.code }));
    });
  `;
  const outcomeIn = async (library: string): Promise<Outcome> => {
    const { code, signal, stdout } = await runProgram(program(library));
    if (code !== 0)
      return { kind: 'error', type: 'none', message: `process ended: ${signal ?? code}`, code };
    return JSON.parse(stdout) as Outcome;
  };

  it('is an error here: extra that holds itself', async () => {
    const [theirs, mine] = await Promise.all([
      outcomeIn('onnxruntime-node'),
      outcomeIn('enginery'),
    ]);
    expect(unexplained('extra that holds itself', theirs, mine)).toEqual([]);
    expect(mine).toMatchObject({ type: 'TypeError' });
  });
});

describe('docs/differences.md', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/differences.md'), 'utf8');
  const [list = ''] = text.split('## ');
  const rows = Array.from(list.matchAll(/^\| `([\w-]+)` +\|/gm), (match) => match[1] ?? '');

  it('has a row for each difference that is known, and no other', () => {
    expect(rows).toEqual(Object.keys(DIFFERENCES));
  });

  it('has only differences that were seen', () => {
    expect([...seen].sort()).toEqual(Object.keys(DIFFERENCES).sort());
  });
});
