/** The list of codes: the same on both sides of the addon, and each one reached by a test. */

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ERROR_CODE_SUFFIXES, type ErrorCodeSuffix } from '../../lib/common/errors.js';
import { lackOfAddon } from '../requirements.js';

const root = resolve(import.meta.dirname, '../..');

/** Codes that nothing of this version ends in, with the reason. A test that reaches one takes it off this list. */
const UNREACHED: Readonly<Partial<Record<ErrorCodeSuffix, string>>> = {
  TIMEOUT: 'comes with the batcher and its deadlines',
};

/** Files that speak of codes which nothing in them is made to throw. */
const NOT_COUNTED = [
  'integration/error-codes.test.ts',
  'unit/common/errors.test.ts',
  'unit/cli/failure.test.ts',
];

/** Every test file, with its text. */
function testFiles(): ReadonlyMap<string, string> {
  const folder = join(root, 'test');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /\.test\.ts$|_test\.cc$/.test(name));
  return new Map(
    files
      .filter((name) => !NOT_COUNTED.includes(name))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

/** The test files that name a code: whole, as a quoted suffix, or as the C++ constant. */
function filesThatReach(suffix: ErrorCodeSuffix): string[] {
  const constant = suffix
    .toLowerCase()
    .replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
  const words = new RegExp(`ERR_ENGINERY_${suffix}\\b|'${suffix}'|\\bk${constant}\\b`);
  return [...testFiles()].filter(([, text]) => words.test(text)).map(([name]) => name);
}

describe('the codes', () => {
  it('are the same in the addon and in lib/common/errors.ts, in the same order', (context) => {
    const lack = lackOfAddon();
    context.skip(lack !== undefined, lack);
    const addon = createRequire(import.meta.url)(join(root, 'build/Release/enginery.node')) as {
      readonly codes: readonly string[];
    };
    expect(addon.codes).toEqual(ERROR_CODE_SUFFIXES.map((suffix) => `ERR_ENGINERY_${suffix}`));
  });

  it.each(ERROR_CODE_SUFFIXES.filter((suffix) => UNREACHED[suffix] === undefined))(
    'has %s reached by a test',
    (suffix) => {
      expect(filesThatReach(suffix)).not.toEqual([]);
    },
  );

  it.each(Object.keys(UNREACHED) as ErrorCodeSuffix[])(
    'has %s left for later only while no test reaches it',
    (suffix) => {
      expect(filesThatReach(suffix)).toEqual([]);
    },
  );
});
