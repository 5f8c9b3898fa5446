/** `enginery run`: runs a model on files, random values or zeros, and shows or saves what comes out. */

import { Command, Option } from 'commander';

import {
  collect,
  integerFrom,
  providersFrom,
  scaleFrom,
  shapeFrom,
  type ShapesByInput,
} from '../arguments.js';
import { modelInputs, openEngine, tensorsFromContents, type EngineChoice } from '../engine.js';
import { readFeeds } from '../inputs.js';
import type { Output } from '../output.js';
import { runReportJson, runReportText, type RunReport } from '../run-report.js';
import { saveOutputs } from '../save.js';
import { contentFromTensor } from '../summary.js';
import { timeRuns } from '../time-runs.js';

interface RunFlags extends EngineChoice {
  readonly input?: readonly string[];
  readonly shape?: ShapesByInput;
  readonly seed: number;
  readonly cast?: true;
  readonly scale?: number;
  readonly repeat: number;
  readonly top?: number;
  readonly json?: true;
  readonly output?: string;
}

const EXAMPLE = `
Example: enginery run digits.onnx -i test_x.npy --scale 1/16 -k 1 -o out.npz`;

async function run(model: string, flags: RunFlags, output: Output): Promise<void> {
  const engine = await openEngine(model, flags, output, flags.json === true);
  try {
    const contents = await readFeeds(modelInputs(engine), {
      inputs: flags.input ?? [],
      shapes: flags.shape ?? new Map<string, number[]>(),
      seed: flags.seed,
      conversion: {
        isCast: flags.cast === true,
        ...(flags.scale === undefined ? {} : { scale: flags.scale }),
      },
    });
    const { results, timesMs } = await timeRuns(
      engine,
      tensorsFromContents(contents),
      flags.repeat,
      output.signal,
    );
    const outputs = new Map(
      engine.outputNames.flatMap((name) => {
        const tensor = results[name];
        return tensor === undefined ? [] : [[name, contentFromTensor(tensor)] as const];
      }),
    );
    const saved = flags.output === undefined ? [] : await saveOutputs(flags.output, outputs);
    const report: RunReport = { model, engine, outputs, timesMs, saved };
    if (flags.json === true) output.printJson(runReportJson(report, flags.top));
    else output.print(runReportText(report, flags.top, output));
  } finally {
    await engine.release();
  }
}

/** Options that choose and configure the engine; `inspect` has them too. */
export function addEngineOptions(command: Command): Command {
  return command
    .option(
      '-p, --provider <list>',
      'in the order to try: openvino,cpu (default: auto)',
      providersFrom,
      'auto',
    )
    .option('-d, --device <name>', "the provider's device, such as CPU or GPU")
    .addOption(
      new Option('--precision <type>', 'fp32 (default), fp16 or bf16')
        .choices(['fp32', 'fp16', 'bf16'])
        .default('fp32'),
    )
    .option('--strict', 'fail instead of falling back to the next provider');
}

export function createRunCommand(output: Output): Command {
  const command = new Command('run')
    .summary('run a model on files or random values')
    .description('Run a model (.onnx, .xml, .tflite, .ort) and show what comes out.')
    .argument('<model>')
    .option(
      '-i, --input <[name=]file>',
      '.npy .npz .json .bin, random or zeros; repeatable',
      collect,
    )
    .option('--shape <[name:]sizes>', 'sizes of an input: 1x3x224x224; repeatable', shapeFrom)
    .option('--cast', "convert to the input's type even if values change")
    .option('--scale <factor>', 'multiply by 1/255 or such; implies --cast', scaleFrom)
    .option('--seed <n>', 'seed of random values (default: 1)', integerFrom(0), 1);
  return addEngineOptions(command)
    .option('-n, --repeat <n>', 'run n times and show the latency', integerFrom(1), 1)
    .option('-k, --top <k>', 'show the k largest values of each row', integerFrom(1))
    .option('-o, --output <place>', 'save outputs: a folder (.npy) or file.npz')
    .option('--json', 'print one JSON object')
    .option('--verbose', 'show the stack of a failure')
    .addHelpText('after', EXAMPLE)
    .action((model: string, flags: RunFlags) => run(model, flags, output));
}
