/** Which typed arrays are memory of a runtime. */

import { describe, expect, it } from 'vitest';

import { engineMemoryOf, registerEngineMemory } from '../../../lib/runtime/engine-memory.js';
import type { NativeHandle } from '../../../lib/runtime/native-types.js';

/** A buffer of 2 x 4 floats that belongs to a runtime. */
function engineBuffer(): { readonly buffer: ArrayBuffer; readonly handle: NativeHandle } {
  const buffer = new ArrayBuffer(32);
  // Opaque to TypeScript: any object does.
  const handle = {} as NativeHandle;
  registerEngineMemory(buffer, { handle, dims: [2, 4] });
  return { buffer, handle };
}

describe('engineMemoryOf', () => {
  it('finds the memory behind an array over the whole of it', () => {
    const { buffer, handle } = engineBuffer();
    expect(engineMemoryOf(new Float32Array(buffer), [2, 4])?.handle).toBe(handle);
  });

  it('keeps buffers apart', () => {
    const [one, other] = [engineBuffer(), engineBuffer()];
    expect(engineMemoryOf(new Float32Array(one.buffer), [2, 4])?.handle).toBe(one.handle);
    expect(engineMemoryOf(new Float32Array(other.buffer), [2, 4])?.handle).toBe(other.handle);
  });

  it.each([
    ['an array that begins later', (buffer: ArrayBuffer) => new Float32Array(buffer, 4), [2, 4]],
    ['an array that ends earlier', (buffer: ArrayBuffer) => new Float32Array(buffer, 0, 4), [2, 4]],
    [
      'another shape of as many elements',
      (buffer: ArrayBuffer) => new Float32Array(buffer),
      [4, 2],
    ],
    ['another rank', (buffer: ArrayBuffer) => new Float32Array(buffer), [8]],
    ['a copy', (buffer: ArrayBuffer) => new Float32Array(buffer).slice(), [2, 4]],
  ])('takes %s for plain memory', (_, view, dims) => {
    expect(engineMemoryOf(view(engineBuffer().buffer), dims)).toBeUndefined();
  });
});
