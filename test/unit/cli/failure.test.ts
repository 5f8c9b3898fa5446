/** Tests of how failures look. */

import { describe, expect, it } from 'vitest';
import { failureText } from '../../../lib/cli/failure.js';
import { EngineryError, ERROR_CODE_SUFFIXES, invalidArgument } from '../../../lib/common/index.js';
import { createStyle } from '../../../lib/report/index.js';

const PLAIN = createStyle({ write: () => true });

describe('failureText', () => {
  it('tells code, message and fix', () => {
    const text = failureText(new EngineryError('ADDON_LOAD', 'no addon'), PLAIN, false);
    expect(text).toBe(
      'error ERR_ENGINERY_ADDON_LOAD: no addon\nfix   enginery doctor tells why the native addon does not load',
    );
  });

  it('adds no fix where the message says it all', () => {
    expect(failureText(invalidArgument('expected a'), PLAIN, false)).toBe(
      'error ERR_ENGINERY_INVALID_ARGUMENT: expected a',
    );
    expect(
      failureText(new EngineryError('RUNTIME_NOT_FOUND', 'no pip\n  1. do this'), PLAIN, false),
    ).not.toContain('fix ');
  });

  it('shows stack and causes when verbose', () => {
    const cause = new Error('the root', { cause: 'a string' });
    const text = failureText(new EngineryError('BUILD_FAILED', 'x', { cause }), PLAIN, true);
    expect(text).toMatch(/failure\.test/u);
    expect(text).toContain('caused by: Error: the root');
    expect(text).toContain("caused by: 'a string'");
  });

  it('takes errors of others for a bug of ours', () => {
    expect(failureText(new RangeError('x'), PLAIN, false)).toContain(
      'error ERR_ENGINERY_INTERNAL: x',
    );
    expect(failureText('thrown text', PLAIN, false)).toContain('thrown text');
  });

  it.each(ERROR_CODE_SUFFIXES)('is short for %s', (suffix) => {
    expect(
      failureText(new EngineryError(suffix, 'x'), PLAIN, false).split('\n').length,
    ).toBeLessThanOrEqual(2);
  });
});
