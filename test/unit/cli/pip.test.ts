/** Tests of which wheel pip is asked for. */

import { describe, expect, it } from 'vitest';
import { pipCommand, wheelPlatforms } from '../../../lib/cli/pip.js';

describe('wheelPlatforms', () => {
  it.each([
    ['x64', '2.36', ['manylinux_2_28_x86_64']],
    ['x64', '2.17', []],
    ['arm64', '2.39', ['manylinux_2_35_aarch64', 'manylinux_2_31_aarch64']],
    ['arm64', '2.31', ['manylinux_2_31_aarch64']],
    ['arm64', '2.27', []],
    ['arm', '2.36', []],
    ['x64', undefined, []],
  ])('for %s with glibc %s are %j', (arch, glibc, platforms) => {
    expect(wheelPlatforms(arch, glibc)).toEqual(platforms);
  });
});

describe('pipCommand', () => {
  it('is one line to copy', () => {
    expect(pipCommand('2026.4.1', ['manylinux_2_28_x86_64'])).toBe(
      'python3 -m pip download --no-deps --only-binary=:all: --platform manylinux_2_28_x86_64 --python-version 3.11 openvino==2026.4.1',
    );
  });
});
