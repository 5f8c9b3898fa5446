// @ts-check
/** Counts of results, for the terminal and for the document. */

import { renderTable } from '../../dist/report/index.js';

/** @typedef {import('./pool.mjs').Result} Result */

/** In the order in which tables show them. */
export const MODE_NAMES = /** @type {const} */ ([
  'onnxruntime-node',
  'openvino alone',
  'openvino',
  'fallback',
]);

/**
 * @typedef {object} Selection
 * @property {string} [set]
 * @property {string} [group]
 * @property {string} [mode]
 * @property {Result['outcome']} [outcome]
 * @property {string} [provider]
 */

/**
 * @param {readonly Result[]} results
 * @param {Selection} selection
 */
export function select(results, { set, group, mode, outcome, provider }) {
  return results.filter(
    (one) =>
      (set === undefined || one.case.set === set) &&
      (group === undefined || one.case.group === group) &&
      (mode === undefined || one.mode === mode) &&
      (outcome === undefined || one.outcome === outcome) &&
      (provider === undefined || one.provider === provider),
  );
}

/**
 * @param {readonly Result[]} results
 * @param {Selection} selection
 */
export const count = (results, selection) => select(results, selection).length;

/** @param {Result} result */
export const hasFailed = ({ outcome }) =>
  outcome === 'wrong' || outcome === 'failed' || outcome === 'crashed';

/**
 * Results by set, group and case, each with its modes.
 * @param {readonly Result[]} results
 */
export function byCase(results) {
  /** @type {Map<string, Map<string, Result>>} */
  const cases = new Map();
  for (const result of results) {
    const { set, group, name } = result.case;
    const key = `${set}/${group}/${name}`;
    const modes = cases.get(key) ?? new Map();
    cases.set(key, modes.set(result.mode, result));
  }
  return cases;
}

/**
 * What onnxruntime-node passes and this package with fallback on does not.
 * @param {readonly Result[]} results
 */
export function regressions(results) {
  return [...byCase(results).values()].flatMap((modes) => {
    const ours = modes.get('fallback');
    const isLost =
      modes.get('onnxruntime-node')?.outcome === 'passed' && ours?.outcome !== 'passed';
    return isLost && ours !== undefined ? [ours] : [];
  });
}

/** @param {readonly Result[]} results */
export function setNames(results) {
  return [...new Set(results.map((one) => one.case.set))];
}

/**
 * One row for each folder and mode.
 * @param {readonly Result[]} results
 * @param {string} set
 */
export function summaryRows(results, set) {
  const groups = new Set(select(results, { set }).map((one) => one.case.group));
  return [...groups, undefined].flatMap((group) =>
    MODE_NAMES.flatMap((mode) => {
      const of = select(results, { set, ...(group === undefined ? {} : { group }), mode });
      if (of.length === 0) return [];
      return [
        {
          group: group ?? 'all',
          mode,
          passed: count(of, { outcome: 'passed' }),
          byOpenvino: count(of, { outcome: 'passed', provider: 'openvino' }),
          failed: of.filter(hasFailed).length,
          refused: count(of, { outcome: 'refused' }),
          skipped: count(of, { outcome: 'skipped' }),
        },
      ];
    }),
  );
}

/** @param {readonly Result[]} results */
export function summaryTable(results) {
  const rows = setNames(results).flatMap((set) =>
    summaryRows(results, set)
      .filter(({ group }) => group === 'all')
      .map((row) => [
        set,
        row.mode,
        ...[row.passed, row.byOpenvino, row.failed, row.refused, row.skipped].map(String),
      ]),
  );
  return renderTable({
    head: ['set', 'way', 'passed', 'by OpenVINO', 'failed', 'refused', 'skipped'],
    rows,
    right: [2, 3, 4, 5, 6],
  });
}
