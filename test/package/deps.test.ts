/** scripts/deps.mjs takes what was pinned and nothing else, once. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ALWAYS,
  cacheWith,
  freshClone,
  pathWith,
  removeClones,
  replacePipDownload,
  runScript,
} from './clone.js';
import { openvinoFolder } from './tarball.js';

afterAll(removeClones);

const lack =
  openvinoFolder() === undefined
    ? 'nothing was brought here: node scripts/deps.mjs base'
    : undefined;
const BASE = ['scripts/deps.mjs', 'base'];

describe('scripts/deps.mjs', () => {
  it('refuses an archive with another checksum and leaves nothing of it', () => {
    const path = pathWith(ALWAYS);
    const cache = cacheWith([]);
    // pip download ... --dest FOLDER ...: whatever is asked for, the file is a stranger's.
    replacePipDownload(
      path,
      'while [ "$1" != --dest ]; do shift; done; echo stranger > "$2/openvino.whl"; exit 0',
    );
    const clone = freshClone();
    const { status, said } = runScript(clone, [...BASE, '--strict'], { path, cache });
    expect(said).toContain('it is not what was pinned');
    expect(status).toBe(1);
    expect(readdirSync(join(cache, 'enginery', 'deps'))).toEqual([]);
    expect(existsSync(join(clone, 'build', 'deps', 'openvino'))).toBe(false);
  });

  it('downloads nothing that the cache of the user has, and does nothing the second time', (context) => {
    context.skip(lack !== undefined, lack);
    const clone = freshClone();
    const path = pathWith([...ALWAYS, 'python3']);
    const cache = cacheWith(['openvino', 'onnx-schema', 'protoc']);
    const first = runScript(clone, BASE, { path, cache });
    expect(first.said).toContain('linked from the cache');
    expect(first.said).not.toContain('bringing');
    const second = runScript(clone, BASE, { path, cache });
    expect(second.said.trim()).toBe('deps: base ready in build/deps');
  });

  it('refuses a group that it does not know', () => {
    const { status, said } = runScript(freshClone(), ['scripts/deps.mjs', 'opencl'], {
      path: pathWith(ALWAYS),
      cache: cacheWith([]),
    });
    expect(status).toBe(2);
    expect(said).toContain('opencl');
  });
});
