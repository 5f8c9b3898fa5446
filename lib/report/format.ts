/** Numbers as people read them: milliseconds, bytes, counts, percentages and tensor values. */

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Three significant digits, never in exponent form: 0.214, 12.3, 1234. */
function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return value.toFixed(0);
  if (magnitude >= 10) return value.toFixed(1);
  if (magnitude >= 1) return value.toFixed(2);
  return value.toFixed(3);
}

/** `0.214 ms`, `12.3 ms`, `4.20 s`. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  return Math.abs(ms) >= 10_000 ? `${threeDigits(ms / 1000)} s` : `${threeDigits(ms)} ms`;
}

/** `512 B`, `63.7 MiB`. */
export function formatBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${threeDigits(value)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** `1 234 567`: groups of three, split by spaces. */
export function formatCount(count: number | bigint): string {
  return String(count).replace(/\B(?=(\d{3})+$)/gu, ' ');
}

/** `99.6 %` of a ratio. */
export function formatPercent(ratio: number, digits = 1): string {
  return Number.isFinite(ratio) ? `${(ratio * 100).toFixed(digits)} %` : '-';
}

/** A tensor's value in at most nine characters or so: `-12.34`, `1.2e-7`, `3`, `NaN`. */
export function formatValue(value: number | bigint | string): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 24 ? `${value.slice(0, 24)}...` : value);
  if (typeof value === 'bigint' || Number.isInteger(value)) {
    const digits = String(value);
    return digits.length <= 12 ? digits : Number(value).toExponential(3);
  }
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  return magnitude >= 1e6 || magnitude < 1e-4
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}

/** The value below which `fraction` of `sorted` (ascending) lies, by nearest rank; NaN when there are none. */
export function percentile(sorted: ArrayLike<number>, fraction: number): number {
  if (sorted.length === 0) return NaN;
  const rank = Math.ceil(fraction * sorted.length) - 1;
  return sorted[Math.min(sorted.length - 1, Math.max(0, rank))] ?? NaN;
}

/** The number at the start of a version with its build's name behind it: 2026.4.1 of `2026.4.1-22982-e213a147257`. */
export function shortVersion(version: string): string {
  return /^\d+(?:\.\d+)+/u.exec(version)?.[0] ?? version;
}

/** Breaks each line of `text` between words to at most `width` columns; longer words stay whole. */
export function wrapText(text: string, width: number): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    let current = '';
    for (const word of line.split(' ')) {
      if (current !== '' && current.length + 1 + word.length > width) {
        lines.push(current);
        current = word;
      } else {
        current = current === '' ? word : `${current} ${word}`;
      }
    }
    lines.push(current);
  }
  return lines.join('\n');
}
