/** Shapes: counting elements of concrete dims without ever overflowing in silence. */

import { invalidArgument, outOfRange } from './errors.js';

/** A size of a model's input or output: fixed, or symbolic (a name, possibly empty). */
export type SymbolicDim = number | string;

/** Checks that `dims` are non-negative safe integers and returns their product. */
export function elementCount(dims: readonly number[], name: string): number {
  let count = 1;
  for (let i = 0; i < dims.length; i++) {
    const dim = dims[i];
    if (typeof dim !== 'number') {
      throw invalidArgument(
        `expected a number for dims[${i}] of ${name}, got ${String(dim)} (${typeof dim})`,
      );
    }
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw outOfRange(
        `expected a non-negative integer for dims[${i}] of ${name}, got ${dim} (number)`,
      );
    }
    count *= dim;
    if (!Number.isSafeInteger(count)) {
      throw outOfRange(
        `expected at most 2^53-1 elements for ${name}, got dims [${dims.join(', ')}]`,
      );
    }
  }
  return count;
}

/** Text of a shape for messages: `[batch, 1, 8, 8]`. */
export function formatShape(shape: readonly SymbolicDim[]): string {
  return `[${shape.map((dim) => (dim === '' ? '?' : String(dim))).join(', ')}]`;
}
