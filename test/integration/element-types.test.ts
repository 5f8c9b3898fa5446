/** Every element type of onnxruntime-common through OpenVINO: bits in are bits out, or a refusal that says why. */

import { Tensor } from 'enginery';
import { describe, expect, it } from 'vitest';

import type { ElementValues } from '../fixtures/element-values.js';
import { ELEMENT_VALUES } from '../fixtures/element-values.js';
import { code, failureOf, openvinoEngine, output } from '../fixtures/engines.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { runProgram } from '../fixtures/child.js';
import { node24 } from '../fixtures/onnxruntime.js';

needsOpenvino();

function tensorOf({ type, data, count }: ElementValues): Tensor {
  // One overload of the constructor per type; the table pairs each type with its array.
  return new Tensor(type as 'float32', data as Float32Array, [count]);
}

describe('identity through OpenVINO', () => {
  it.each(ELEMENT_VALUES)('$type passes unchanged, extremes included', async (entry) => {
    const engine = await openvinoEngine(`small/identity-${entry.type}.onnx`);
    const y = output(await engine.run({ x: tensorOf(entry) }), 'y');
    expect(y.type).toBe(entry.type);
    expect(y.dims).toEqual([entry.count]);
    expect(y.data).toEqual(entry.data);
    expect(y.data.constructor).toBe(entry.data.constructor);
  });

  it.each(ELEMENT_VALUES)('$type passes unchanged on the inline way', async (entry) => {
    const engine = await openvinoEngine(`small/identity-${entry.type}.onnx`, {
      openvino: { inlineBelowUs: 1_000_000 },
    });
    for (let i = 0; i < 20; i++) {
      const y = output(await engine.run({ x: tensorOf(entry) }), 'y');
      expect(y.data).toEqual(entry.data);
    }
  });

  it.each(ELEMENT_VALUES)('an empty $type tensor passes', async ({ type, data }) => {
    const engine = await openvinoEngine(`small/identity-${type}.onnx`);
    const empty = data.slice(0, 0);
    const y = output(
      await engine.run({ x: new Tensor(type as 'float32', empty as Float32Array, [0]) }),
      'y',
    );
    expect(y.dims).toEqual([0]);
    expect(y.data).toEqual(empty);
  });

  it.each(['int4', 'uint4'] as const)(
    '%s of an odd length keeps its last half byte',
    async (type) => {
      const engine = await openvinoEngine(`small/identity-${type}.onnx`);
      const data = type === 'int4' ? new Uint8Array([0x21, 0x07]) : new Uint8Array([0xf1, 0x0a]);
      const y = output(
        await engine.run({ x: { type, dims: [3], data } as unknown as Tensor }),
        'y',
      );
      expect(y.dims).toEqual([3]);
      expect(y.data[0]).toBe(data[0]);
      expect(Number(y.data[1]) & 0x0f).toBe(Number(data[1]) & 0x0f);
    },
  );

  it('a view into the middle of a buffer gives its own values and not its neighbours', async () => {
    const engine = await openvinoEngine('small/identity-float32.onnx');
    const whole = Float32Array.from({ length: 10 }, (_, i) => i);
    const x = new Tensor('float32', whole.subarray(3, 6), [3]);
    expect(output(await engine.run({ x }), 'y').data).toEqual(new Float32Array([3, 4, 5]));
  });
});

describe('integers beyond int32', () => {
  const cases = [
    {
      type: 'int64',
      data: BigInt64Array,
      beyond: [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 62n, -(2n ** 63n)],
    },
    { type: 'uint64', data: BigUint64Array, beyond: [2n ** 31n, 2n ** 32n, 2n ** 64n - 1n] },
  ] as const;

  it.each(cases)(
    '$type values that OpenVINO would wrap are refused by the name of the input',
    async (entry) => {
      const engine = await openvinoEngine(`small/identity-${entry.type}.onnx`);
      for (const value of entry.beyond) {
        const data = new entry.data([1n, value]);
        const x = new Tensor(entry.type as 'int64', data as BigInt64Array, [2]);
        const error = await failureOf(engine.run({ x }));
        expect(error).toMatchObject({ code: code('OUT_OF_RANGE') });
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toContain("'x'");
        expect(error.message).toContain("provider 'cpu'");
      }
      const x = new Tensor(entry.type as 'int64', new entry.data([7n]) as BigInt64Array, [1]);
      expect(output(await engine.run({ x }), 'y').data[0]).toBe(7n);
    },
  );

  // Moved bits come through, but division, comparison and maximum take them for negative (measured on 2026.4.1).
  it('uint32 values from 2^31 on are refused', async () => {
    const engine = await openvinoEngine('small/identity-uint32.onnx');
    for (const value of [2 ** 31, 2 ** 32 - 1]) {
      const x = new Tensor('uint32', new Uint32Array([value]), [1]);
      expect(await failureOf(engine.run({ x }))).toMatchObject({ code: code('OUT_OF_RANGE') });
    }
  });

  it('are refused in memory of the engine too', async () => {
    const engine = await openvinoEngine('small/identity-int64.onnx');
    const x = engine.allocate('x', [2]);
    (x.data as BigInt64Array).set([1n, 2n ** 40n]);
    expect(await failureOf(engine.run({ x }))).toMatchObject({ code: code('OUT_OF_RANGE') });
    (x.data as BigInt64Array).set([1n, 2n]);
    expect(output(await engine.run({ x }), 'y').data).toEqual(new BigInt64Array([1n, 2n]));
  });

  it('are refused on the inline way too', async () => {
    const engine = await openvinoEngine('small/identity-int64.onnx', {
      openvino: { inlineBelowUs: 1_000_000 },
    });
    const good = new Tensor('int64', new BigInt64Array([1n]), [1]);
    for (let i = 0; i < 20; i++) await engine.run({ x: good });
    const x = new Tensor('int64', new BigInt64Array([2n ** 33n]), [1]);
    expect(await failureOf(engine.run({ x }))).toMatchObject({ code: code('OUT_OF_RANGE') });
    expect(output(await engine.run({ x: good }), 'y').data).toEqual(new BigInt64Array([1n]));
  });
});

describe('types that OpenVINO has not got', () => {
  it.each([
    ['string', 'small/identity-string.onnx', 'string'],
    ['float64, which its devices compute as float32', 'small/identity-float64.onnx', 'float64'],
  ])('a model with %s is refused, by the type', async (_what, model, word) => {
    const error = await failureOf(openvinoEngine(model));
    expect(error).toMatchObject({ code: code('MODEL_UNSUPPORTED') });
    expect(error.message).toContain(word);
    expect(error.message).toContain("provider 'cpu'");
  });
});

describe('Float16Array', () => {
  it('of a Node that has it is taken, and bits come back as that Node’s Tensor has them', async (context) => {
    const node = await node24();
    context.skip(node instanceof Error, node instanceof Error ? node.message : '');
    const {
      code: status,
      stdout,
      stderr,
    } = await runProgram(
      `
      const engine = await openvino('small/identity-float16.onnx');
      const x = new Tensor('float16', new Float16Array([1.5, -2, 65504, NaN]), [4]);
      const { y } = await engine.run({ x });
      console.log(y.type, x.data.constructor.name, y.data.constructor.name);
      console.log(JSON.stringify(Array.from(new Uint16Array(y.data.buffer, y.data.byteOffset, 4))));
      const raw = await engine.run({ x: { type: 'float16', dims: [2], data: new Uint16Array([0x3c00, 0x7c00]) } });
      console.log(JSON.stringify(Array.from(new Uint16Array(raw.y.data.buffer, raw.y.data.byteOffset, 2))));
      await engine.release();
      `,
      { node: String(node) },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [types, bits, rawBits] = stdout.trim().split('\n');
    expect(types).toBe('float16 Float16Array Float16Array');
    expect(JSON.parse(bits ?? '')).toEqual([0x3e00, 0xc000, 0x7bff, 0x7e00]);
    expect(JSON.parse(rawBits ?? '')).toEqual([0x3c00, 0x7c00]);
  });
});
