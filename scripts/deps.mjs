// @ts-check
/**
 * Brings what a source build and the tests need from others into build/deps/ (DESIGN section 6).
 *
 *   node scripts/deps.mjs [group ...] [--arch arm64] [--tensorrt-runtime] [--strict]
 *
 * Groups: base (OpenVINO, ONNX schema, protoc), lint (clang-format, clang-tidy), tensorrt (headers). Without any, these
 * three. Plain Node, because it runs before npm ci. Never run by the installation of the package.
 */

import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { clients } from './deps/clients.mjs';
import { items } from './deps/items.mjs';
import { bring, isCached, isReady } from './deps/store.mjs';
import { depsFolder } from './paths.mjs';

const DEFAULT_GROUPS = ['base', 'lint', 'tensorrt'];

/**
 * Shows the headers of TENSORRT_ROOT in place of those of the same major version.
 * @returns {string | undefined} The name in build/deps/ that it serves.
 */
function linkTensorrtRoot() {
  const rootFolder = process.env['TENSORRT_ROOT'];
  if (rootFolder === undefined || rootFolder === '') return undefined;
  const include = resolve(rootFolder, 'include');
  const header = join(include, 'NvInferVersion.h');
  if (!existsSync(header)) {
    throw new Error(
      `expected ${header} for TENSORRT_ROOT, found none; unset it or name TensorRT's folder`,
    );
  }
  const major = /#define\s+(?:NV_TENSORRT_MAJOR|TRT_MAJOR_ENTERPRISE)\s+(\d+)/.exec(
    readFileSync(header, 'utf8'),
  )?.[1];
  if (major !== '10' && major !== '11') {
    throw new Error(
      `expected TensorRT 10 or 11 in TENSORRT_ROOT, got ${major ?? 'no version'} in ${header}`,
    );
  }
  const name = `tensorrt-${major}`;
  const link = join(depsFolder, name);
  mkdirSync(depsFolder, { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link, { recursive: true });
  symlinkSync(include, link);
  console.log(`deps: ${name} is ${include}`);
  return name;
}

/**
 * Brings every item of the groups that is not there. What cannot be had is said and left out; the rest proceeds.
 * @param {readonly string[]} groups
 * @returns {Promise<string[]>} One reason for each item left out.
 */
export async function bringGroups(groups) {
  /** @type {Map<string, string | undefined>} */
  const lacks = new Map();
  /** @param {keyof typeof clients} name */
  const missingClient = (name) => {
    if (!lacks.has(name)) {
      const reason = clients[name].missing();
      if (reason !== undefined) console.error(`deps: ${reason}`);
      lacks.set(name, reason);
    }
    return lacks.get(name);
  };
  /** @type {string[]} */
  const leftOut = [];
  const wanted = items.filter((item) => item.group.some((group) => groups.includes(group)));
  let served;
  try {
    if (groups.includes('tensorrt')) served = linkTensorrtRoot();
  } catch (error) {
    // A TENSORRT_ROOT that cannot be used is said, and the pinned headers serve in its place.
    leftOut.push(error instanceof Error ? error.message : String(error));
  }
  for (const item of wanted) {
    if (item.name === served || isReady(item)) continue;
    const start = performance.now();
    try {
      const hasEntry = isCached(item);
      const lack = hasEntry ? undefined : missingClient(item.client);
      if (lack !== undefined) {
        leftOut.push(`${item.name} ${item.version}: ${lack}`);
        continue;
      }
      if (!hasEntry) {
        console.log(`deps: ${item.name} ${item.version}: bringing by ${item.client} ...`);
      }
      await bring(item);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const source = hasEntry ? 'linked from the cache' : `ready after ${seconds} s`;
      console.log(`deps: ${item.name} ${item.version}: ${source}`);
    } catch (error) {
      // One item that cannot be had must not keep the others away; the caller is told which are left out.
      const message = error instanceof Error ? error.message : String(error);
      console.error(`deps: ${item.name} ${item.version}: ${message}`);
      leftOut.push(`${item.name} ${item.version}: ${message.split('\n')[0] ?? ''}`);
    }
  }
  return leftOut;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      arch: { type: 'string' },
      'tensorrt-runtime': { type: 'boolean', default: false },
      strict: { type: 'boolean', default: false },
    },
  });
  const known = new Set(items.flatMap((item) => item.group));
  const unknown = positionals.find((group) => !known.has(group));
  if (unknown !== undefined || (values.arch ?? 'arm64') !== 'arm64') {
    console.error(
      `deps: expected groups of ${[...known].join(', ')} and --arch arm64, got ${process.argv.slice(2).join(' ')}`,
    );
    process.exitCode = 2;
    return;
  }
  const isSpecific =
    positionals.length > 0 || values.arch !== undefined || values['tensorrt-runtime'];
  const groups = [
    ...(isSpecific ? positionals : DEFAULT_GROUPS),
    ...(values.arch === 'arm64' ? ['arm64'] : []),
    ...(values['tensorrt-runtime'] ? ['tensorrt-runtime'] : []),
  ];
  const leftOut = await bringGroups(groups);
  if (leftOut.length === 0) console.log(`deps: ${groups.join(', ')} ready in build/deps`);
  for (const line of leftOut) console.error(`deps: left out: ${line}`);
  if (leftOut.length > 0 && values.strict) process.exitCode = 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename)
  await main();
