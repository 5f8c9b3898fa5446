/** The result of `enginery doctor`: machine, runtimes, and numbered fixes with exact commands. */

import { homedir } from 'node:os';

import {
  formatBytes,
  renderPairs,
  renderTable,
  shortVersion,
  wrapText,
  type Style,
} from '../report/index.js';
import type { RuntimeReport, SearchPlace } from '../runtime/index.js';
import type { Machine } from './machine.js';

export interface DoctorReport {
  readonly version: string;
  readonly machine: Machine;
  /** Our own native addon, which every OpenVINO model needs. */
  readonly addon: RuntimeReport;
  readonly runtimes: readonly RuntimeReport[];
  /** Where OpenVINO is looked for, best first. */
  readonly openvinoPlaces: readonly SearchPlace[];
}

const MAX_TEXT_COLUMNS = 100;

const RUNTIME_NAMES: Readonly<Record<string, string>> = Object.freeze({
  openvino: 'OpenVINO',
  cpu: 'ONNX Runtime',
  addon: 'addon',
});

/** One thing to do. */
export interface Fix {
  readonly runtime: string;
  readonly reason: string;
  readonly command: string;
}

function openvinoCommand({ machine, openvinoPlaces, addon }: DoctorReport): string {
  if (!addon.available) return addonCommand(machine);
  if (machine.glibc === undefined) return 'use a Linux with glibc: OpenVINO has no build for musl';
  const used = openvinoPlaces.find(({ library }) => library !== undefined);
  // A place named by the user is the only one looked at: installing elsewhere would change nothing.
  if (openvinoPlaces[0]?.place === 'ENGINERY_OPENVINO')
    return 'unset ENGINERY_OPENVINO && npx enginery setup openvino';
  return used?.place === 'setup'
    ? 'npx enginery setup openvino --force'
    : 'npx enginery setup openvino';
}

function addonCommand({ platform }: Machine): string {
  return platform === 'linux'
    ? 'npm install enginery   (in a source checkout: npm run build:native)'
    : 'use Linux (x64 or arm64): the native addon is built for it';
}

/** The library that was being loaded when the probe crashed; the report of a dead process cannot tell. */
function reasonOf(report: RuntimeReport, openvinoPlaces: readonly SearchPlace[]): string {
  const message = report.message ?? 'not found';
  const library = openvinoPlaces.find((place) => place.library !== undefined)?.library;
  const isCrash = report.provider === 'openvino' && message.includes('crashed');
  return isCrash && library !== undefined ? `${message}: ${library}` : message;
}

/** What to do about everything that cannot serve. */
export function fixesOf(report: DoctorReport): Fix[] {
  return [report.addon, ...report.runtimes]
    .filter(({ available }) => !available)
    .map((missing) => ({
      runtime: RUNTIME_NAMES[missing.provider] ?? missing.provider,
      reason: reasonOf(missing, report.openvinoPlaces),
      command:
        missing.provider === 'cpu'
          ? 'npm install onnxruntime-node'
          : missing.provider === 'addon'
            ? addonCommand(report.machine)
            : openvinoCommand(report),
    }));
}

function shortPath(path: string): string {
  const home = homedir();
  return home.length > 1 && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function limitsText(machine: Machine): string {
  const cpu =
    machine.cpuQuota === undefined
      ? 'no CPU limit'
      : `${Number(machine.cpuQuota.toFixed(2))} CPUs allowed`;
  const memory =
    machine.memoryLimitBytes === undefined
      ? 'no memory limit'
      : `${formatBytes(machine.memoryLimitBytes)} memory allowed`;
  return `${cpu}, ${memory} (cgroup)`;
}

function machinePairs(report: DoctorReport, style: Style): [string, string][] {
  const { machine, version } = report;
  const missing =
    machine.missingFlags.length === 0
      ? ''
      : style.dim(`  without ${machine.missingFlags.join(' ')}`);
  const addon = report.addon.available
    ? style.good(`loaded, version ${report.addon.version ?? '-'}`)
    : style.bad('not loaded');
  return [
    ['enginery', version],
    [
      'node',
      `${machine.node} on ${machine.platform} ${machine.arch}, kernel ${machine.kernel}, ${machine.glibc === undefined ? 'no glibc' : `glibc ${machine.glibc}`}`,
    ],
    [
      'processor',
      `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}, ${formatBytes(machine.memoryBytes)} memory`,
    ],
    ['vectors', `${machine.flags.length === 0 ? 'none known' : machine.flags.join(' ')}${missing}`],
    ['limits', limitsText(machine)],
    ['addon', addon],
  ];
}

function runtimeRow(report: RuntimeReport, style: Style): string[] {
  const devices = report.devices.map(({ name, description }) =>
    description === '' ? name : `${name} (${description})`,
  );
  return [
    RUNTIME_NAMES[report.provider] ?? report.provider,
    report.provider,
    report.available ? style.good('ready') : style.bad('missing'),
    shortVersion(report.version ?? '-'),
    devices.join(', ') || '-',
    report.path === undefined ? '-' : shortPath(report.path),
  ];
}

/** Load failures name every place and number their fixes: one to a line. */
function spread(reason: string): string {
  return reason
    .replace(/\. (Searched:|To fix it:)/gu, '.\n$1')
    .replace(/([;:]) (\d+\. )/gu, '$1\n$2')
    .replace(/^Searched: .*$/mu, (places) => places.replaceAll('; ', ';\n  '));
}

function fixText(
  { runtime, reason, command }: Fix,
  i: number,
  width: number,
  style: Style,
): string {
  const text = wrapText(spread(reason.trim()), Math.min(width, MAX_TEXT_COLUMNS) - 3);
  const lines = text.split('\n').map((line) => `   ${line}`);
  return [`${i + 1}. ${style.bold(runtime)}`, ...lines, `   ${style.bold('run')}  ${command}`].join(
    '\n',
  );
}

/** The screen. */
export function doctorReportText(
  report: DoctorReport,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const table = renderTable({
    head: ['runtime', 'provider', 'state', 'version', 'devices', 'place'],
    rows: report.runtimes.map((runtime) => runtimeRow(runtime, style)),
    // A path cut off is of no use: on a narrow terminal it goes on in the next line.
    style,
  });
  const fixes = fixesOf(report);
  const fixBlock =
    fixes.length === 0
      ? 'Nothing to fix.'
      : [
          'What is missing and how to get it:',
          ...fixes.map((fix, i) => fixText(fix, i, width, style)),
        ].join('\n');
  return [renderPairs(machinePairs(report, style), style), table, fixBlock].join('\n\n');
}

/** The JSON object. */
export function doctorReportJson(report: DoctorReport): Record<string, unknown> {
  return { ...report, fixes: fixesOf(report) };
}
