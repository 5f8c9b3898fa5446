// @ts-check
/** The user-level store of what was brought: one folder for each item, complete or absent, and its link in build/deps/. */

import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { cacheFolder, depsFolder } from '../paths.mjs';
import { capture, findProgram } from '../process.mjs';
import { clients, hostArch, python } from './clients.mjs';

/** @typedef {import('./items.mjs').Item} Item */

/**
 * The part of a name that tells builds of one version apart.
 * @param {Item} item
 */
function flavour(item) {
  if (item.platforms === undefined) return item.arch ?? 'any';
  const arch = item.arch ?? hostArch;
  if (item.python !== 'own' || findProgram('python3', 'python') === undefined) return arch;
  const tag = capture(python(), ['-c', 'import sys; print("cp%d%d" % sys.version_info[:2])']);
  return `${arch}-${tag.trim()}`;
}

/** @param {Item} item */
const entryFolder = (item) => join(cacheFolder, `${item.name}-${item.version}-${flavour(item)}`);

/** @param {Item} item */
const linkPath = (item) => join(depsFolder, item.name);

/**
 * Whether build/deps/ shows this version of the item, whole.
 * @param {Item} item
 */
export function isReady(item) {
  const link = linkPath(item);
  try {
    // The version is in the target's name, so a new pin in items.mjs makes an old link stale.
    const isCurrent = readlinkSync(link).includes(`/${item.name}-${item.version}-`);
    return isCurrent && existsSync(join(link, item.proof));
  } catch {
    return false; // No link yet, or a folder that somebody put in its place.
  }
}

/** @param {string} archive */
async function sha256Of(archive) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(archive), hash);
  return hash.digest('hex');
}

/** Python's zipfile, because no unzip program is on every machine and Node has none. */
const UNZIP = `import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
prefixes = tuple(sys.argv[3:])
for name in archive.namelist():
    if not prefixes or name.startswith(prefixes):
        archive.extract(name, sys.argv[2])
`;

/**
 * @param {string} archive
 * @param {string} into
 * @param {Item} item
 */
function unpack(archive, into, item) {
  mkdirSync(into);
  if (archive.endsWith('.tgz')) capture('tar', ['-xzf', archive, '-C', into]);
  else capture(python(), ['-c', UNZIP, archive, into, ...(item.keep ?? [])]);
}

/**
 * Whether the user's cache has the item, from this checkout or another.
 * @param {Item} item
 */
export const isCached = (item) => existsSync(join(entryFolder(item), item.root, item.proof));

/**
 * Brings the item into the store, unless it is there, and shows it in build/deps/.
 * @param {Item} item
 * @returns {Promise<void>}
 */
export async function bring(item) {
  const entry = entryFolder(item);
  if (!isCached(item)) await download(item, entry);
  const link = linkPath(item);
  mkdirSync(depsFolder, { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false })) rmSync(link, { recursive: true });
  symlinkSync(join(entry, item.root), link);
}

/**
 * @param {Item} item
 * @param {string} entry
 */
async function download(item, entry) {
  // Everything happens beside the entry and is renamed last: an interrupted run leaves no half entry.
  const work = join(cacheFolder, `.work-${item.name}-${randomUUID()}`);
  mkdirSync(join(work, 'download'), { recursive: true });
  try {
    const brought = clients[item.client].bring(item, join(work, 'download'));
    const isArchive = 'archive' in brought;
    const sha256 = isArchive ? await sha256Of(brought.archive) : brought.sha256;
    if (!item.sha256.includes(sha256)) {
      throw new Error(
        `expected SHA-256 ${item.sha256.join(' or ')} for ${item.package}, got ${sha256}: it is not what was pinned`,
      );
    }
    const content = isArchive ? join(work, 'content') : brought.folder;
    if (isArchive) unpack(brought.archive, content, item);
    for (const name of item.executables ?? []) chmodSync(join(content, item.root, name), 0o755);
    if (!existsSync(join(content, item.root, item.proof))) {
      throw new Error(`expected ${item.root}/${item.proof} in ${item.package}, found none`);
    }
    rmSync(entry, { recursive: true, force: true });
    renameSync(content, entry);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
