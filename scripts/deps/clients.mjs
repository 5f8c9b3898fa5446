// @ts-check
/** The package clients: is one there, what installs it, and how it brings one archive or folder. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { capture, findProgram } from '../process.mjs';

/** @typedef {import('./items.mjs').Item} Item */

/**
 * What a client brought: an archive with the sum of its bytes to check, or an unpacked folder whose client tells the sum.
 * @typedef {{ archive: string } | { folder: string, sha256: string }} Brought
 */

/**
 * @typedef {object} Client
 * @property {() => string | undefined} missing What is missing and the command that installs it, or undefined.
 * @property {(item: Item, into: string) => Brought} bring Downloads the item into an empty folder.
 */

/** This machine's platform in our words. */
export const hostArch = process.arch === 'arm64' ? 'arm64' : 'x64';

/** @returns {string} */
export function python() {
  const path = findProgram('python3', 'python');
  if (path === undefined) throw new Error('Python is missing');
  return path;
}

/** @param {string} folder */
function onlyFile(folder) {
  const files = readdirSync(folder);
  const first = files[0];
  if (first === undefined || files.length > 1) {
    throw new Error(`expected one archive in ${folder}, got ${files.length}`);
  }
  return join(folder, first);
}

/** @type {Client} */
const pip = {
  missing() {
    const install = 'apt-get install -y python3 python3-pip';
    if (findProgram('python3', 'python') === undefined) {
      return `Python 3 is missing (it is needed with pip, to download wheels); install it with: ${install}`;
    }
    try {
      capture(python(), ['-m', 'pip', '--version']);
      return undefined;
    } catch {
      return `pip is missing for ${python()}; install it with: ${install}`;
    }
  },
  bring(item, into) {
    const platforms = item.platforms?.[item.arch ?? hostArch] ?? [];
    const abi = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'];
    capture(python(), [
      ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check'],
      ...['--no-deps', '--only-binary=:all:', '--dest', into],
      ...(item.python === 'cp311' ? abi : []),
      ...platforms.flatMap((platform) => ['--platform', platform]),
      item.package,
    ]);
    return { archive: onlyFile(into) };
  },
};

/** @type {Client} */
const npm = {
  missing() {
    return findProgram('npm') === undefined
      ? 'npm is missing; it comes with Node.js: install that again'
      : undefined;
  },
  bring(item, into) {
    capture('npm', ['pack', '--silent', '--pack-destination', into, item.package], { cwd: into });
    return { archive: onlyFile(into) };
  },
};

/** @type {Client} */
const mvn = {
  missing() {
    return findProgram('mvn') === undefined || findProgram('java') === undefined
      ? 'Maven with Java is missing; install it with: apt-get install -y maven default-jre-headless'
      : undefined;
  },
  bring(item, into) {
    capture('mvn', [
      ...['--quiet', '--batch-mode', 'dependency:copy'],
      ...[`-Dartifact=${item.package}`, `-DoutputDirectory=${into}`],
    ]);
    return { archive: onlyFile(into) };
  },
};

/** @type {Client} */
const cargo = {
  missing() {
    return findProgram('cargo') === undefined
      ? 'cargo is missing; install it with: apt-get install -y cargo'
      : undefined;
  },
  bring(item, into) {
    // Cargo has no command for one crate: an empty project that depends on it is vendored, and the crate picked out.
    const [name = '', version = ''] = item.package.split('@');
    mkdirSync(join(into, 'src'));
    writeFileSync(join(into, 'src', 'lib.rs'), '');
    writeFileSync(
      join(into, 'Cargo.toml'),
      `[package]\nname = "headers"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n${name} = "=${version}"\n`,
    );
    capture('cargo', ['vendor', '--quiet', '--versioned-dirs', 'vendor'], { cwd: into });
    const folder = join(into, 'vendor', `${name}-${version}`);
    const checksum = join(folder, '.cargo-checksum.json');
    if (!existsSync(checksum)) throw new Error(`cargo vendor left no ${checksum}`);
    // Cargo has checked the crate's bytes against this sum, which comes from its index.
    const sha256 = String(JSON.parse(readFileSync(checksum, 'utf8')).package);
    return { folder, sha256 };
  },
};

/** @type {Readonly<Record<Item['client'], Client>>} */
export const clients = { pip, npm, mvn, cargo };
