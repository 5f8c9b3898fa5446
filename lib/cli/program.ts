/** The program of commands, as commander sees it: one line per command, help that fits one screen. */

import { Command } from 'commander';

import { createDoctorCommand } from './commands/doctor.js';
import { createInspectCommand } from './commands/inspect.js';
import { createRunCommand } from './commands/run.js';
import { createSetupCommand } from './commands/setup.js';
import type { Output } from './output.js';
import { packageVersion } from './package-version.js';

const HELP_COLUMNS = 80;

const EXAMPLE = `
Example:
  enginery doctor
  enginery run model.onnx --input random --repeat 100`;

/** Settings that commander does not hand down to commands made elsewhere. */
function configure(command: Command): Command {
  return command
    .exitOverride()
    .showHelpAfterError(`(see: enginery ${command.name()} --help)`)
    .configureOutput({ getOutHelpWidth: () => HELP_COLUMNS, getErrHelpWidth: () => HELP_COLUMNS })
    .configureHelp({
      // Descriptions name arguments, choices and defaults themselves, in fewer words than commander's.
      visibleArguments: () => [],
      optionDescription: ({ description }) => description,
      subcommandTerm: (subcommand) => subcommand.name(),
    })
    .helpOption('-h, --help', 'show this help');
}

/** The program; its commands write to `output`. */
export function createProgram(output: Output): Command {
  const program = new Command('enginery')
    .description('Runs models on OpenVINO or ONNX Runtime, whichever serves best here.')
    .version(packageVersion(), '-V, --version', 'show the version')
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText('after', EXAMPLE);
  configure(program).showHelpAfterError('(see: enginery --help)');
  const commands = [
    createRunCommand(output),
    createInspectCommand(output),
    createDoctorCommand(output),
    createSetupCommand(output),
  ];
  for (const command of commands) program.addCommand(configure(command));
  return program;
}
