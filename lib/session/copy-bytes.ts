/** Copies of the caller's bytes, so that nothing the caller does to them later matters. */

/** Bytes whose buffer is detached, or no longer holds them, are none. */
export function copyBytes(
  buffer: ArrayBufferLike,
  byteOffset = 0,
  byteLength: number = buffer.byteLength,
): Uint8Array {
  const copy = new Uint8Array(byteLength);
  // A view of a detached buffer cannot even be made.
  if (byteLength !== 0) copy.set(new Uint8Array(buffer, byteOffset, byteLength));
  return copy;
}

/** A copy of what a Uint8Array shows at this moment. */
export function copyView(bytes: Uint8Array): Uint8Array {
  return copyBytes(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
