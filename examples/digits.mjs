/**
 * Classifies 500 held-out handwritten digits with OpenVINO and with ONNX Runtime, and compares the two: accuracy,
 * logits, latency, throughput, and how long inference keeps the event loop waiting.
 *
 *   node examples/digits.mjs
 */

import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

import { createEngine, listRuntimes, Tensor } from '../dist/index.js';

const DIGITS = new URL('../models/digits/', import.meta.url);
const MODEL = fileURLToPath(new URL('digits_cnn.onnx', DIGITS));
const IMAGES = 500;
const PIXELS = 64;
const CLASSES = 10;
const EXPECTED_RIGHT = 498; // models/digits/README: 99.6 % of 500
const WARM_UP_RUNS = 50;
const THROUGHPUT_RUNS = 4000;
const DELAY_RESOLUTION_MS = 1;

/** The values of a version 1 .npy file; these files are little-endian and in C order. */
async function readNpy(name) {
  const bytes = await readFile(new URL(name, DIGITS));
  const values = bytes.subarray(10 + bytes.readUInt16LE(8));
  const isFloat = bytes.toString('latin1', 10, 40).includes('<f4');
  return isFloat ? new Float32Array(new Uint8Array(values).buffer) : new Uint8Array(values);
}

async function readDigits() {
  const pixels = await readNpy('test_x.npy');
  const images = Array.from({ length: IMAGES }, (_, i) => {
    const image = Float32Array.from(
      pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
      (value) => value / 16,
    );
    return new Tensor('float32', image, [1, 1, 8, 8]);
  });
  return {
    images,
    labels: await readNpy('test_y.npy'),
    reference: await readNpy('test_logits_fp32.npy'),
  };
}

const percentile = (sorted, fraction) => sorted[Math.ceil(fraction * sorted.length) - 1];

const largestDifference = (a, b) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

function countRight(logits, labels) {
  let right = 0;
  for (let i = 0; i < IMAGES; i++) {
    const row = logits.subarray(i * CLASSES, (i + 1) * CLASSES);
    if (row.indexOf(Math.max(...row)) === labels[i]) right++;
  }
  return right;
}

/** One image after the other: every answer, and the time of each. */
async function measureLatency(engine, images) {
  const logits = new Float32Array(IMAGES * CLASSES);
  const timesMs = [];
  for (const [i, input] of images.entries()) {
    const startMs = performance.now();
    const output = await engine.run({ input });
    timesMs.push(performance.now() - startMs);
    logits.set(output.logits.data, i * CLASSES);
  }
  timesMs.sort((a, b) => a - b);
  return { logits, p50Ms: percentile(timesMs, 0.5), p99Ms: percentile(timesMs, 0.99) };
}

/** Several images in flight: images per second, and the longest time the event loop was held up meanwhile. */
async function measureThroughput(engine, images, inFlight) {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  let next = 0;
  const worker = async () => {
    while (next < THROUGHPUT_RUNS) await engine.run({ input: images[next++ % IMAGES] });
  };
  delay.enable();
  const startMs = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const seconds = (performance.now() - startMs) / 1000;
  // The monitor's timer fires every millisecond; what its longest gap has beyond that is the stall.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return {
    imagesPerSecond: THROUGHPUT_RUNS / seconds,
    stallMs: Math.max(0, delay.max / 1e6 - DELAY_RESOLUTION_MS),
  };
}

async function classify(provider, digits, inFlight) {
  const engine = await createEngine(MODEL, { providers: [provider], strict: true });
  try {
    for (let i = 0; i < WARM_UP_RUNS; i++) await engine.run({ input: digits.images[i] });
    const latency = await measureLatency(engine, digits.images);
    const throughput = await measureThroughput(engine, digits.images, inFlight);
    return { provider: engine.provider, runtime: engine.report.runtime, ...latency, ...throughput };
  } finally {
    await engine.release();
  }
}

/** What an app does that wants whatever is best here: `fallbacks` says why it is not the first choice. */
async function describeBest() {
  const engine = await createEngine(MODEL);
  const refusals = engine.fallbacks.map(
    ({ provider, code }) => `${provider} was refused: ${code}, see below`,
  );
  await engine.release();
  return [engine.provider, ...refusals].join('; ');
}

function printTable(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    );
}

function printRuntimes(runtimes) {
  const rows = runtimes.map(({ provider, available, version, path, devices }) => [
    provider,
    available ? 'ready' : 'missing',
    version?.replace(/-.*/, '') ?? '-',
    devices.map(({ name }) => name).join(', ') || '-',
    path ?? '-',
  ]);
  printTable([['runtime', 'state', 'version', 'devices', 'place'], ...rows]);
}

function printResults(results, digits) {
  const line = (title, text) => [title, ...results.map(text)];
  printTable([
    line('', ({ provider }) => provider),
    line('accuracy', ({ logits }) => {
      const right = countRight(logits, digits.labels);
      return `${((right / IMAGES) * 100).toFixed(1)} % (${right} of ${IMAGES})`;
    }),
    line('largest difference to the reference logits', ({ logits }) =>
      largestDifference(logits, digits.reference).toExponential(1),
    ),
    line('latency p50', ({ p50Ms }) => `${p50Ms.toFixed(3)} ms`),
    line('latency p99', ({ p99Ms }) => `${p99Ms.toFixed(3)} ms`),
    line('images per second, several in flight', ({ imagesPerSecond }) =>
      imagesPerSecond.toFixed(0),
    ),
    line('longest event-loop stall meanwhile', ({ stallMs }) => `${stallMs.toFixed(1)} ms`),
  ]);
}

async function main() {
  const inFlight = 2 * availableParallelism();
  const digits = await readDigits();
  const runtimes = await listRuntimes();
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  console.log(
    `machine   ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${gib} GiB, Node ${process.versions.node}`,
  );
  console.log(`provider  ${await describeBest()}\n`);
  printRuntimes(runtimes);

  const results = [];
  let failures = 0;
  const missing = [];
  for (const { provider, available, code, message } of runtimes) {
    if (provider !== 'openvino' && provider !== 'cpu') continue;
    if (available) results.push(await classify(provider, digits, inFlight));
    else missing.push({ provider, code, message });
  }
  console.log(
    `\n${IMAGES} held-out digits one by one, then ${THROUGHPUT_RUNS} runs with ${inFlight} in flight\n`,
  );
  printResults(results, digits);
  if (results.length === 2) {
    const difference = largestDifference(results[0].logits, results[1].logits);
    console.log(`\nlargest logit difference between the two: ${difference.toExponential(1)}`);
  }
  for (const { provider, code, message } of missing) {
    const command =
      provider === 'openvino' ? 'npx enginery setup openvino' : 'npm install onnxruntime-node';
    console.log(`\n${provider} is missing: ${code}\n${message}\nrun: ${command}`);
  }
  for (const { provider, logits } of results) {
    const right = countRight(logits, digits.labels);
    if (right === EXPECTED_RIGHT) continue;
    failures++;
    console.error(`\n${provider}: expected ${EXPECTED_RIGHT} of ${IMAGES} right, got ${right}`);
  }
  if (results.length === 0 || failures > 0) process.exitCode = 1;
}

await main();
