/** The machine that the figures are of. */

import os from 'node:os';
import { cgroupCpus } from '../../lib/common/index.js';
import { formatBytes } from '../../lib/report/index.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  /** Of other programs, when the run began: above 0.2 the figures are of a busy machine. */
  readonly loadBefore: number;
}

export function thisMachine(): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory: formatBytes(os.totalmem()),
    system: `${os.type()} ${os.arch()}`,
    node: process.versions.node,
    loadBefore: os.loadavg()[0] ?? NaN,
  };
}

/** Threads that every contestant gets: what the quota allows where it allows less than the cores, else its own choice. */
export function threadsByQuota(): number | undefined {
  const quota = cgroupCpus();
  return quota !== undefined && quota < os.availableParallelism() ? quota : undefined;
}
