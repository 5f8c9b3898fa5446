/** docs/benchmarks.md: the tables of a complete run, with its machine, date and command. */

import { format, resolveConfig } from 'prettier';
import type { Machine } from './machine.js';
import { markdownText, type ResultTable } from './tables.js';

export interface RunInfo {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  /** What computed, with its version. */
  readonly runtimes: readonly string[];
  readonly leftOut: readonly string[];
}

export async function documentOf(
  { date, command, machine, runtimes, leftOut }: RunInfo,
  tables: readonly ResultTable[],
  path: string,
): Promise<string> {
  const text = `# Benchmarks

Written by \`${command}\`, ${date.slice(0, 10)}. Models and inputs are made here (\`npm run models\`), with random weights;
every contestant is a process of its own, one active at a time, in an order that turns from round to round.

- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memory}, ${machine.system}; load of other programs
  before: ${machine.loadBefore.toFixed(1)}.
- Node ${machine.node}, ${runtimes.join(', ')}; FP32 by value everywhere.
- "enginery" is provider \`openvino\`; "enginery cpu" is ONNX Runtime in a worker thread; "OpenVINO Python" is the vendor's
  own loop, AsyncInferQueue with inputs and outputs shared, with the hints, requests and threads that enginery has.

${leftOut.map((reason) => `- Left out: ${reason}`).join('\n')}

${markdownText(tables)}
`;
  return format(text, { ...(await resolveConfig(path)), filepath: path });
}
