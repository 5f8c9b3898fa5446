/** Tests of .npz files: numpy's, ours, and damaged ones. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npzPieces, readNpz, type TensorContent } from '../../../lib/tensor/index.js';

const golden = JSON.parse(
  readFileSync(new URL('golden/numpy.json', import.meta.url), 'utf8'),
) as Record<string, string>;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'enginery-npz-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function saved(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('readNpz', () => {
  it("reads numpy's stored and compressed files", async () => {
    const stored = await readNpz(saved('a.npz', Buffer.from(golden['npz'] ?? '', 'base64')));
    expect([...stored.keys()]).toEqual(['a', 'b']);
    expect(stored.get('b')).toEqual({ type: 'int64', dims: [1, 1], data: BigInt64Array.of(3n) });
    const compressed = await readNpz(saved('b.npz', Buffer.from(golden['npzc'] ?? '', 'base64')));
    expect(compressed.get('a')?.data[99]).toBe(99);
  });

  it('reads what npzPieces writes, whatever the names', async () => {
    const tensors = new Map<string, TensorContent>([
      ['/model/Add_output:0', { type: 'float32', dims: [2], data: Float32Array.of(1, 2) }],
      ['../x', { type: 'string', dims: [1], data: ['é'] }],
    ]);
    const path = saved('c.npz', Buffer.concat(npzPieces(tensors)));
    expect(await readNpz(path)).toEqual(tensors);
  });

  it('refuses members that are no .npy', async () => {
    const bytes = Buffer.concat(
      npzPieces(new Map([['abc', { type: 'bool', dims: [0], data: new Uint8Array() }]])),
    );
    const path = saved(
      'd.npz',
      Buffer.from(bytes.toString('latin1').replaceAll('abc.npy', 'abc.txt'), 'latin1'),
    );
    await expect(readNpz(path)).rejects.toMatchObject({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' });
  });
});
