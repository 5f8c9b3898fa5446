/** Numbers in messages as onnxruntime-node's C++ writes them, so that its words and ours are the same. */

/** The largest size and thread count that onnxruntime-node takes. */
const MOST_UINT32 = 4294967295;

/** A double as a C++ stream writes it: six significant digits, `nan`, `inf`, `5e+09`. */
export function streamedNumber(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const rounded = Number(value.toPrecision(6));
  const magnitude = Math.abs(rounded);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) return String(rounded);
  // JavaScript writes 5e+9 where C++ writes 5e+09.
  return rounded.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Is it an integer in [0, 2^32)? */
export function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MOST_UINT32;
}
