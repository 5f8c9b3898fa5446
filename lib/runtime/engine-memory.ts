/** Which array buffers are memory of a runtime (engine.allocate()), so that runs use them without a copy. */

import type { NativeHandle } from './native-types.js';

export interface EngineMemory {
  readonly handle: NativeHandle;
  readonly dims: readonly number[];
}

const memories = new WeakMap<ArrayBufferLike, EngineMemory>();

export function registerEngineMemory(buffer: ArrayBuffer, memory: EngineMemory): void {
  memories.set(buffer, memory);
}

/** The memory behind a typed array that covers the whole of it with these dims, else undefined. */
export function engineMemoryOf(
  data: ArrayBufferView,
  dims: readonly number[],
): EngineMemory | undefined {
  const memory = memories.get(data.buffer);
  if (memory === undefined) return undefined;
  if (data.byteOffset !== 0 || data.byteLength !== data.buffer.byteLength) return undefined;
  if (memory.dims.length !== dims.length) return undefined;
  return memory.dims.every((dim, i) => dim === dims[i]) ? memory : undefined;
}
