/** Brings a wheel with pip, the ordinary client of Python's package index, without installing anything. */

import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { abortError, EngineryError, messageFromUnknown } from '../common/index.js';

const OUTPUT_BYTES = 4000;

export interface Download {
  readonly version: string;
  readonly platforms: readonly string[];
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Wheel platforms for this machine, best first (openvino.md section 6); empty where there is no wheel. */
export function wheelPlatforms(arch: string, glibc: string | undefined): string[] {
  if (glibc === undefined) return [];
  const minor = Number(/^2\.(\d+)/u.exec(glibc)?.[1] ?? 0);
  if (arch === 'x64') return minor >= 28 ? ['manylinux_2_28_x86_64'] : [];
  if (arch !== 'arm64') return [];
  return [
    ...(minor >= 35 ? ['manylinux_2_35_aarch64'] : []),
    ...(minor >= 31 ? ['manylinux_2_31_aarch64'] : []),
  ];
}

function pipArguments({ version, platforms, folder }: Download): string[] {
  return [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    ...platforms.flatMap((platform) => ['--platform', platform]),
    '--python-version',
    '3.11',
    '--disable-pip-version-check',
    '--no-input',
    '--progress-bar',
    'off',
    '--dest',
    folder,
    `openvino==${version}`,
  ];
}

/** The command for a person to copy. */
export function pipCommand(version: string, platforms: readonly string[]): string {
  const options = platforms.map((platform) => `--platform ${platform} `).join('');
  return `python3 -m pip download --no-deps --only-binary=:all: ${options}--python-version 3.11 openvino==${version}`;
}

interface Ended {
  readonly status: number | null;
  readonly text: string;
}

function runPython(args: readonly string[], signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let text = '';
    const keep = (chunk: string): void => {
      text = (text + chunk).slice(-OUTPUT_BYTES);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, text });
    });
  });
}

function missingPython(download: Download, reason: string, cause?: unknown): EngineryError {
  const command = pipCommand(download.version, download.platforms);
  const message =
    `${reason}\n` +
    `  1. install Python with pip (Debian, Ubuntu: sudo apt-get install python3-pip) and run this again, or\n` +
    `  2. on any machine with pip: ${command}\n` +
    `     then here: enginery setup openvino --from <that .whl>`;
  return new EngineryError(
    'RUNTIME_NOT_FOUND',
    message,
    cause === undefined ? undefined : { cause },
  );
}

/** Downloads the wheel and returns its path. `ERR_ENGINERY_RUNTIME_NOT_FOUND` says what to run by hand. */
export async function downloadWheel(download: Download): Promise<string> {
  let ended: Ended;
  try {
    ended = await runPython(pipArguments(download), download.signal);
  } catch (error) {
    if (download.signal.aborted) throw abortError('setup', download.signal);
    throw missingPython(download, `python3 does not start: ${messageFromUnknown(error)}`, error);
  }
  if (/No module named pip/u.test(ended.text))
    throw missingPython(download, 'this python3 has no pip');
  const wheel = (await readdir(download.folder)).find((name) => name.endsWith('.whl'));
  if (ended.status === 0 && wheel !== undefined) return join(download.folder, wheel);
  const reason =
    ended.text
      .trim()
      .split('\n')
      .filter((line) => /error/iu.test(line))
      .slice(0, 3)
      .join('\n') || ended.text.trim();
  throw new EngineryError(
    'RUNTIME_NOT_FOUND',
    `pip could not bring openvino ${download.version} (status ${String(ended.status)}):\n${reason}\n` +
      `try by hand: ${pipCommand(download.version, download.platforms)}\n` +
      'then: enginery setup openvino --from <that .whl>',
  );
}
