/** The built package's declarations in a user's strict project, which checks the libraries' declarations too. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const TSC = join(root, 'node_modules/typescript/bin/tsc');

// Inside the package, so that 'enginery' names the package itself, as built.
let folder = '';

beforeAll(() => {
  mkdirSync(join(root, 'build'), { recursive: true });
  folder = mkdtempSync(join(root, 'build/declarations-'));
  cpSync(join(root, 'test/types'), folder, { recursive: true });
  writeFileSync(
    join(folder, 'common.cts'),
    `import { InferenceSession, type Engine } from 'enginery';
     export const engine = (path: string): Promise<Engine> => InferenceSession.create(path);\n`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The errors of compiling the programs of test/types with these libraries of TypeScript. */
function errorsWith(lib: readonly string[]): string[] {
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2022', lib, types: ['node'], noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    skipLibCheck: false,
  };
  const files = readdirSync(folder).filter((name) => /\.c?ts$/.test(name));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  try {
    execFileSync(process.execPath, [TSC, '-p', folder, '--pretty', 'false'], { cwd: root });
    return [];
  } catch (error) {
    const { stdout } = error as { readonly stdout: Buffer };
    return stdout.toString().trim().split('\n');
  }
}

describe('the declarations of the built package', () => {
  it('compile in a strict project, as do programs that use them', () => {
    expect(errorsWith(['es2023', 'esnext.disposable', 'dom'])).toEqual([]);
  });

  it('need nothing of a browser themselves', () => {
    // onnxruntime-common 1.30 names ImageData, WebGLTexture and the like, which only the DOM library has.
    const errors = errorsWith(['es2023', 'esnext.disposable']);
    expect(errors.filter((line) => !line.startsWith('node_modules/onnxruntime-common/'))).toEqual(
      [],
    );
  });
});
