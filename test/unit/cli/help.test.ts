/** Tests of the help screens: each fits 24 lines of 80 columns, shows an example, and is the one in golden/. */

import { describe, expect, it } from 'vitest';
import type { Output } from '../../../lib/cli/output.js';
import { createProgram } from '../../../lib/cli/program.js';
import { createStyle } from '../../../lib/report/index.js';

const OUTPUT: Output = {
  style: createStyle({ write: () => true }),
  width: Infinity,
  signal: new AbortController().signal,
  print: () => undefined,
  printJson: () => undefined,
  note: () => undefined,
  progress: () => Promise.reject(new Error('no progress in this test')),
};

/** What `enginery <command> --help` prints. */
async function helpOf(command: string): Promise<string> {
  let text = '';
  const program = createProgram(OUTPUT);
  for (const one of [program, ...program.commands]) {
    one.configureOutput({ writeOut: (part) => (text += part), writeErr: (part) => (text += part) });
  }
  const args = command === '' ? ['--help'] : [command, '--help'];
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ exitCode: 0 });
  return text;
}

describe.each(['', 'run', 'inspect', 'doctor', 'setup'])('enginery %s --help', (command) => {
  it('fits one screen and shows an example', async () => {
    const lines = (await helpOf(command)).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.join('\n')).toContain('Example:');
  });

  it('is the known screen', async () => {
    await expect(await helpOf(command)).toMatchFileSnapshot(
      `golden/help-${command || 'enginery'}.txt`,
    );
  });
});
