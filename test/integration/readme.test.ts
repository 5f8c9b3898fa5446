/** README.md does what it says: its programs run, its commands exist, its links lead somewhere. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
// Inside the package, so that `import 'enginery'` finds the package itself.
const folder = path.join(root, 'build', 'readme');

function blocks(language: string): string[] {
  const found = readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'));
  return [...found].map((match) => match[1] ?? '');
}

const commands = blocks('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '');

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the programs of README.md', () => {
  it.each(blocks('js').map((program, i) => [i + 1, program] as const))(
    'program %i runs to its end',
    async (number, program) => {
      await mkdir(folder, { recursive: true });
      const file = path.join(folder, `program-${number}.mjs`);
      await writeFile(file, program);
      const { stdout } = await run(process.execPath, [file], { cwd: root });
      expect(stdout).not.toBe('');
    },
    60_000,
  );

  it('shows at least two of them', () => {
    expect(blocks('js').length).toBeGreaterThanOrEqual(2);
  });
});

describe('the commands of README.md', () => {
  const ours = commands.filter((line) => line.startsWith('npx enginery'));
  // `setup` without --help would download; its own tests run it.
  const harmless = ours.filter((line) => !/ setup (?!--help)/.test(line));

  it.each(harmless)(
    '%s',
    async (line) => {
      const args = line.split(/\s+/).slice(2);
      const { stdout } = await run(process.execPath, ['dist/cli/main.js', ...args], { cwd: root });
      expect(stdout).not.toBe('');
    },
    60_000,
  );

  it('are npm scripts of package.json, or of npm itself', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const line of commands.filter((one) => one.startsWith('npm '))) {
      const [, verb, name] = line.split(/\s+/);
      const script = verb === 'run' ? name : verb;
      expect([...Object.keys(scripts), 'install']).toContain(script);
    }
  });
});

describe('the links of README.md', () => {
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');

  it.each(links)('%s exists', (link) => {
    expect(existsSync(path.join(root, link))).toBe(true);
  });
});
