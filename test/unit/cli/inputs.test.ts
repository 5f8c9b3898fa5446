/** Tests of --input: which file or word goes to which input, in every format. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFeeds, type InputOptions } from '../../../lib/cli/inputs.js';
import type { ModelInput } from '../../../lib/cli/synthetic.js';
import { npyPieces, npzPieces, type TensorContent } from '../../../lib/tensor/index.js';

const IMAGE: ModelInput = { name: 'image', type: 'float32', shape: ['batch', 2] };
const MASK: ModelInput = { name: 'mask', type: 'int64', shape: [3] };
const ONES: TensorContent = { type: 'float32', dims: [1, 2], data: Float32Array.of(1, 1) };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'enginery-inputs-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function options(inputs: readonly string[], more: Partial<InputOptions> = {}): InputOptions {
  return { inputs, shapes: new Map(), seed: 1, conversion: { isCast: false }, ...more };
}

const INVALID = expect.objectContaining({ code: 'ERR_ENGINERY_INVALID_ARGUMENT' }) as Error;

describe('readFeeds', () => {
  it('takes a bare file for the only input', async () => {
    const path = file('a=b.npy', Buffer.concat(npyPieces(ONES, 'x')));
    expect((await readFeeds([IMAGE], options([path]))).get('image')).toEqual(ONES);
  });

  it('takes name=file, and a word for what is left', async () => {
    const path = file('m.json', '[1, 2, "3"]');
    const feeds = await readFeeds([IMAGE, MASK], options(['zeros', `mask=${path}`]));
    expect(feeds.get('image')).toEqual({
      type: 'float32',
      dims: [1, 2],
      data: new Float32Array(2),
    });
    expect(feeds.get('mask')?.data).toEqual(BigInt64Array.of(1n, 2n, 3n));
  });

  it('takes all inputs from one .npz or .json', async () => {
    const mask: TensorContent = { type: 'int64', dims: [3], data: new BigInt64Array(3) };
    const npz = file(
      'all.npz',
      Buffer.concat(
        npzPieces(
          new Map([
            ['mask', mask],
            ['image', ONES],
          ]),
        ),
      ),
    );
    expect((await readFeeds([IMAGE, MASK], options([npz]))).get('mask')).toEqual(mask);
    const json = file('all.json', '{"image": [[1, 1]], "mask": {"dims": [3], "data": [0, 0, 0]}}');
    expect((await readFeeds([IMAGE, MASK], options([json]))).get('image')).toEqual(ONES);
  });

  it('takes one tensor of an .npz by the name of the input', async () => {
    const path = file('other.npz', Buffer.concat(npzPieces(new Map([['x', ONES]]))));
    expect((await readFeeds([IMAGE], options([`image=${path}`]))).get('image')).toEqual(ONES);
    await expect(readFeeds([IMAGE], options([path]))).rejects.toThrow(/write --input image=/u);
  });

  it('works the symbolic size of raw values out, or takes --shape', async () => {
    const path = file('raw.bin', new Uint8Array(new Float32Array(6).buffer));
    expect((await readFeeds([IMAGE], options([path]))).get('image')?.dims).toEqual([3, 2]);
    const shaped = options([path], { shapes: new Map([['', [6, 1]]]) });
    expect((await readFeeds([IMAGE], shaped)).get('image')?.dims).toEqual([6, 1]);
    const open: ModelInput = { ...IMAGE, shape: ['n', 'm'] };
    await expect(readFeeds([open], options([path]))).rejects.toThrow(/add --shape image:1x1/u);
    const odd = file('odd.bin', new Uint8Array(7));
    await expect(readFeeds([IMAGE], options([odd]))).rejects.toThrow(INVALID);
    await expect(readFeeds([MASK], options([odd]))).rejects.toThrow(/expected 24 bytes/u);
  });

  it('gives the same random values for the same seed', async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map(async (seed) =>
        (await readFeeds([IMAGE], options(['random'], { seed }))).get('image'),
      ),
    );
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    expect(Array.from(first?.data as Float32Array).every((value) => value >= 0 && value < 1)).toBe(
      true,
    );
  });

  it('makes random values and zeros of every type', async () => {
    const types = [
      'float16',
      'float64',
      'int4',
      'uint4',
      'uint8',
      'int32',
      'uint64',
      'bool',
      'string',
    ] as const;
    const inputs = types.map((type) => ({ name: type, type, shape: [5] }));
    for (const word of ['random', 'zeros']) {
      const feeds = await readFeeds(inputs, options([word]));
      expect([...feeds.values()].map(({ type }) => type)).toEqual(types);
    }
  });

  it.each([
    ['an unknown extension', ['image=x.png']],
    ['a missing file', ['none.npy']],
    ['a wrong input name', ['imgae=random']],
    ['two values for one input', ['image=random', 'random', 'image=zeros.npy']],
  ])('refuses %s', async (_, inputs) => {
    await expect(readFeeds([IMAGE], options(inputs))).rejects.toThrow(INVALID);
  });

  it('refuses nothing given, naming the inputs and the way out', async () => {
    await expect(readFeeds([IMAGE, MASK], options([]))).rejects.toThrow(
      /"image", "mask"; give --input name=file, or --input random/u,
    );
  });

  it('refuses a bare file for several inputs and unknown names for --shape', async () => {
    const path = file('two.npy', Buffer.concat(npyPieces(ONES, 'x')));
    await expect(readFeeds([IMAGE, MASK], options([path]))).rejects.toThrow(
      /the model has 2 inputs/u,
    );
    const shapes = new Map([['imgae', [1]]]);
    await expect(readFeeds([IMAGE], options(['random'], { shapes }))).rejects.toThrow(
      /did you mean "image"/u,
    );
  });

  it('asks for the name before the sizes of one of several inputs', async () => {
    const shapes = new Map([['', [1, 16]]]);
    await expect(readFeeds([IMAGE, MASK], options(['random'], { shapes }))).rejects.toThrow(
      /--shape image:1x16: the model has 2 inputs \("image", "mask"\)/u,
    );
  });

  it('refuses broken JSON and huge sizes without allocating them', async () => {
    await expect(readFeeds([IMAGE], options([file('bad.json', '[1,')]))).rejects.toThrow(
      /not JSON/u,
    );
    const shapes = new Map([['image', [2 ** 40, 2]]]);
    await expect(readFeeds([IMAGE], options(['zeros'], { shapes }))).rejects.toMatchObject({
      code: 'ERR_ENGINERY_OUT_OF_RANGE',
    });
  });
});
