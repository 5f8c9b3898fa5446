/** The installed onnxruntime-node is found and judged without being loaded. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findOnnxruntimePackage } from '../../../lib/runtime/onnxruntime-package.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enginery-package-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(content: string): void {
  writeFileSync(join(folder, 'package.json'), content);
}

describe('findOnnxruntimePackage', () => {
  it('finds the development dependency', () => {
    const found = findOnnxruntimePackage();
    expect(found.isReloadable).toBe(true);
    expect(found.version).toMatch(/^1\.\d+\.\d+/);
    expect(found.path).toMatch(/node_modules\/onnxruntime-node$/);
  });

  it.each([
    ['1.20.0', false],
    ['1.24.3', false],
    ['1.25.1', true],
    ['1.31.0-dev.20260624-ba45260eed', true],
  ])('takes %s, reloadable: %s', (version, isReloadable) => {
    write(JSON.stringify({ version }));
    expect(findOnnxruntimePackage(folder)).toEqual({ version, path: folder, isReloadable });
  });

  it.each(['1.19.2', '2.0.0', '0.20.0', 'x'])('refuses %s by number', (version) => {
    write(JSON.stringify({ version }));
    expect(() => findOnnxruntimePackage(folder)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_RUNTIME_VERSION',
        message: expect.stringContaining(version) as string,
      }),
    );
  });

  it('lists the places searched and the command', () => {
    expect(() => findOnnxruntimePackage(folder)).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND',
        message: expect.stringMatching(
          new RegExp(`${folder}[^]*npm install onnxruntime-node`),
        ) as string,
      }),
    );
  });

  it('refuses a package.json that is broken', () => {
    write('{');
    expect(() => findOnnxruntimePackage(folder)).toThrow(
      expect.objectContaining({ code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND' }),
    );
  });
});
