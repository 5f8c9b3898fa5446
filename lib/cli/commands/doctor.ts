/** `enginery doctor`: which runtimes are here, why the others are not, and the commands that change it. */

import { Command } from 'commander';

import { EngineryError } from '../../common/index.js';
import { AUTO_PROVIDERS, openvinoPlaces } from '../../runtime/index.js';
import { doctorReportJson, doctorReportText, type DoctorReport } from '../doctor-report.js';
import { describeMachine } from '../machine.js';
import type { Output } from '../output.js';
import { packageVersion } from '../package-version.js';
import { probeInChild } from '../probe.js';

const EXAMPLE = `
Exit status: 0 when a runtime can serve, 4 when none can.

Example: enginery doctor --json`;

async function doctor(flags: { readonly json?: true }, output: Output): Promise<void> {
  const [addon, ...runtimes] = await Promise.all([
    probeInChild('addon', output.signal),
    ...AUTO_PROVIDERS.map((provider) => probeInChild(provider, output.signal)),
  ]);
  const report: DoctorReport = {
    version: packageVersion(),
    machine: describeMachine(),
    addon,
    runtimes,
    openvinoPlaces: openvinoPlaces(undefined),
  };
  if (flags.json === true) output.printJson(doctorReportJson(report));
  else output.print(doctorReportText(report, output));
  if (runtimes.some(({ available }) => available)) return;
  throw new EngineryError('RUNTIME_NOT_FOUND', 'no runtime can serve on this machine');
}

export function createDoctorCommand(output: Output): Command {
  return new Command('doctor')
    .summary('show which runtimes are here and fix the rest')
    .description('Show which runtimes are here, why others are not, and how to fix it.')
    .option('--json', 'print one JSON object')
    .option('--verbose', 'show the stack of a failure')
    .addHelpText('after', EXAMPLE)
    .action((flags: { readonly json?: true }) => doctor(flags, output));
}
