/** Tests of the rules for files that hold external data: each trick of the known CVEs is refused by its rule. */

import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkExternalData,
  readModelOutline,
  type ExternalDataRange,
} from '../../../lib/onnx/index.js';
import { modelPath, temporaryFolder } from '../../fixtures/models.js';

/** `root/models/model.onnx` with `root/models/data/w.bin` of 16 bytes, and `root/outside.bin`. */
function modelFolder(): { root: string; folder: string; model: string } {
  const root = temporaryFolder();
  const folder = join(root, 'models');
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'data', 'w.bin'), new Uint8Array(16));
  writeFileSync(join(root, 'outside.bin'), new Uint8Array(16));
  return { root, folder, model: join(folder, 'model.onnx') };
}

function range(location: string, offset = 0n, bytes = 16n): ExternalDataRange {
  return { tensor: 'w', location, offset, length: bytes, bytes };
}

async function expectRefusal(
  model: string,
  ranges: ExternalDataRange[],
  message: string,
): Promise<void> {
  await expect(checkExternalData(model, ranges)).rejects.toMatchObject({
    code: 'ERR_ENGINERY_MODEL_INVALID',
    message: expect.stringContaining(message) as string,
  });
}

describe('checkExternalData', () => {
  it('returns the absolute path of each file', async () => {
    const { folder, model } = modelFolder();
    const paths = await checkExternalData(model, [range('data/w.bin'), range('./data//w.bin')]);
    expect([...paths]).toEqual([
      ['data/w.bin', join(folder, 'data/w.bin')],
      ['./data//w.bin', join(folder, 'data/w.bin')],
    ]);
  });

  it('accepts the committed model, and a model without external data', async () => {
    const path = modelPath('small/external.onnx');
    const { externalData } = await readModelOutline(path);
    const paths = await checkExternalData(path, externalData);
    expect([...paths.values()]).toEqual([modelPath('small/external.weights.bin')]);
    expect((await checkExternalData('nowhere/model.onnx', [])).size).toBe(0);
  });

  it('accepts a folder that is reached by a link, as package managers lay them out', async () => {
    const { root, folder } = modelFolder();
    symlinkSync(folder, join(root, 'linked'));
    const paths = await checkExternalData(join(root, 'linked/model.onnx'), [range('data/w.bin')]);
    expect(paths.get('data/w.bin')).toBe(join(folder, 'data/w.bin'));
  });

  it('refuses the committed model whose weights are outside its folder', async () => {
    const path = modelPath('small/external-outside.onnx');
    const { externalData } = await readModelOutline(path);
    await expectRefusal(path, [...externalData], 'a path without ".."');
  });

  it.each([
    ['..', '../outside.bin', 'without ".."'],
    ['.. further in, though it stays inside', 'data/../data/w.bin', 'without ".."'],
    ['a way out further in', 'data/../../outside.bin', 'without ".."'],
    ['an absolute path', '/etc/passwd', 'the absolute path'],
    ['a device', '/dev/zero', 'the absolute path'],
    ['a NUL character', 'data/w.bin\0.txt', 'without NUL'],
    ['a folder', 'data', 'a regular file'],
    ['a folder by its slash', 'data/', 'the name of a file'],
    ['the folder itself', '.', 'the name of a file'],
    ['a missing file', 'data/none.bin', 'nothing readable'],
    ['a file used as a folder', 'data/w.bin/x', 'nothing readable'],
    ['a long name', 'a'.repeat(5000), 'nothing readable'],
  ])('refuses %s', async (_, location, message) => {
    await expectRefusal(modelFolder().model, [range(location)], message);
  });

  it('refuses a symbolic link to a file, even one inside the folder', async () => {
    const { folder, model } = modelFolder();
    symlinkSync('data/w.bin', join(folder, 'link.bin'));
    await expectRefusal(model, [range('link.bin')], 'without symbolic links');
  });

  it('refuses a symbolic link among the folders', async () => {
    const { root, folder, model } = modelFolder();
    symlinkSync(root, join(folder, 'up'));
    await expectRefusal(model, [range('up/outside.bin')], 'a link at "up"');
  });

  it('refuses a hard link', async () => {
    const { root, folder, model } = modelFolder();
    linkSync(join(root, 'outside.bin'), join(folder, 'hard.bin'));
    await expectRefusal(model, [range('hard.bin')], 'no hard links');
  });

  it('refuses a pipe', async () => {
    const { folder, model } = modelFolder();
    execFileSync('mkfifo', [join(folder, 'pipe.bin')]);
    await expectRefusal(model, [range('pipe.bin')], 'a regular file');
  });

  it('refuses a range beyond the end of the file', async () => {
    const { model } = modelFolder();
    await expect(checkExternalData(model, [range('data/w.bin', 8n, 8n)])).resolves.toBeDefined();
    await expectRefusal(model, [range('data/w.bin', 9n, 8n)], 'a file of 16 bytes');
    await expectRefusal(model, [range('data/w.bin', 2n ** 62n, 8n)], 'a file of 16 bytes');
  });

  it('accepts tensors that share a range and refuses ranges that together claim more than the file', async () => {
    const { model } = modelFolder();
    const shared = [range('data/w.bin'), range('data/w.bin')];
    await expect(checkExternalData(model, shared)).resolves.toBeDefined();
    const overlapping = [range('data/w.bin', 0n, 10n), range('data/w.bin', 4n, 10n)];
    await expectRefusal(model, overlapping, 'ranges that do not overlap');
  });

  it('refuses when the folder of the model is missing', async () => {
    await expectRefusal('no/such/model.onnx', [range('w.bin')], 'the folder of');
  });
});
