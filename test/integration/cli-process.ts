/** Runs the built `enginery` command as a user does, in a process of its own. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Another copy of the command; the built one by default. */
  readonly main?: string;
  /** Called with everything written to stderr so far. */
  readonly onStderr?: (text: string, child: ChildProcess) => void;
}

export interface CliResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `enginery ...args` to its end. */
export function enginery(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((done, fail) => {
    const env = { ...process.env, NODE_OPTIONS: '', ...options.env };
    const child = spawn(process.execPath, [options.main ?? MAIN, ...args], { env });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onStderr?.(stderr, child);
    });
    child.on('error', fail);
    child.on('close', (status, signal) => {
      done({ status, signal, stdout, stderr });
    });
  });
}

/** The command line of a shell that runs the built command. */
export function shellCommand(args: readonly string[]): string {
  return [process.execPath, MAIN, ...args].map((arg) => `'${arg}'`).join(' ');
}

/** No OpenVINO for a process with these variables. */
export const WITHOUT_OPENVINO = Object.freeze({ ENGINERY_OPENVINO: '/nonexistent' });

/** Is there an OpenVINO to run with? Says so once where there is none. */
export function hasOpenVino(): boolean {
  const { stdout } = spawnSync(process.execPath, [MAIN, 'doctor', '--json'], { encoding: 'utf8' });
  const report = JSON.parse(stdout) as {
    runtimes: { provider: string; available: boolean; message?: string }[];
  };
  const openvino = report.runtimes.find(({ provider }) => provider === 'openvino');
  if (openvino?.available === true) return true;
  console.warn(
    `skipped: tests of the command with OpenVINO: ${openvino?.message ?? 'not reported'}`,
  );
  return false;
}

/** A copy of the package in `folder`, with or without its addon and onnxruntime-node; returns its command. */
export function copyPackage(folder: string, parts: { readonly addon: boolean }): string {
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  if (parts.addon) {
    mkdirSync(join(folder, 'build/Release'), { recursive: true });
    cpSync(join(ROOT, 'build/Release/enginery.node'), join(folder, 'build/Release/enginery.node'));
  }
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === 'onnxruntime-node' || name.startsWith('.')) continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return join(folder, 'dist/cli/main.js');
}
