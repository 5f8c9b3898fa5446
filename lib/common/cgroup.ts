/** What the cgroup (version 1 or 2) allows: CPU time and memory. Runtimes look at affinity and installed memory only. */

import { readFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // Absent on this kernel, container or cgroup version: no limit from here.
    return '';
  }
}

/** The folders of one hierarchy from the process's own cgroup up to its root: any of them can hold the limit. */
function foldersOf(root: string, own: string): string[] {
  // A path of another cgroup namespace leads out of the root: what is left of it does no harm.
  const parts = own.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, i) =>
    [root, ...parts.slice(0, parts.length - i)].join('/'),
  );
}

/** The folders that may limit `controller`: version 2's hierarchy, and version 1's of that controller. */
function cgroupFolders(controller: string, root: string): string[] {
  const lines = textOf('/proc/self/cgroup')
    .split('\n')
    .map((line) => line.split(':'));
  const unified = lines.find(([id, controllers]) => id === '0' && controllers === '');
  const legacy = lines.find(
    ([, controllers]) => controllers?.split(',').includes(controller) === true,
  );
  return [
    ...foldersOf(root, unified?.[2] ?? '/'),
    ...foldersOf(`${root}/${controller}`, legacy?.[2] ?? '/'),
  ];
}

/** The smallest of the limits, as for the kernel; undefined without one. */
function smallest(limits: readonly number[]): number | undefined {
  const known = limits.filter((limit) => Number.isFinite(limit) && limit > 0);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** A number in a file of its own; NaN where there is none. */
function numberIn(file: string): number {
  const text = textOf(file);
  return text === '' ? NaN : Number(text);
}

/** Processors' worth of time that the cgroup allows, such as 1.5; undefined without a limit. */
export function cgroupCpuQuota(root: string = ROOT): number | undefined {
  const quotas = cgroupFolders('cpu', root).flatMap((folder) => {
    const [quota, period] = textOf(`${folder}/cpu.max`).split(/\s+/).map(Number);
    const legacy = numberIn(`${folder}/cpu.cfs_quota_us`) / numberIn(`${folder}/cpu.cfs_period_us`);
    return [(quota ?? NaN) / (period ?? NaN), legacy];
  });
  return smallest(quotas);
}

/** The same in whole CPUs, rounded up. */
export function cgroupCpus(root: string = ROOT): number | undefined {
  const quota = cgroupCpuQuota(root);
  return quota === undefined ? undefined : Math.max(1, Math.ceil(quota));
}

/** Bytes of memory that the cgroup allows; undefined without a limit (version 1 writes a number near 2^63 for it). */
export function cgroupMemoryBytes(installedBytes: number, root: string = ROOT): number | undefined {
  const limits = cgroupFolders('memory', root).flatMap((folder) => [
    numberIn(`${folder}/memory.max`),
    numberIn(`${folder}/memory.limit_in_bytes`),
  ]);
  const limit = smallest(limits);
  return limit === undefined || limit >= installedBytes ? undefined : limit;
}
