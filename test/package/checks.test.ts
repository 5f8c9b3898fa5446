/** The checks of the build refuse what they are there to refuse. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { wrongArrows } from '../../scripts/check-native-arrows.mjs';
import { tooNew } from '../../scripts/check-symbols.mjs';
import { freshClone, removeClones } from './clone.js';
import { repository, temporaryFolder } from './tarball.js';

describe('native/sources.txt', () => {
  it('lists every source of native/ once, sorted', () => {
    const listed = readFileSync(join(repository, 'native/sources.txt'), 'utf8').trim().split('\n');
    const found = readdirSync(join(repository, 'native'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.cc'))
      .map((name) => `native/${name}`)
      .sort();
    expect(listed).toEqual(found);
  });
});

describe('the arrows of native/', () => {
  it.each([
    ['base/status.h', '#include "runtime/tensor.h"', 'base/ must not include'],
    ['openvino/core.cc', '#include "tensorrt/api.h"', 'openvino/ must not include'],
    ['openvino/core.cc', '#include <napi.h>', 'only'],
    ['addon/run.cc', '#include <napi.h>', 'only'],
    ['addon/run.cc', '#include <openvino/c/openvino.h>', 'only'],
    ['openvino/core.cc', '#include "core.h"', 'expected a path from native/'],
    ['elsewhere/a.cc', '', 'no room'],
  ])('refuse in %s: %s', (file, line, reason) => {
    expect(wrongArrows(file, line)).toEqual([expect.stringContaining(reason)]);
  });

  it.each([
    ['addon/napi_config.h', '#include <napi.h>'],
    ['addon/run.cc', '#include "openvino/core.h"'],
    ['openvino/api.h', '#include <openvino/c/openvino.h>'],
    ['openvino/api.h', '#include <string>'],
  ])('allow in %s: %s', (file, line) => {
    expect(wrongArrows(file, line)).toEqual([]);
  });
});

describe('the symbols of an addon', () => {
  it('are refused when a newer C library is needed', () => {
    const versions = 'Name: GLIBC_2.36  Flags: none\n Name: GLIBCXX_3.4.30 \n Name: GLIBC_2.9';
    expect(tooNew(versions)).toEqual([expect.stringContaining('needs GLIBC_2.36')]);
  });

  it('are compared as versions, not as text', () => {
    expect(tooNew('Name: GLIBC_2.4\n Name: GLIBCXX_3.4.9')).toEqual([]);
    expect(tooNew('Name: GLIBCXX_3.4.31')).toHaveLength(1);
  });
});

describe('the arrows of lib/', () => {
  /** What dependency-cruiser says of a lib/ with these files. */
  function cruise(files: Readonly<Record<string, string>>): string {
    const folder = temporaryFolder('arrows');
    try {
      for (const [name, text] of Object.entries(files)) {
        const path = join(folder, 'lib', name);
        mkdirSync(join(path, '..'), { recursive: true });
        writeFileSync(path, text);
      }
      for (const name of ['package.json', 'tsconfig.json', 'tsconfig.base.json']) {
        writeFileSync(join(folder, name), readFileSync(join(repository, name)));
      }
      symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
      const { stdout } = spawnSync(
        join(repository, 'node_modules/.bin/depcruise'),
        ['--config', join(repository, '.dependency-cruiser.cjs'), 'lib'],
        { cwd: folder, encoding: 'utf8' },
      );
      return stdout;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it.each([
    [
      'a room above',
      'arrow-tensor',
      { 'tensor/a.ts': "import '../runtime/index.js';", 'runtime/index.ts': '' },
    ],
    [
      'a room beside',
      'arrow-tensor',
      { 'tensor/a.ts': "import '../onnx/index.js';", 'onnx/index.ts': '' },
    ],
    [
      'a file behind a door',
      'door-of-common',
      { 'tensor/a.ts': "import '../common/b.js';", 'common/b.ts': '' },
    ],
    ['the public surface', 'arrow-cli', { 'cli/a.ts': "import '../index.js';", 'index.ts': '' }],
    [
      'itself in a circle',
      'no-cycle',
      { 'tensor/a.ts': "import './b.js';", 'tensor/b.ts': "import './a.js';" },
    ],
    [
      'the addon',
      'only-loader-of-the-addon',
      { 'runtime/a.ts': "const require = createRequire(''); require('node-gyp-build');" },
    ],
    [
      'onnxruntime-common',
      'only-loader-of-onnxruntime-common',
      { 'session/a.ts': "import { Tensor } from 'onnxruntime-common'; Tensor;" },
    ],
    [
      'onnxruntime-node',
      'only-loader-of-onnxruntime-node',
      { 'runtime/a.ts': "await import('onnxruntime-node');" },
    ],
    [
      'protobuf',
      'only-onnx-knows-protobuf',
      { 'quantize/a.ts': "import type { Message } from '@bufbuild/protobuf';" },
    ],
    ['a development package', 'no-development-package', { 'common/a.ts': "import 'prettier';" }],
  ])('refuse an import of %s', (_, rule, files) => {
    expect(cruise(files as Record<string, string>)).toContain(rule);
  });

  it('allow a lower room through its door, and types of a package that another file loads', () => {
    const files = {
      'session/a.ts': "import type { Tensor } from 'onnxruntime-common'; export type T = Tensor;",
      'tensor/a.ts': "import '../common/index.js';",
      'common/index.ts': '',
    };
    expect(cruise(files)).toContain('no dependency violations');
  });
});

describe('a tarball without the addon', () => {
  afterAll(removeClones);

  it('is not made: npm pack says what makes the addon', () => {
    const { status, stderr } = spawnSync('npm', ['pack', '--loglevel=error'], {
      cwd: freshClone(),
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/linux-x64\/enginery.glibc.node is missing.*: npm run prebuild/);
    expect(status).toBe(1);
  });
});

describe('the scripts', () => {
  const runScript = (args: readonly string[]): { status: number | null; said: string } => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: repository,
      encoding: 'utf8',
    });
    return { status, said: (stdout + stderr).trim() };
  };

  it.each(['models', 'prebuild'])('answer --help with one line: %s', (name) => {
    const { status, said } = runScript([`scripts/${name}.mjs`, '--help']);
    expect(status).toBe(0);
    expect(said).toMatch(new RegExp(`^npm run ${name} .*$`));
  });

  it.each([
    ['models', ['--nonsense'], /^models: Unknown option '--nonsense'.*$/],
    ['models', ['nonsense'], /^models: expected names of mobilenet-v2-160, .*, got nonsense$/m],
    ['prebuild', ['--nonsense'], /^prebuild: Unknown option '--nonsense'.*$/],
    ['prebuild', ['--arch', 'mips'], /^prebuild: expected --arch .*, got mips$/],
    ['bench', ['--models', 'nonsense'], /^bench: expected a model's path .*got nonsense.*$/m],
  ])(
    'refuse with exit code 2 and no stack: %s %j',
    (name, args, message) => {
      const { status, said } = runScript([`scripts/${name}.mjs`, ...args]);
      expect(said).toMatch(message);
      expect(said).not.toMatch(/^ {4}at /m);
      expect(status).toBe(2);
    },
    120_000,
  );
});
