/** `enginery inspect`: what a model takes, gives and computes, and how the runtime executes it. */

import { Command } from 'commander';

import { messageFromUnknown } from '../../common/index.js';
import { readModelOutline, type ModelOutline } from '../../onnx/index.js';
import type { Inspection, LayerInfo } from '../../runtime/index.js';
import { integerFrom, shapeFrom, type ShapesByInput } from '../arguments.js';
import type { Engine } from '../../session/index.js';
import { modelInputs, openEngine, tensorsFromContents, type EngineChoice } from '../engine.js';
import { inspectReportJson, inspectReportText, outlineText } from '../inspect-report.js';
import { readFeeds } from '../inputs.js';
import type { Output } from '../output.js';
import { addEngineOptions } from './run.js';

interface InspectFlags extends EngineChoice {
  readonly profile?: true;
  readonly shape?: ShapesByInput;
  readonly seed: number;
  readonly json?: true;
}

const EXAMPLE = `
Example: enginery inspect digits.onnx --profile --shape 16x1x8x8`;

async function profiled(engine: Engine, flags: InspectFlags): Promise<Inspection> {
  const contents = await readFeeds(modelInputs(engine), {
    inputs: ['random'],
    shapes: flags.shape ?? new Map<string, number[]>(),
    seed: flags.seed,
    conversion: { isCast: false },
  });
  return engine.inspect({ feeds: tensorsFromContents(contents) });
}

function withoutTime({ name, type, kernel, status, fused }: LayerInfo): LayerInfo {
  return { name, type, kernel, status, fused };
}

/** The layers; OpenVINO knows them only after a run, whose times are left out when nobody asked for them. */
async function inspectEngine(
  engine: Engine,
  flags: InspectFlags,
  output: Output,
): Promise<Inspection> {
  if (flags.profile === true) return profiled(engine, flags);
  const plain = await engine.inspect();
  if (plain.layers.length > 0) return plain;
  try {
    const { properties, layers } = await profiled(engine, flags);
    return { properties, layers: layers.map(withoutTime) };
  } catch (error) {
    // Random values or sizes of 1 need not suit the model: the rest of the report stands without layers.
    output.note(
      `warning no layers: a run on random values failed (${messageFromUnknown(error)}); try --shape`,
    );
    return plain;
  }
}

async function inspect(model: string, flags: InspectFlags, output: Output): Promise<void> {
  const isJson = flags.json === true;
  const outline: ModelOutline | undefined = model.toLowerCase().endsWith('.onnx')
    ? await readModelOutline(model)
    : undefined;
  let engine: Engine;
  try {
    engine = await openEngine(model, flags, output, isJson);
  } catch (error) {
    // The file itself could be read: show it before the reason why nothing here runs it.
    if (outline !== undefined && !isJson) output.print(`${outlineText(model, outline, output)}\n`);
    if (outline !== undefined && isJson) {
      output.printJson(inspectReportJson({ model, outline, error: messageFromUnknown(error) }));
    }
    throw error;
  }
  try {
    const inspection = await inspectEngine(engine, flags, output);
    const report = { model, engine, inspection, ...(outline === undefined ? {} : { outline }) };
    if (isJson) output.printJson(inspectReportJson(report));
    else output.print(inspectReportText(report, output));
  } finally {
    await engine.release();
  }
}

export function createInspectCommand(output: Output): Command {
  const command = new Command('inspect')
    .summary('show its inputs, operators and executed layers')
    .description('Show inputs, outputs, operators and the layers that the runtime executes.')
    .argument('<model>')
    .option('--profile', 'run once on random values, show the time per layer')
    .option('--shape <[name:]sizes>', 'sizes of an input; symbolic ones become 1', shapeFrom)
    .option('--seed <n>', 'seed of random values (default: 1)', integerFrom(0), 1);
  return addEngineOptions(command)
    .option('--json', 'print one JSON object')
    .option('--verbose', 'show the stack of a failure')
    .addHelpText('after', EXAMPLE)
    .action((model: string, flags: InspectFlags) => inspect(model, flags, output));
}
