/** Tests of saving outputs: names that are no file names, folders, .npz, and places that cannot be written. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveOutputs } from '../../../lib/cli/save.js';
import { parseNpy, readNpz, type TensorContent } from '../../../lib/tensor/index.js';

const ONE: TensorContent = { type: 'float32', dims: [1], data: Float32Array.of(1) };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enginery-save-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('saveOutputs', () => {
  it('writes one .npy per output, inside the folder whatever the names', async () => {
    const place = join(folder, 'new', 'out');
    const names = ['logits', '../../escape', '/abs/olute:0', 'a/b', 'a:b', '..', 'A_b'];
    const paths = await saveOutputs(place, new Map(names.map((name) => [name, ONE])));
    expect(paths.every((path) => path.startsWith(`${place}/`) && existsSync(path))).toBe(true);
    expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(names.length);
    expect(readdirSync(place)).toHaveLength(names.length);
    expect(parseNpy(readFileSync(join(place, 'logits.npy')), 'x')).toEqual(ONE);
  });

  it('writes one .npz with the names as they are', async () => {
    const place = join(folder, 'out.npz');
    expect(await saveOutputs(place, new Map([['a/b:0', ONE]]))).toEqual([place]);
    expect(await readNpz(place)).toEqual(new Map([['a/b:0', ONE]]));
    expect(readdirSync(folder)).toEqual(['out.npz']);
  });

  it('says what cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(saveOutputs(join(folder, 'file'), new Map([['a', ONE]]))).rejects.toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
    });
    const int4: TensorContent = { type: 'int4', dims: [2], data: new Uint8Array(1) };
    await expect(saveOutputs(join(folder, 'x'), new Map([['a', int4]]))).rejects.toThrow(
      /no type int4/u,
    );
  });
});
