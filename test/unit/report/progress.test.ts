/** Tests of the progress line where no spinner is drawn. */

import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress } from '../../../lib/report/index.js';

function textOf(stream: PassThrough): string {
  return String(stream.read() ?? '');
}

describe('createProgress', () => {
  it('writes one line per step, not per percent', async () => {
    const stream = new PassThrough();
    const progress = await createProgress(stream);
    progress.update('downloading');
    progress.update('unpacking 1 %');
    progress.update('unpacking 2 %');
    progress.finish('done');
    expect(textOf(stream)).toBe('downloading\nunpacking\ndone\n');
  });

  it('is silent when quiet', async () => {
    const stream = new PassThrough();
    const progress = await createProgress(stream, true);
    progress.update('x');
    progress.finish('y');
    expect(textOf(stream)).toBe('');
  });
});
