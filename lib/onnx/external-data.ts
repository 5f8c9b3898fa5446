/** Checks the files that hold a model's external data before any runtime opens them; nothing is read. */

import { lstat, realpath } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { messageFromUnknown } from '../common/index.js';
import { invalidModel, modelLabel, quoted } from './model-error.js';
import type { ExternalDataRange } from './outline.js';

/**
 * Checks that every range lies in a regular file with one name, inside the model's folder, reached without `..` or
 * symbolic links: the rules that ONNX came to by CVE-2022-25882, 2024-27318, 2026-27489, 34446 and 34447.
 * Returns the absolute path of each location. Rejects with MODEL_INVALID; the message names the rule.
 */
export async function checkExternalData(
  modelPath: string,
  ranges: readonly ExternalDataRange[],
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  if (ranges.length === 0) return paths;
  const byLocation = new Map<string, ExternalDataRange[]>();
  for (const range of ranges) {
    const list = byLocation.get(range.location);
    if (list === undefined) byLocation.set(range.location, [range]);
    else list.push(range);
  }
  const label = modelLabel(modelPath);
  const folder = await realpath(dirname(modelPath)).catch((error: unknown) => {
    throw invalidModel(`the folder of ${label}`, messageFromUnknown(error), 'check the path', {
      cause: error,
    });
  });
  for (const [location, itsRanges] of byLocation) {
    const parts = checkedParts(location, label);
    const stats = await checkedFile(folder, parts, location, label);
    checkRanges(itsRanges, stats.size, label);
    paths.set(location, join(folder, ...parts));
  }
  return paths;
}

function refused(
  rule: string,
  found: string,
  label: string,
  fix: string,
  options?: ErrorOptions,
): Error {
  return invalidModel(`${rule} as external data of ${label}`, found, fix, options);
}

const KEEP_BESIDE = "keep the data file in the model's folder and name it relative to that folder";

/** The path components of a location, by the rules that need no file system. */
function checkedParts(location: string, label: string): string[] {
  const shown = quoted(location);
  if (location.includes('\0')) throw refused('a name without NUL', shown, label, KEEP_BESIDE);
  if (isAbsolute(location))
    throw refused('a relative path', `the absolute path ${shown}`, label, KEEP_BESIDE);
  const parts = location.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refused('a path without ".."', shown, label, KEEP_BESIDE);
  if (parts.length === 0 || location.endsWith('/'))
    throw refused('the name of a file', shown, label, KEEP_BESIDE);
  return parts;
}

/** Goes down from the model's folder one component at a time; none may be a symbolic link. */
async function checkedFile(
  folder: string,
  parts: readonly string[],
  location: string,
  label: string,
): Promise<BigIntStats> {
  const shown = quoted(location);
  let path = folder;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    const stats = await lstat(path, { bigint: true }).catch((error: unknown) => {
      throw refused(
        'a file',
        `nothing readable at ${shown} (${messageFromUnknown(error)})`,
        label,
        KEEP_BESIDE,
        {
          cause: error,
        },
      );
    });
    if (stats.isSymbolicLink()) {
      throw refused(
        'a path without symbolic links',
        `a link at "${part}" in ${shown}`,
        label,
        'copy the file there',
      );
    }
    if (index < parts.length - 1) continue;
    if (!stats.isFile())
      throw refused('a regular file', `something else at ${shown}`, label, KEEP_BESIDE);
    if (stats.nlink !== 1n) {
      throw refused(
        'a file with a single name (no hard links)',
        `${stats.nlink} names for ${shown}`,
        label,
        'copy the file instead of linking it',
      );
    }
    return stats;
  }
  // checkedParts gives at least one component.
  throw refused('the name of a file', shown, label, KEEP_BESIDE);
}

/** Each range must lie in the file, and together they may not claim more than it holds, unless they are the same. */
function checkRanges(ranges: readonly ExternalDataRange[], size: bigint, label: string): void {
  const distinct = new Map<string, bigint>();
  for (const { tensor, location, offset, bytes } of ranges) {
    if (offset + bytes > size) {
      throw refused(
        `bytes ${offset} to ${offset + bytes} of ${quoted(location)} for tensor ${quoted(tensor)}`,
        `a file of ${size} bytes`,
        label,
        'copy the data file again and compare its size with the original',
      );
    }
    distinct.set(`${offset}+${bytes}`, bytes);
  }
  let total = 0n;
  for (const bytes of distinct.values()) total += bytes;
  if (total > size) {
    throw refused(
      'ranges that do not overlap',
      `ranges of ${total} bytes in a file of ${size} bytes (${quoted(ranges[0]?.location ?? '')})`,
      label,
      'export the model again',
    );
  }
}
