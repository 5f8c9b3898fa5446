/** Probes a provider in a child process and reports a crash, a hang or a silent end as its state. */

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { abortError, isRecord } from '../common/index.js';
import type { RuntimeReport } from '../runtime/index.js';

const PROBE = fileURLToPath(new URL('./commands/doctor-probe.js', import.meta.url));
/** A runtime that takes longer than this to load is of no use either. */
const TIMEOUT_MS = 60_000;
const STDERR_BYTES = 2000;

function isReport(message: unknown): message is RuntimeReport {
  return (
    isRecord(message) &&
    typeof message['provider'] === 'string' &&
    typeof message['available'] === 'boolean'
  );
}

function failedReport(provider: string, what: string, stderr: string): RuntimeReport {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return {
    provider,
    available: false,
    devices: [],
    code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND',
    message: last === '' ? what : `${what}; its last words: ${last}`,
  };
}

function endOfChild(child: ChildProcess, provider: string): Promise<RuntimeReport> {
  return new Promise((resolve) => {
    let report: RuntimeReport | undefined;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_BYTES);
    });
    child.on('message', (message) => {
      if (isReport(message)) report = message;
    });
    child.on('error', (error) => {
      resolve(failedReport(provider, `the probe did not start: ${error.message}`, stderr));
    });
    child.on('close', (code, signal) => {
      // A report that came before a crash at unload is no proof of a healthy runtime.
      if (signal !== null) resolve(failedReport(provider, endText(signal), stderr));
      else if (report !== undefined) resolve(report);
      else
        resolve(
          failedReport(
            provider,
            `the probe ended with status ${String(code)} and no report`,
            stderr,
          ),
        );
    });
  });
}

function endText(signal: NodeJS.Signals): string {
  if (signal === 'SIGKILL')
    return `its library did not load within ${TIMEOUT_MS / 1000} s, or was killed`;
  return `its library crashed at load with ${signal}`;
}

/**
 * What is found of `provider`, or of the addon for 'addon'; never throws for a runtime that is broken. `library` is
 * the only place of OpenVINO to look at.
 */
export async function probeInChild(
  provider: string,
  signal: AbortSignal,
  library?: string,
): Promise<RuntimeReport> {
  const args = library === undefined ? [provider] : [provider, library];
  // The parent's inspector and loader flags are not for the child.
  const child = fork(PROBE, args, { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  const timer = setTimeout(kill, TIMEOUT_MS);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const report = await endOfChild(child, provider);
    if (signal.aborted) throw abortError('the probe', signal);
    return report;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
}
