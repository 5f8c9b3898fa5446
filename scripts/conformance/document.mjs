// @ts-check
/** Writes docs/conformance.md from the results of a run. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { format } from 'prettier';

import { OPENVINO_VERSION } from '../../dist/runtime/libraries.js';
import { WRONG_RESULTS } from '../../dist/runtime/openvino-wrong-results.js';
import { root } from '../paths.mjs';
import { byCase, count, hasFailed, select, setNames, summaryRows } from './summary.mjs';

/** @typedef {import('./pool.mjs').Result} Result */

/**
 * @param {readonly Result[]} results
 * @param {{ lacks: readonly string[] }} options
 */
export async function documentFrom(results, { lacks }) {
  const text = [
    introduction(lacks),
    ...setNames(results).map((set) => setSection(select(results, { set }), set)),
    wrongResults(),
    readFileSync(join(import.meta.dirname, 'known-differences.md'), 'utf8'),
  ].join('\n\n');
  const style = JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8'));
  return format(text, { ...style, parser: 'markdown' });
}

/** @param {readonly string[]} lacks */
function introduction(lacks) {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
  const date = new Date().toISOString().slice(0, 10);
  const left = lacks.map((lack) => `\nLeft out: ${lack}.`).join('');
  return `# Conformance

What the ONNX backend test vectors show, written by \`npm run conformance\` on ${date}: ${cpus().length} cores
(${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, OpenVINO ${OPENVINO_VERSION}, onnxruntime-node ${version}.
The vectors are those of Debian's package libonnx-testdata (ONNX 1.12) and of the Python wheel onnx 1.19.1.${left}

Each case runs four ways, each time in a child process, so that a crash costs one case:

| way | what runs |
|---|---|
| onnxruntime-node | that package, as the baseline |
| openvino alone | OpenVINO's own answer, with none of this package's rules in front of it |
| openvino | this package with provider \`openvino\` and \`strict: true\`: what it cannot compute rightly it refuses |
| fallback | this package as it is by default: OpenVINO, then ONNX Runtime |

A case passes when every output has the expected type and dims, and its values differ from the expected ones by at most
1e-7 + 1e-3 x |expected| for float32 and float64 (the limits of ONNX's own backend tests), 2^-24 + 2^-9 x |expected| for
float16 (two units in the last place), and not at all for every other type. NaN equals NaN. Refused means that no
session was made, skipped that onnxruntime-common has no words for the case.`;
}

/**
 * @param {readonly Result[]} results
 * @param {string} set
 */
function setSection(results, set) {
  const cases = [...byCase(results).values()];
  const alone = select(results, { mode: 'openvino alone', outcome: 'passed' });
  const served = count(results, { mode: 'fallback', outcome: 'passed', provider: 'openvino' });
  const notServed = cases.flatMap((modes) => {
    const ours = modes.get('openvino');
    const isLost = modes.get('openvino alone')?.outcome === 'passed' && ours?.outcome !== 'passed';
    return isLost && ours !== undefined ? [ours] : [];
  });
  const float64 = notServed.filter(({ types = [] }) => types.includes('float64'));
  const gained = cases.flatMap((modes) => {
    const theirs = modes.get('onnxruntime-node');
    const isGained = theirs?.outcome !== 'passed' && modes.get('fallback')?.outcome === 'passed';
    return isGained && theirs !== undefined ? [theirs] : [];
  });
  const failing = select(results, { mode: 'fallback' }).filter(
    (one) => hasFailed(one) || one.outcome === 'refused',
  );
  return `## ${set}

${table(
  ['folder', 'way', 'passed', 'by OpenVINO', 'failed', 'refused', 'skipped'],
  summaryRows(results, set).map((row) => [
    row.group,
    row.mode,
    ...[row.passed, row.byOpenvino, row.failed, row.refused, row.skipped].map(String),
  ]),
)}

**OpenVINO itself serves ${served} cases rightly; by itself it passes ${alone.length}.** The ${notServed.length} others that it
passes by itself are refused by rule, since it computes the same operators and types wrongly for other values. ${float64.length}
of these have float64 inputs or outputs, which it computes as float32: right within the limits above, and without the
precision and the range that float64 is asked for.

${grouped(notServed)}

### ${set}: what fails with fallback on

${table(
  ['case', 'served by', 'reason', 'onnxruntime-node'],
  failing.map((one) => [
    one.case.name,
    one.provider ?? 'nobody',
    reasonOf(one),
    cases.find((modes) => modes.get('fallback') === one)?.get('onnxruntime-node')?.outcome ?? '',
  ]),
)}

### ${set}: what passes here and not on onnxruntime-node

${grouped(gained)}

### ${set}: what provider openvino refuses

${grouped(select(results, { mode: 'openvino', outcome: 'refused' }))}

### ${set}: what is skipped

${grouped(select(results, { mode: 'fallback', outcome: 'skipped' }))}`;
}

/**
 * Names under their reasons.
 * @param {readonly Result[]} results
 */
function grouped(results) {
  /** @type {Map<string, string[]>} */
  const names = new Map();
  for (const one of results) {
    const reason = reasonOf(one);
    names.set(reason, [...(names.get(reason) ?? []), one.case.name]);
  }
  if (names.size === 0) return 'Nothing.';
  return [...names]
    .map(([reason, of]) => `- ${reason} (${of.length}): ${of.join(', ')}`)
    .join('\n');
}

/** What is particular to one case or machine, and what is said of many at once in a shorter way. */
const SHORTER = /** @type {const} */ ([
  // With fallback on, ONNX Runtime's own reason is the one that tells why nobody serves.
  [/^no provider serves this model:.*\ncpu: ERR_\w+: /s, ''],
  [/^ONNX Runtime [\d.]+ \(cpu\) could not create the session: /, ''],
  [/\s+/g, ' '],
  [/; use provider 'cpu'.*$|\. If this is a sound model.*$/, ''],
  [
    /^expected operators .*?, got (\w+) of operator set (\d+) for '.*?': OpenVINO/,
    '$1-$2: OpenVINO',
  ],
  [/^expected no (\w+) tensors for OpenVINO(.*?), got one for .*$/, '$1 tensors for OpenVINO$2'],
  [
    /^OpenVINO could not read .*? No conversion rule found for operations: /,
    'no conversion rule for ',
  ],
  [/^OpenVINO could not read .*? detailed log: -- /, 'not converted: '],
  [/While validating ONNX node '<Node\((\w+)\).*?>': /, ''],
  [/Load model from \S+ failed:|Exception during initialization: ?|\/onnxruntime_src\/\S+ /g, ''],
  [/ node with name ''| \('.*?'\)$/, ''],
  [/^(the process ended by \w+).*$/, '$1'],
  [/Operation name: \S+/, ''],
]);
const MOST_REASON = 160;

/** @param {Result} result */
function reasonOf({ outcome, reason = outcome }) {
  const text = SHORTER.reduce((left, [what, by]) => left.replace(what, by), reason).trim();
  const short = text.length > MOST_REASON ? `${text.slice(0, MOST_REASON)} ...` : text;
  return escaped(short);
}

/** @param {string} text */
const escaped = (text) => text.replace(/[\\|<>*_[\]`]/g, (mark) => `\\${mark}`);

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function wrongResults() {
  const rows = WRONG_RESULTS.map(({ name, operators, opsets, does }) => [
    name,
    operators.join(', '),
    opsets === undefined
      ? 'all'
      : opsets.filter(Number.isFinite).join(' to ') + (opsets[1] === Infinity ? ' on' : ''),
    escaped(does),
  ]);
  return `## What OpenVINO computes wrongly

Provider \`openvino\` refuses a model that has one of these, in its graph, a subgraph or a function, and the next
provider serves it. For each rule \`test/integration/wrong-results.test.ts\` has a model that OpenVINO ${OPENVINO_VERSION} computes
wrongly, so that a rule that a later version no longer needs shows.

${table(['rule', 'operators', 'operator sets', 'OpenVINO'], rows)}`;
}
