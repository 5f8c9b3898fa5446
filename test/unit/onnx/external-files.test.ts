/** Tests of reading external data by ranges. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ExternalFiles } from '../../../lib/onnx/external-files.js';
import type { ExternalDataRange } from '../../../lib/onnx/index.js';
import { temporaryFolder } from '../../fixtures/models.js';

const BYTES = Buffer.from(Uint8Array.from({ length: 10_000_000 }, (_, i) => (i * 7) % 251));

function range(offset: number, length: number): ExternalDataRange {
  const bytes = BigInt(length);
  return { tensor: 'w', location: 'w.bin', offset: BigInt(offset), length: bytes, bytes };
}

async function opened(...ranges: ExternalDataRange[]): Promise<ExternalFiles> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'w.bin'), BYTES);
  return ExternalFiles.open(join(folder, 'model.onnx'), ranges);
}

it.each([
  ['a part', 5, 1000],
  ['nothing', 7, 0],
  ['more than is read at once', 3, 9_999_000],
])('reads %s, in memory and in pieces', async (_, offset, length) => {
  const wanted = range(offset, length);
  const files = await opened(wanted);
  const expected = BYTES.subarray(offset, offset + length);
  expect(Buffer.compare(await files.read(wanted), expected)).toBe(0);
  const pieces: Buffer[] = [];
  // A piece is valid until the next one is asked for.
  for await (const piece of files.pieces(wanted)) pieces.push(Buffer.from(piece));
  expect(Buffer.compare(Buffer.concat(pieces), expected)).toBe(0);
  await files.close();
});

it('stops reading when its signal is aborted', async () => {
  const wanted = range(0, 100);
  const files = await opened(wanted);
  await expect(files.read(wanted, AbortSignal.abort())).rejects.toMatchObject({
    code: 'ERR_ENGINERY_CANCELLED',
  });
  await files.close();
});
