/** Tests of the folder a runtime is put into: complete or not, ours or not, replaced in one step. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  installedRuntime,
  replaceFolder,
  requireOwnFolder,
} from '../../../lib/cli/runtime-folder.js';
import type { UnpackedWheel } from '../../../lib/cli/wheel.js';

let root = '';
let folder = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'enginery-runtime-'));
  folder = join(root, 'deep', 'runtime');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function fillWith(text: string): (temporary: string) => Promise<UnpackedWheel> {
  return (temporary) => {
    writeFileSync(join(temporary, 'a.so'), text);
    const file = { path: 'a.so', bytes: text.length, sha256: '' };
    return Promise.resolve({ version: '1.2', files: [file] });
  };
}

describe('the runtime folder', () => {
  it('is complete after it is filled, and replaced as a whole', async () => {
    await replaceFolder(folder, fillWith('one'));
    expect(await installedRuntime(folder)).toMatchObject({ version: '1.2' });
    await replaceFolder(folder, fillWith('other'));
    expect(readFileSync(join(folder, 'a.so'), 'utf8')).toBe('other');
    expect(readdirSync(join(root, 'deep'))).toEqual(['runtime']);
  });

  it('stays as it was when filling fails', async () => {
    await replaceFolder(folder, fillWith('one'));
    await expect(replaceFolder(folder, () => Promise.reject(new Error('full')))).rejects.toThrow(
      'full',
    );
    expect(readFileSync(join(folder, 'a.so'), 'utf8')).toBe('one');
    expect(readdirSync(join(root, 'deep'))).toEqual(['runtime']);
  });

  it('is incomplete when a file is short, gone or the marker is damaged', async () => {
    await replaceFolder(folder, fillWith('one'));
    writeFileSync(join(folder, 'a.so'), 'o');
    expect(await installedRuntime(folder)).toBeUndefined();
    rmSync(join(folder, 'a.so'));
    expect(await installedRuntime(folder)).toBeUndefined();
    writeFileSync(join(folder, 'enginery-runtime.json'), '{');
    expect(await installedRuntime(folder)).toBeUndefined();
    expect(await installedRuntime(join(root, 'none'))).toBeUndefined();
  });

  it("refuses other people's files, takes an empty folder and its own", async () => {
    mkdirSync(folder, { recursive: true });
    await requireOwnFolder(folder);
    await requireOwnFolder(join(root, 'none'));
    writeFileSync(join(folder, 'thesis.tex'), '');
    await expect(requireOwnFolder(folder)).rejects.toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
    });
    expect(existsSync(join(folder, 'thesis.tex'))).toBe(true);
    rmSync(join(folder, 'thesis.tex'));
    await replaceFolder(folder, fillWith('one'));
    await requireOwnFolder(folder);
  });
});
