/** The machine as inference sees it: processor, vector extensions that matter, and the limits of its cgroup. */

import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

import { cgroupCpuQuota, cgroupMemoryBytes, isRecord } from '../common/index.js';

/** Vector extensions that decide how fast FP32, BF16 and INT8 run, by architecture. */
const FLAGS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  x64: ['avx2', 'avx512f', 'avx512_vnni', 'avx_vnni', 'avx512_bf16', 'amx_int8', 'amx_bf16'],
  arm64: ['asimd', 'asimdhp', 'asimddp', 'i8mm', 'bf16', 'sve', 'sve2'],
});

export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly kernel: string;
  /** glibc's version, or undefined where Node runs on another C library. */
  readonly glibc: string | undefined;
  readonly cpu: string;
  readonly cores: number;
  readonly flags: readonly string[];
  readonly missingFlags: readonly string[];
  readonly memoryBytes: number;
  /** Processors' worth of time the cgroup allows; undefined without a limit. */
  readonly cpuQuota: number | undefined;
  readonly memoryLimitBytes: number | undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Absent on this kernel, container or cgroup version: the fact is then not known.
    return undefined;
  }
}

function glibcVersion(): string | undefined {
  // Without this the report looks up names of network peers, which can take seconds.
  Object.assign(process.report, { excludeNetwork: true });
  const report: unknown = process.report.getReport();
  const header = isRecord(report) ? report['header'] : undefined;
  const version = isRecord(header) ? header['glibcVersionRuntime'] : undefined;
  return typeof version === 'string' ? version : undefined;
}

function cpuFlags(): ReadonlySet<string> {
  const line = /^(?:flags|Features)\s*:(.*)$/mu.exec(textOf('/proc/cpuinfo') ?? '')?.[1] ?? '';
  return new Set(line.trim().split(/\s+/u));
}

export function describeMachine(): Machine {
  const known = FLAGS[arch()] ?? [];
  const present = cpuFlags();
  return {
    node: process.versions.node,
    platform: platform(),
    arch: arch(),
    kernel: release(),
    glibc: glibcVersion(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    flags: known.filter((flag) => present.has(flag)),
    missingFlags: known.filter((flag) => !present.has(flag)),
    memoryBytes: totalmem(),
    cpuQuota: cgroupCpuQuota(),
    memoryLimitBytes: cgroupMemoryBytes(totalmem()),
  };
}
