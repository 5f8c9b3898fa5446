/** The built package's declarations in a user's strict project, which checks the libraries' declarations too. */

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from '../fixtures/models.js';
import { onnxruntimeNode } from '../fixtures/onnxruntime.js';

const root = resolve(import.meta.dirname, '../..');
const TSC = join(root, 'node_modules/typescript/bin/tsc');

// Inside the package, so that 'enginery' names the package itself, as built.
let folder = '';

beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  folder = mkdtempSync(join(root, 'build/declarations-'));
  cpSync(join(root, 'test/types'), folder, { recursive: true });
  // The program for onnxruntime-node with its import replaced, and nothing else.
  const program = readFileSync(join(folder, 'program.ts'), 'utf8');
  writeFileSync(
    join(folder, 'program-here.ts'),
    program.replaceAll("from 'onnxruntime-node'", "from 'enginery'"),
  );
  writeFileSync(
    join(folder, 'common.cts'),
    `import { InferenceSession, type Engine } from 'enginery';
     export const engine = (path: string): Promise<Engine> => InferenceSession.create(path);\n`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const LIB = ['es2023', 'esnext.disposable'];

/** The errors of compiling the programs of a folder in a strict project with these options of TypeScript. */
function errorsWith(options: Readonly<Record<string, unknown>>, project = folder): string[] {
  const compilerOptions = {
    ...{ target: 'es2022', lib: [...LIB, 'dom'], types: ['node'], noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...options,
  };
  // Only module nodenext lets CommonJS require an ES module.
  const names = options['module'] === 'nodenext' ? /\.c?ts$/ : /\.ts$/;
  const files = readdirSync(project).filter((name) => names.test(name));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  try {
    execFileSync(process.execPath, [TSC, '-p', project, '--pretty', 'false'], { cwd: project });
    return [];
  } catch (error) {
    const { stdout } = error as { readonly stdout: Buffer };
    return stdout.toString().trim().split('\n');
  }
}

describe('the declarations of the built package', () => {
  it('compile in a strict project, as do programs that use them', () => {
    expect(errorsWith({ module: 'nodenext', skipLibCheck: false })).toEqual([]);
  });

  it('compile for module node16', () => {
    expect(errorsWith({ module: 'node16', skipLibCheck: true })).toEqual([]);
  });

  it('compile for a bundler', () => {
    const options = { module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true };
    expect(errorsWith(options)).toEqual([]);
  });

  it('need nothing of a browser themselves', () => {
    // onnxruntime-common 1.30 names ImageData, WebGLTexture and the like, which only the DOM library has.
    const errors = errorsWith({ module: 'nodenext', lib: LIB, skipLibCheck: false });
    expect(errors.filter((line) => !/^[./]*node_modules\/onnxruntime-common\//.test(line))).toEqual(
      [],
    );
  });

  it('compile with the types of onnxruntime-node 1.20.1', async (context) => {
    const found = await onnxruntimeNode('1.20.1');
    if (found instanceof Error) return context.skip(found.message);
    const project = temporaryFolder();
    const modules = join(project, 'node_modules');
    for (const name of ['dist', 'package.json']) {
      cpSync(join(root, name), join(modules, 'enginery', name), { recursive: true });
    }
    for (const name of ['@bufbuild', '@types']) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
      symlinkSync(join(dirname(found), name), join(modules, name));
    }
    cpSync(join(folder, 'program-here.ts'), join(project, 'program-here.ts'));
    expect(errorsWith({ module: 'nodenext', skipLibCheck: false }, project)).toEqual([]);
  });
});
