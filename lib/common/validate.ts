/** Guards for options at the door: `expected <what> for <name>, got <value> (<type>)`. */

import { invalidArgument, outOfRange } from './errors.js';

function shown(value: unknown): string {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  switch (typeof value) {
    case 'string':
      return `"${value.length > 60 ? `${value.slice(0, 60)}...` : value}" (${type})`;
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'symbol':
      return `${String(value)} (${type})`;
    case 'undefined':
    case 'object':
    case 'function':
      return type;
  }
}

/** The `TypeError` of a guard. */
export function expected(what: string, name: string, value: unknown): TypeError {
  return invalidArgument(`expected ${what} for ${name}, got ${shown(value)}`);
}

/** Is `value` an object that is not an array? */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function requireRecord(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw expected('an object', name, value);
  return value;
}

export function requireArray(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw expected('an array', name, value);
  return value;
}

export function optionalString(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw expected('a string', name, value);
}

export function optionalBoolean(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw expected('a boolean', name, value);
}

/** An integer in [min, max], or undefined. */
export function optionalInteger(
  value: unknown,
  name: string,
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw expected('an integer', name, value);
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw outOfRange(`expected an integer in [${min}, ${max}] for ${name}, got ${shown(value)}`);
  }
  return value;
}

/** One of `choices`, or undefined. */
export function optionalChoice<T extends string>(
  value: unknown,
  name: string,
  choices: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const what = `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`;
  if (typeof value !== 'string') throw expected(what, name, value);
  throw outOfRange(
    `expected ${what} for ${name}, got ${shown(value)}${didYouMean(value, choices)}`,
  );
}

/** Rejects keys that are not in `known`, naming the nearest known one. */
export function rejectUnknownKeys(
  options: Readonly<Record<string, unknown>>,
  name: string,
  known: readonly string[],
): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw invalidArgument(
      `expected a known option in ${name}, got "${key}"${didYouMean(key, known)}; known: ${known.join(', ')}`,
    );
  }
}

/** `; did you mean "x"?` for the nearest of `choices`, or nothing when none is near. */
export function didYouMean(value: string, choices: readonly string[]): string {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(value.length / 3)) + 1;
  for (const choice of choices) {
    const distance = editDistance(value.toLowerCase(), choice.toLowerCase());
    if (distance < bestDistance) {
      best = choice;
      bestDistance = distance;
    }
  }
  return best === undefined ? '' : `; did you mean "${best}"?`;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
