/** A fresh clone on a machine that lacks something: what is missing is said with the command, and the rest works. */

import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ALWAYS,
  cacheWith,
  COMPILER,
  freshClone,
  pathWith,
  removeClones,
  replacePipDownload,
  runScript,
} from './clone.js';
import { openvinoFolder } from './tarball.js';

afterAll(removeClones);

const START = ['scripts/start.mjs'];
const lack =
  openvinoFolder() === undefined
    ? 'nothing was brought here: node scripts/deps.mjs base'
    : undefined;

describe('npm start on a fresh clone', () => {
  it('names the command that installs a compiler, and runs the digits on ONNX Runtime', (context) => {
    context.skip(lack !== undefined, lack);
    const { status, said } = runScript(freshClone(), START, {
      path: pathWith([...ALWAYS, 'python3']),
      cache: cacheWith(['openvino', 'onnx-schema', 'protoc']),
    });
    expect(said).toContain('apt-get install -y cmake g++ make');
    expect(said).toMatch(/99\.6\s?%/);
    expect(status).toBe(0);
  });

  it('says that the OpenVINO wheel cannot be had, and runs the digits on ONNX Runtime', (context) => {
    context.skip(lack !== undefined, lack);
    const path = pathWith([...ALWAYS, ...COMPILER]);
    // As on a platform or a mirror without it.
    replacePipDownload(path, 'echo "ERROR: No matching distribution found" >&2');
    const cache = cacheWith(['onnx-schema', 'protoc']);
    const { status, said } = runScript(freshClone(), START, { path, cache });
    expect(said).toContain('openvino 2026.4.1');
    expect(said).toContain('No matching distribution found');
    expect(said).toMatch(/99\.6\s?%/);
    expect(status).toBe(0);
  });

  it('names the command that installs Python, and what works without a build', () => {
    const clone = freshClone();
    const { status, said } = runScript(clone, START, {
      path: pathWith([...ALWAYS, ...COMPILER]),
      cache: cacheWith([]),
    });
    expect(said).toContain('apt-get install -y python3 python3-pip');
    expect(said).toContain('npm install enginery');
    expect(readdirSync(clone)).not.toContain('dist');
    expect(status).toBe(1);
  });
});
