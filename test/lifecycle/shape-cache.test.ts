/** Shapes that never repeat do not fill the memory: OpenVINO's kernels for them are kept in a bounded number. */

import { expect, it } from 'vitest';

import { runProgram } from '../fixtures/child.js';
import { needsOpenvino } from '../fixtures/engines.js';

needsOpenvino();

/** MB that a process grows by while batches 101 to 200 of digits_cnn run for the first time. */
async function growthOf(properties: Readonly<Record<string, string>>): Promise<number> {
  const { code, stdout, stderr } = await runProgram(`
    const engine = await openvino('digits/digits_cnn.onnx', {
      openvino: { properties: ${JSON.stringify(properties)} },
    });
    const runUpTo = async (first, last) => {
      for (let batch = first; batch <= last; batch++) await engine.run({ input: float32([batch, 1, 8, 8]) });
      return process.memoryUsage.rss() / 1048576;
    };
    const before = await runUpTo(1, 100);
    console.log(await runUpTo(101, 200) - before);
    await engine.release();
  `);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return Number(stdout);
}

// 30 MB were seen, and 240 with OpenVINO's own 5000 entries.
const BOUND_MB = 120;

it('ever-new shapes stay within the cache of kernels', async () => {
  expect(await growthOf({})).toBeLessThan(BOUND_MB);
});

it('a larger cache that the caller asks for is larger', async () => {
  expect(await growthOf({ CPU_RUNTIME_CACHE_CAPACITY: '5000' })).toBeGreaterThan(BOUND_MB);
});
