/**
 * `freeDimensionOverrides`: sizes for the symbolic dimensions of a model, as shapes that every provider holds.
 * onnxruntime-node takes the option and does nothing with it (1.20 to 1.30).
 */

import { isRecord, warnOnce } from '../common/index.js';
import type { ModelSource, ShapeRange } from '../runtime/index.js';

/** The overrides that are sizes. Whatever else is there is ignored as onnxruntime-node does, but not in silence. */
function sizesFrom(value: unknown): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  if (value === undefined) return sizes;
  if (!isRecord(value)) {
    warnOnce(`session option freeDimensionOverrides is ignored: it is no object of sizes`);
    return sizes;
  }
  for (const [name, size] of Object.entries(value)) {
    if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) sizes.set(name, size);
    else warnOnce(`freeDimensionOverrides["${name}"] is ignored: it is no non-negative integer`);
  }
  return sizes;
}

/** `shapes`, and for the inputs that are not in it the sizes that `overrides` fix. */
export function withDimensionOverrides(
  shapes: ReadonlyMap<string, ShapeRange>,
  overrides: unknown,
  outline: ModelSource['outline'],
): ReadonlyMap<string, ShapeRange> {
  const sizes = sizesFrom(overrides);
  if (sizes.size === 0) return shapes;
  const unused = new Set(sizes.keys());
  const fixed = new Map<string, ShapeRange>();
  for (const { name, shape = [] } of outline?.inputs ?? []) {
    const range = shape.map((dim) => {
      const size = typeof dim === 'string' ? sizes.get(dim) : dim;
      if (typeof dim === 'string') unused.delete(dim);
      return size === undefined ? ([0, Infinity] as const) : ([size, size] as const);
    });
    const isOverridden = shape.some((dim) => typeof dim === 'string' && sizes.has(dim));
    if (isOverridden) fixed.set(name, range);
  }
  for (const name of unused) {
    warnOnce(`freeDimensionOverrides["${name}"] is ignored: no input has a dimension of that name`);
  }
  return new Map([...fixed, ...shapes]);
}
