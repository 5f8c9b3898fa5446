/** The calibration table: statistics of a model's tensors, with digests of model and data, saved as JSON. */

import { EngineryError, isRecord, messageFromUnknown } from '../common/index.js';
import { BINS, Histogram } from './histogram.js';
import { TensorObserver } from './observer.js';

/** Rises when a reader of the version before would misread the file. */
export const TABLE_VERSION = 1;
const FORMAT = 'enginery-calibration';

export interface CalibrationTable {
  /** SHA-256 of the float model whose tensors were observed, in hexadecimal. */
  readonly modelDigest: string;
  /** SHA-256 of each data set that went in, in order: one, or several after a merge. */
  readonly dataDigests: readonly string[];
  readonly samples: number;
  /** Observers by tensor name, in the order of the graph. */
  readonly tensors: ReadonlyMap<string, TensorObserver>;
}

/** The table as JSON text: equal tables give equal text. */
export function calibrationTableJson(table: CalibrationTable): string {
  const tensors = Array.from(table.tensors, ([name, observer]) => [name, observerJson(observer)]);
  const { modelDigest, dataDigests, samples } = table;
  return JSON.stringify({
    format: FORMAT,
    version: TABLE_VERSION,
    modelDigest,
    dataDigests,
    samples,
    tensors,
  });
}

/** Reads a table back; `name` is for messages. Throws INVALID_ARGUMENT. */
export function parseCalibrationTable(text: string, name: string): CalibrationTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw tableError(name, 'JSON', messageFromUnknown(error), { cause: error });
  }
  if (!isRecord(json) || json['format'] !== FORMAT)
    throw tableError(name, `"format": "${FORMAT}"`, 'something else');
  if (json['version'] !== TABLE_VERSION) {
    throw tableError(name, `version ${TABLE_VERSION}`, `version ${String(json['version'])}`);
  }
  const read = new FieldReader(json, name);
  const tensors = new Map<string, TensorObserver>();
  for (const entry of read.array('tensors')) {
    const [tensor, fields] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof tensor !== 'string' || !isRecord(fields) || tensors.has(tensor))
      throw tableError(name, 'a name and statistics for each tensor', 'something else');
    tensors.set(tensor, readObserver(new FieldReader(fields, `${name}, tensor "${tensor}"`)));
  }
  const dataDigests = read.array('dataDigests').map((digest) => {
    if (typeof digest === 'string') return digest;
    throw tableError(name, 'strings in dataDigests', typeof digest);
  });
  return {
    modelDigest: read.text('modelDigest'),
    dataDigests,
    samples: read.count('samples'),
    tensors,
  };
}

/** Throws ENGINE_STALE when the table is not of the model with this digest. */
export function requireModelDigest(table: CalibrationTable, modelDigest: string): void {
  if (table.modelDigest === modelDigest) return;
  throw new EngineryError(
    'ENGINE_STALE',
    `expected a calibration table of the model with SHA-256 ${modelDigest}, got one of ${table.modelDigest}; calibrate this model again`,
  );
}

/** Throws ENGINE_STALE when the table is not of exactly the data with this digest. */
export function requireDataDigest(table: CalibrationTable, dataDigest: string): void {
  if (table.dataDigests.length === 1 && table.dataDigests[0] === dataDigest) return;
  throw new EngineryError(
    'ENGINE_STALE',
    `expected a calibration table of the data with SHA-256 ${dataDigest}, got one of ${table.dataDigests.join(', ')}; calibrate with this data again`,
  );
}

/** One table of the samples of both, which must be of the same model and the same tensors. The arguments stay as they are. */
export function mergeCalibrationTables(
  first: CalibrationTable,
  second: CalibrationTable,
): CalibrationTable {
  requireModelDigest(second, first.modelDigest);
  if (first.tensors.size !== second.tensors.size) throw differentTensors();
  const tensors = new Map<string, TensorObserver>();
  for (const [name, observer] of first.tensors) {
    const other = second.tensors.get(name);
    if (other === undefined) throw differentTensors();
    const merged = new TensorObserver({ histogram: observer.histogram !== undefined });
    merged.merge(observer);
    merged.merge(other);
    tensors.set(name, merged);
  }
  return {
    modelDigest: first.modelDigest,
    dataDigests: [...first.dataDigests, ...second.dataDigests],
    samples: first.samples + second.samples,
    tensors,
  };
}

function differentTensors(): EngineryError {
  return new EngineryError(
    'INVALID_ARGUMENT',
    'expected two calibration tables of the same tensors, got different ones; calibrate both for the same preset',
  );
}

function tableError(
  name: string,
  expected: string,
  got: string,
  options?: ErrorOptions,
): EngineryError {
  return new EngineryError(
    'INVALID_ARGUMENT',
    `expected ${expected} in calibration table ${name}, got ${got}; calibrate again`,
    options,
  );
}

function observerJson(observer: TensorObserver): unknown {
  const { count, zeros, nan, infinite, sum, sumOfSquares, sampleMin, sampleMax } = observer;
  const { histogram, channelAbsMax } = observer;
  return {
    count,
    zeros,
    nan,
    infinite,
    sum,
    sumOfSquares,
    sampleMin,
    sampleMax,
    ...(histogram && {
      histogram: {
        limit: histogram.limit,
        positive: trimmed(histogram.positive),
        negative: trimmed(histogram.negative),
      },
    }),
    ...(channelAbsMax && { channelAbsMax: Array.from(channelAbsMax) }),
  };
}

/** Counts without the zeros at the end. */
function trimmed(counts: Float64Array): number[] {
  let length = BINS;
  while (length > 0 && counts[length - 1] === 0) length--;
  return Array.from(counts.subarray(0, length));
}

function readObserver(read: FieldReader): TensorObserver {
  const histogram = read.optionalRecord('histogram');
  const observer = new TensorObserver({ histogram: false });
  observer.count = read.count('count');
  observer.zeros = read.count('zeros');
  observer.nan = read.count('nan');
  observer.infinite = read.count('infinite');
  observer.sum = read.number('sum');
  observer.sumOfSquares = read.number('sumOfSquares');
  observer.sampleMin = read.numbers('sampleMin');
  observer.sampleMax = read.numbers('sampleMax');
  for (const value of observer.sampleMin) observer.min = Math.min(observer.min, value);
  for (const value of observer.sampleMax) observer.max = Math.max(observer.max, value);
  if (histogram !== undefined) {
    observer.histogram = new Histogram();
    observer.histogram.limit = histogram.number('limit');
    observer.histogram.positive.set(histogram.numbers('positive', BINS));
    observer.histogram.negative.set(histogram.numbers('negative', BINS));
  }
  if (read.has('channelAbsMax'))
    observer.channelAbsMax = Float64Array.from(read.numbers('channelAbsMax'));
  return observer;
}

/** Fields of a JSON object, each checked. */
class FieldReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #name: string;

  constructor(fields: Readonly<Record<string, unknown>>, name: string) {
    this.#fields = fields;
    this.#name = name;
  }

  has(key: string): boolean {
    return key in this.#fields;
  }

  text(key: string): string {
    const value = this.#fields[key];
    if (typeof value === 'string') return value;
    throw tableError(this.#name, `a string for "${key}"`, typeof value);
  }

  number(key: string): number {
    const value = this.#fields[key];
    if (typeof value === 'number') return value;
    throw tableError(this.#name, `a number for "${key}"`, typeof value);
  }

  count(key: string): number {
    const value = this.number(key);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw tableError(this.#name, `a count for "${key}"`, String(value));
  }

  array(key: string): readonly unknown[] {
    const value = this.#fields[key];
    if (Array.isArray(value)) return value;
    throw tableError(this.#name, `an array for "${key}"`, typeof value);
  }

  numbers(key: string, most = Infinity): number[] {
    const values = this.array(key);
    if (values.length > most)
      throw tableError(this.#name, `at most ${most} numbers for "${key}"`, String(values.length));
    return values.map((value) => {
      if (typeof value === 'number') return value;
      throw tableError(this.#name, `numbers for "${key}"`, typeof value);
    });
  }

  optionalRecord(key: string): FieldReader | undefined {
    const value = this.#fields[key];
    if (value === undefined) return undefined;
    if (isRecord(value)) return new FieldReader(value, this.#name);
    throw tableError(this.#name, `an object for "${key}"`, typeof value);
  }
}
