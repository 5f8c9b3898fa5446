/** The same misuse of both packages: the same class of error, in the same words, and ours with a code. */

import { readFileSync } from 'node:fs';

import { InferenceSession, Tensor } from 'enginery';
import * as onnxruntime from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { failureOf, float32, needsOpenvino } from '../fixtures/engines.js';
import { modelPath } from '../fixtures/models.js';

needsOpenvino();

type Call = (...args: unknown[]) => Promise<unknown>;
/** A class whose arguments are not checked: misuse is what is tested. */
interface Creator {
  create(...args: unknown[]): Promise<unknown>;
}

const ADD = modelPath('small/add.onnx');
const bytes = new Uint8Array(readFileSync(ADD));
const { length } = bytes;
const a = float32([1, 16]);
const good = { a, b: a };

const ourCreate: Call = async (...args) => (InferenceSession as unknown as Creator).create(...args);
const theirCreate: Call = async (...args) =>
  (onnxruntime.InferenceSession as unknown as Creator).create(...args);

/** The kinds of error that JavaScript tells apart. */
function kindOf(error: Error): string {
  if (error instanceof TypeError) return 'TypeError';
  return error instanceof RangeError ? 'RangeError' : 'Error';
}

async function expectSame(
  ours: Promise<unknown>,
  theirs: Promise<unknown>,
  words: RegExp,
): Promise<void> {
  // Waited for together: a rejection that nobody waits for ends the process.
  const [our, their] = await Promise.all([failureOf(ours), failureOf(theirs)]);
  expect(kindOf(our)).toBe(kindOf(their));
  expect(their.message).toMatch(words);
  expect(our.message).toMatch(words);
  expect(our.code).toMatch(/^ERR_ENGINERY_/);
}

const OPTIONS = /'options' must be an object\./;
const OFFSET = /'byteOffset' is out of range \[0, 112\)\./;

const CREATE: readonly (readonly [string, readonly unknown[], RegExp])[] = [
  ['no argument', [], /Unexpected argument\[0\]: must be 'path' or 'buffer'\./],
  ...[null, 5, {}, [1, 2], new Float32Array(4), new DataView(bytes.buffer)].map(
    (argument) =>
      [
        `${Object.prototype.toString.call(argument)} as the model`,
        [argument],
        /Unexpected argument\[0\]: must be 'path' or 'buffer'\./,
      ] as const,
  ),
  ['a path and null', [ADD, null], OPTIONS],
  ['a path and a number', [ADD, 5], OPTIONS],
  ['a path and a string', [ADD, 'cpu'], OPTIONS],
  ['bytes and null', [bytes, null], OPTIONS],
  ['bytes and a number', [bytes, 0], OPTIONS],
  ['a buffer and null', [bytes.buffer, null], OPTIONS],
  ['a buffer and a string', [bytes.buffer, 'cpu'], OPTIONS],
  ['a broken offset', [bytes.buffer, 1.5], /'byteOffset' must be an integer\./],
  ['NaN as offset', [bytes.buffer, NaN], /'byteOffset' must be an integer\./],
  ['a negative offset', [bytes.buffer, -1], OFFSET],
  ['an offset at the end', [bytes.buffer, length], OFFSET],
  ['a length of zero', [bytes.buffer, 0, 0], /'byteLength' is out of range \(0, 112\]\./],
  ['a broken length', [bytes.buffer, 0, 1.5], /'byteLength' must be an integer\./],
  ['a length beyond the end', [bytes.buffer, 0, length + 1], /'byteLength' is out of range/],
  ['a length that is a string', [bytes.buffer, 0, '5'], /'byteLength' must be a number\./],
  ['a range and null', [bytes.buffer, 0, length, null], OPTIONS],
  ['a range and a number', [bytes.buffer, 0, length, 5], OPTIONS],
  ['no such file', ['/nowhere/model.onnx'], /Load model from .* failed.*File doesn't exist/],
  ['an empty path', [''], /Load model from .* failed.*File doesn't exist/],
  [
    'bytes that are no model',
    [new Uint8Array(100).fill(7)],
    /Failed to load model because protobuf parsing failed\./,
  ],
];

const SESSION_OPTIONS: readonly (readonly [string, object, RegExp])[] = [
  [
    'intraOpNumThreads "2"',
    { intraOpNumThreads: '2' },
    /sessionOptions\.intraOpNumThreads must be a number\./,
  ],
  ['intraOpNumThreads -1', { intraOpNumThreads: -1 }, /'intraOpNumThreads' is invalid: -1/],
  ['intraOpNumThreads 1.5', { intraOpNumThreads: 1.5 }, /'intraOpNumThreads' is invalid: 1.5/],
  ['intraOpNumThreads NaN', { intraOpNumThreads: NaN }, /'intraOpNumThreads' is invalid: nan/i],
  [
    'interOpNumThreads "2"',
    { interOpNumThreads: '2' },
    /sessionOptions\.interOpNumThreads must be a number\./,
  ],
  [
    'graphOptimizationLevel "most"',
    { graphOptimizationLevel: 'most' },
    /'graphOptimizationLevel' is not supported: most/,
  ],
  [
    'graphOptimizationLevel 3',
    { graphOptimizationLevel: 3 },
    /sessionOptions\.graphOptimizationLevel must be a string\./,
  ],
  [
    'enableCpuMemArena 1',
    { enableCpuMemArena: 1 },
    /sessionOptions\.enableCpuMemArena must be a boolean value\./,
  ],
  [
    'enableMemPattern "x"',
    { enableMemPattern: 'x' },
    /sessionOptions\.enableMemPattern must be a boolean value\./,
  ],
  ['executionMode "fast"', { executionMode: 'fast' }, /'executionMode' is not supported: fast/],
  ['executionMode 1', { executionMode: 1 }, /sessionOptions\.executionMode must be a string\./],
  ['logId 5', { logId: 5 }, /sessionOptions\.logId must be a string\./],
  [
    'logSeverityLevel "3"',
    { logSeverityLevel: '3' },
    /sessionOptions\.logSeverityLevel must be a number\./,
  ],
  [
    'logSeverityLevel 9',
    { logSeverityLevel: 9 },
    /sessionOptions\.logSeverityLevel must be one of the following: 0, 1, 2, 3, 4\./,
  ],
  [
    'logSeverityLevel 1.5',
    { logSeverityLevel: 1.5 },
    /sessionOptions\.logSeverityLevel must be one of the following/,
  ],
  [
    'enableProfiling "y"',
    { enableProfiling: 'y' },
    /sessionOptions\.enableProfiling must be a boolean value\./,
  ],
  [
    'profileFilePrefix 5',
    { enableProfiling: true, profileFilePrefix: 5 },
    /sessionOptions\.profileFilePrefix must be a string\./,
  ],
  ['extra 5', { extra: 5 }, /sessionOptions\.extra must be an object\./],
  [
    'optimizedModelFilePath 5',
    { optimizedModelFilePath: 5 },
    /sessionOptions\.optimizedModelFilePath must be a string\./,
  ],
  ['externalData 5', { externalData: 5 }, /externalData/],
  ['executionProviders "cpu"', { executionProviders: 'cpu' }, /./],
  [
    'executionProviders ["nosuch"]',
    { executionProviders: ['nosuch'] },
    /no available backend found\. ERR: \[nosuch\] backend not found\./,
  ],
];

const FEEDS =
  /'feeds' must be an object that use input names as keys and OnnxValue as corresponding values\./;

const RUN: readonly (readonly [string, readonly unknown[], RegExp])[] = [
  ['no feeds', [], FEEDS],
  ['null as feeds', [null], FEEDS],
  ['a number as feeds', [5], FEEDS],
  ['a tensor as feeds', [a], FEEDS],
  ['an array as feeds', [[a]], FEEDS],
  ['empty feeds', [{}], /input 'a' is missing in 'feeds'\./],
  ['a missing input', [{ a }], /input 'b' is missing in 'feeds'\./],
  ['an input that is undefined', [{ a, b: undefined }], /input 'b' is missing in 'feeds'\./],
  ['an input that is null', [{ a, b: null }], /Tensor must be an object\./],
  ['an input that is a number', [{ a, b: 5 }], /Tensor must be an object\./],
  [
    'another element type',
    [{ a, b: new Tensor('int32', new Int32Array(16), [1, 16]) }],
    /Unexpected input data type\. Actual: \(tensor\(int32\)\) , expected: \(tensor\(float\)\)/,
  ],
  [
    'another rank',
    [{ a, b: float32([16]) }],
    /Invalid rank for input: b Got: 1 Expected: 2 Please fix either the inputs\/outputs or the model\./,
  ],
  ['rank 0', [{ a, b: float32([], [1]) }], /Invalid rank for input: b Got: 0 Expected: 2/],
  [
    'another size',
    [{ a, b: float32([1, 8]) }],
    /Got invalid dimensions for input: b for the following indices\n index: 1 Got: 8 Expected: 16\n Please fix/,
  ],
  [
    'two other sizes',
    [{ a, b: float32([2, 8]) }],
    /\n index: 0 Got: 2 Expected: 1\n index: 1 Got: 8 Expected: 16\n/,
  ],
  ...(
    [
      [1, NaN],
      [1, -16],
      [1, 2 ** 53],
      [1, 1.5],
    ] as const
  ).map(
    (dims) =>
      [
        `dims [${dims.join()}]`,
        [{ a, b: { type: 'float32', dims, data: new Float32Array(16) } }],
        /Tensor\.dims\[1\] is invalid: /,
      ] as const,
  ),
  [
    'dims that are no array',
    [{ a, b: { type: 'float32', dims: 16, data: new Float32Array(16) } }],
    /Tensor\.dims must be an array\./,
  ],
  [
    'a size that is a string',
    [{ a, b: { type: 'float32', dims: ['1', 16], data: new Float32Array(16) } }],
    /Tensor\.dims\[0\] /,
  ],
  ['null after the feeds', [good, null], /Unexpected argument\[1\]: cannot be null\./],
  [
    'a number after the feeds',
    [good, 5],
    /Unexpected argument\[1\]: must be 'fetches' or 'options'\./,
  ],
  [
    'a string after the feeds',
    [good, 'sum'],
    /Unexpected argument\[1\]: must be 'fetches' or 'options'\./,
  ],
  ['a tensor after the feeds', [good, a], /'fetches' cannot be a Tensor/],
  ['no names as fetches', [good, []], /'fetches' cannot be an empty array\./],
  ['numbers as fetches', [good, [5]], /'fetches' must be a string array or an object\./],
  [
    'an unknown name as fetch',
    [good, ['nosuch']],
    /'fetches' contains invalid output name: nosuch\./,
  ],
  ['null as options', [good, ['sum'], null], OPTIONS],
  ['a number as options', [good, ['sum'], 5], OPTIONS],
  ['a number as options after an object', [good, { sum: null }, 5], OPTIONS],
  [
    'a fetch of another type',
    [good, { sum: new Tensor('int32', new Int32Array(16), [1, 16]) }],
    /Unexpected output data type\. Actual: \(tensor\(int32\)\) , expected: \(tensor\(float\)\)/,
  ],
  [
    'a fetch of another rank',
    [good, { sum: float32([16]) }],
    /Invalid rank for output: sum Got: 1 Expected: 2/,
  ],
  [
    'a fetch of another size',
    [good, { sum: float32([1, 8]) }],
    /Got invalid dimensions for output: sum for the following indices\n index: 1 Got: 8 Expected: 16/,
  ],
  [
    'run option logSeverityLevel "x"',
    [good, { logSeverityLevel: 'x' }],
    /runOptions\.logSeverityLevel must be a number\./,
  ],
  [
    'run option logSeverityLevel 7',
    [good, { logSeverityLevel: 7 }],
    /runOptions\.logSeverityLevel must be one of the following: 0, 1, 2, 3, 4\./,
  ],
  ['run option tag 5', [good, { tag: 5 }], /runOptions\.tag must be a string\./],
];

/** Taken by both; the outputs are all of them. */
const TAKEN: readonly (readonly [string, readonly unknown[]])[] = [
  ['a name that is no input', [{ ...good, c: 5 }]],
  ['a fetch that is no output', [good, { nosuch: null }]],
  ['a fetch that is a number, as options', [good, { sum: 5 }]],
  ['a fetch that is undefined, as options', [good, { sum: undefined }]],
  ['a run option of no meaning', [good, { nosuch: 5 }]],
  ['undefined arguments', [good, undefined, undefined]],
];

describe('InferenceSession.create fails as onnxruntime-node’s does for', () => {
  it.each(CREATE)('%s', async (_what, args, words) => {
    await expectSame(ourCreate(...args), theirCreate(...args), words);
  });

  it.each(SESSION_OPTIONS)('session option %s', async (_what, options, words) => {
    await expectSame(ourCreate(bytes, options), theirCreate(bytes, options), words);
  });
});

describe('a session', () => {
  let ours: InferenceSession;
  let theirs: onnxruntime.InferenceSession;
  beforeAll(async () => {
    ours = await InferenceSession.create(ADD, { executionProviders: ['openvino'], strict: true });
    theirs = await onnxruntime.InferenceSession.create(ADD);
  });
  afterAll(async () => {
    await ours.release();
    await theirs.release();
  });
  const ourRun: Call = async (...args) => (ours.run as Call)(...args);
  const theirRun: Call = async (...args) => (theirs.run as Call)(...args);

  it.each(RUN)('fails in run as onnxruntime-node’s does for %s', async (_what, args, words) => {
    await expectSame(ourRun(...args), theirRun(...args), words);
    expect(await ourRun(good)).toHaveProperty('sum');
  });

  it('takes no tensor that was disposed', async () => {
    const b = float32([1, 16]);
    b.dispose();
    await expectSame(ourRun({ a, b }), theirRun({ a, b }), /Tensor\.location is not supported\./);
  });

  it('takes no tensor in the memory of a GPU', async () => {
    const b = Tensor.fromGpuBuffer({} as never, { dataType: 'float32', dims: [1, 16] });
    const [our, their] = await Promise.all([
      failureOf(ourRun({ a, b })),
      failureOf(theirRun({ a, b })),
    ]);
    expect(our).toMatchObject({ code: 'ERR_ENGINERY_OUT_OF_RANGE' });
    for (const { message } of [our, their]) expect(message).toMatch(/^Tensor\./);
  });

  it.each(TAKEN)('takes what onnxruntime-node’s takes: %s', async (_what, args) => {
    const [our, their] = await Promise.all([ourRun(...args), theirRun(...args)]);
    expect(Object.keys(our as object)).toEqual(Object.keys(their as object));
    expect(our).toEqual(their);
  });

  it('has the same metadata, names and methods', () => {
    expect(ours.inputNames).toEqual(theirs.inputNames);
    expect(ours.outputNames).toEqual(theirs.outputNames);
    expect(ours.inputMetadata).toEqual(theirs.inputMetadata);
    expect(ours.outputMetadata).toEqual(theirs.outputMetadata);
    for (const name of ['run', 'release', 'startProfiling', 'endProfiling'] as const) {
      expect(typeof ours[name]).toBe(typeof theirs[name]);
    }
  });

  it('that is released fails as onnxruntime-node’s does', async () => {
    const one = await InferenceSession.create(ADD, {
      executionProviders: ['openvino'],
      strict: true,
    });
    const other = await onnxruntime.InferenceSession.create(ADD);
    await one.release();
    await other.release();
    const words = /Session already disposed\./;
    await expectSame(one.run(good), other.run(good), words);
    await expectSame(one.release(), other.release(), words);
  });
});

// onnxruntime-node 1.30 takes these and does nothing with them; a wrong type there is a mistake that we name.
describe('what onnxruntime-node ignores is a typed error here:', () => {
  it.each([
    ['freeDimensionOverrides 5', { freeDimensionOverrides: 5 }],
    ['freeDimensionOverrides {a: -1}', { freeDimensionOverrides: { a: -1 } }],
    ['enableGraphCapture 5', { enableGraphCapture: 5 }],
    ['logVerbosityLevel "x"', { logVerbosityLevel: 'x' }],
  ])('session option %s', async (_what, options) => {
    const error = await failureOf(ourCreate(bytes, options));
    expect(error.code).toMatch(/INVALID_ARGUMENT|OUT_OF_RANGE/);
    expect(await theirCreate(bytes, options)).toHaveProperty('run');
  });
});
