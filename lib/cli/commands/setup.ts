/** `enginery setup openvino`: brings the OpenVINO runtime with pip, or from a wheel, into the user's cache. */

import { mkdtemp, rm } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { Argument, Command } from 'commander';

import { EngineryError } from '../../common/index.js';
import { formatBytes, renderPairs, type Progress } from '../../report/index.js';
import { versionFrom } from '../arguments.js';
import { OPENVINO_VERSION, openvinoSetupFolder } from '../../runtime/index.js';
import { describeMachine } from '../machine.js';
import type { Output } from '../output.js';
import { downloadWheel, wheelPlatforms } from '../pip.js';
import { probeInChild } from '../probe.js';
import { installedRuntime, replaceFolder, requireOwnFolder } from '../runtime-folder.js';
import { unpackWheel, wheelVersion, type UnpackedWheel } from '../wheel.js';

interface SetupFlags {
  readonly version?: string;
  readonly from?: string;
  readonly dir?: string;
  readonly force?: true;
}

const EXAMPLE = `
Without --from it needs Python 3 with pip, and downloads about 60 MB.

Example: enginery setup openvino --from openvino-2026.4.1-cp311-x86_64.whl`;

/** What to do: which version, from where, into which folder. */
interface Plan {
  readonly version: string;
  readonly from: string | undefined;
  readonly folder: string;
}

async function planOf(flags: SetupFlags): Promise<Plan> {
  const from = flags.from === undefined ? undefined : resolve(flags.from);
  const version =
    from === undefined ? (flags.version ?? OPENVINO_VERSION) : await wheelVersion(from);
  if (flags.version !== undefined && flags.version !== version) {
    throw new EngineryError(
      'INVALID_ARGUMENT',
      `expected OpenVINO ${flags.version} in ${from ?? ''}, got ${version}`,
    );
  }
  return { version, from, folder: resolve(flags.dir ?? openvinoSetupFolder(version)) };
}

/** Brings the wheel into `temporary` with pip. */
async function bringWheel(
  version: string,
  temporary: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  const { glibc } = describeMachine();
  const platforms = wheelPlatforms(arch(), glibc);
  if (platforms.length === 0) {
    const machine = `${process.platform} ${arch()}, ${glibc === undefined ? 'no glibc' : `glibc ${glibc}`}`;
    throw new EngineryError(
      'RUNTIME_NOT_FOUND',
      `there is no OpenVINO wheel for this machine (${machine}): it needs glibc 2.28 on x64 or 2.31 on arm64. ` +
        'ONNX Runtime serves without it (provider cpu)',
    );
  }
  progress.update(`downloading openvino ${version} with pip`);
  return downloadWheel({ version, platforms, folder: temporary, signal });
}

async function unpackInto(
  { version, from, folder }: Plan,
  progress: Progress,
  signal: AbortSignal,
): Promise<UnpackedWheel> {
  const temporary = await mkdtemp(join(tmpdir(), 'enginery-setup-'));
  try {
    const wheel = from ?? (await bringWheel(version, temporary, progress, signal));
    return await replaceFolder(folder, (target) =>
      unpackWheel(wheel, target, {
        arch: arch(),
        signal,
        onFile: (done, total) => {
          progress.update(`unpacking and checking ${Math.round((done / total) * 100)} %`);
        },
      }),
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function resultText(
  folder: string,
  { version, files }: UnpackedWheel,
  isDone: boolean,
  output: Output,
): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return renderPairs(
    [
      [isDone ? 'set up' : 'already set up', `OpenVINO ${version}`],
      ['place', folder],
      ['content', `${files.length} files, ${formatBytes(bytes)}: libraries, C headers, licenses`],
    ],
    output.style,
  );
}

/** Says whether what is in place works: a wheel can need a newer C library than this machine has. */
async function checkLoading(folder: string, output: Output): Promise<void> {
  const report = await probeInChild('openvino', output.signal, folder);
  if (report.available)
    output.print(`It loads; devices: ${report.devices.map(({ name }) => name).join(', ')}`);
  else output.note(`warning it does not load: ${report.message ?? ''}`);
}

async function setup(flags: SetupFlags, output: Output): Promise<void> {
  const plan = await planOf(flags);
  const installed = await installedRuntime(plan.folder);
  if (installed?.version === plan.version && flags.force !== true) {
    output.print(resultText(plan.folder, installed, false, output));
    return;
  }
  await requireOwnFolder(plan.folder);
  const progress = await output.progress(false);
  let unpacked: UnpackedWheel;
  try {
    unpacked = await unpackInto(plan, progress, output.signal);
  } finally {
    progress.finish();
  }
  output.print(resultText(plan.folder, unpacked, true, output));
  await checkLoading(plan.folder, output);
  // Every version in the cache is looked at without being told; other folders are not.
  if (plan.folder !== openvinoSetupFolder(plan.version))
    output.print(`Use it with ENGINERY_OPENVINO=${plan.folder}`);
}

export function createSetupCommand(output: Output): Command {
  return new Command('setup')
    .summary('bring the OpenVINO runtime')
    .description('Bring the OpenVINO runtime into your cache folder; nothing else changes.')
    .addArgument(new Argument('<runtime>').choices(['openvino']))
    .option('--version <number>', `its version (default: ${OPENVINO_VERSION})`, versionFrom)
    .option('--from <wheel>', 'unpack this wheel file instead of downloading')
    .option('--dir <folder>', "unpack here instead of the user's cache folder")
    .option('--force', 'do it again even if it is there')
    .option('--verbose', 'show the stack of a failure')
    .addHelpText('after', EXAMPLE)
    .action((_: string, flags: SetupFlags) => setup(flags, output));
}
