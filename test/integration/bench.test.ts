/** `npm run bench` on the tiny model, for a moment: it measures, judges and writes what it says. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

import { needsOpenvino } from '../fixtures/engines.js';
import { temporaryFolder } from '../fixtures/models.js';

needsOpenvino();

const root = resolve(import.meta.dirname, '../..');

function bench(...args: readonly string[]): ReturnType<typeof spawnSync> {
  const program = join(root, 'scripts', 'bench.mjs');
  return spawnSync(process.execPath, [program, ...args], { cwd: root, encoding: 'utf8' });
}

interface Record {
  readonly cells: readonly { readonly mode: string; readonly samples: object }[];
  readonly handOver: { readonly wakeUpUs: readonly number[] };
  readonly bars: readonly { readonly figure: string; readonly isHeld?: boolean }[];
}

it('measures the tiny model and writes what it found', () => {
  const json = join(temporaryFolder(), 'bench.json');
  const { status, stdout, stderr } = bench(
    ...['--models', 'add', '--rounds', '1', '--seconds', '0.05', '--json', json],
    // The vendor's own loop is brought from the network.
    ...['--contestants', 'onnxruntime-node,enginery,enginery-cpu'],
  );
  expect(stderr).not.toMatch(/Error|left out: \w+ on/);
  expect(status).toBe(0);
  expect(stdout).toMatch(/Figures to hold/);
  const record = JSON.parse(readFileSync(json, 'utf8')) as Record;
  expect(record.cells.map(({ mode }) => mode)).toEqual(['latency', 'throughput']);
  for (const { samples } of record.cells) {
    expect(Object.keys(samples).sort()).toEqual(['enginery', 'enginery-cpu', 'onnxruntime-node']);
  }
  expect(record.handOver.wakeUpUs[0]).toBeGreaterThan(0);
  const tiny = record.bars.find(({ figure }) => figure.startsWith('one call of the tiny'));
  expect(tiny?.isHeld).toBeTypeOf('boolean');
});

it('names the models there are when it does not know one', () => {
  const { status, stderr } = bench('--models', 'nothing', '--contestants', 'enginery');
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/expected a model's path or one of add, mobilenet-v2-160/);
});
