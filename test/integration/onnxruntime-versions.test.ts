/** The ends of what is supported: the oldest onnxruntime-node, and Node 24 with its Float16Array. Both come from npm. */

import { beforeAll, describe, expect, it } from 'vitest';

import {
  compile,
  digits,
  float32,
  modelPath,
  node24,
  onnxruntimeNode,
  outlineOf,
  rejection,
  runScript,
} from '../fixtures/onnxruntime.js';

describe('onnxruntime-node 1.20.1', () => {
  let found: string | Error;
  beforeAll(async () => {
    found = await onnxruntimeNode('1.20.1');
  });

  it('classifies digits, its metadata taken from the model file', async (context) => {
    if (found instanceof Error) return context.skip(found.message);
    const path = 'digits/digits_cnn.onnx';
    const outline = await outlineOf(modelPath(path));
    const model = await compile(path, { packagePath: found, source: { outline } });
    expect(model.description).toMatchObject({ version: '1.20.1' });
    expect(model.inputs).toEqual([{ name: 'input', type: 'float32', shape: ['batch', 1, 8, 8] }]);
    expect(model.outputs).toEqual([{ name: 'logits', type: 'float32', shape: ['batch', 10] }]);
    const { count, pixels, labels } = await digits();
    const input = float32([count, 1, 8, 8], pixels);
    const { logits } = await model.run({ input }, { logits: null }, {});
    const scores = logits?.data as Float32Array;
    const right = labels.reduce((sum, label, image) => {
      const row = [...scores.subarray(image * 10, image * 10 + 10)];
      return sum + (row.indexOf(Math.max(...row)) === label ? 1 : 0);
    }, 0);
    expect(right).toBe(498);
    expect(await rejection(model.inspect({ input }))).toMatchObject({
      code: 'ERR_ENGINERY_RUNTIME_VERSION',
    });
    await model.release();
    expect((await rejection(model.release())).message).toContain('Session already disposed');
  });

  it('gives the output that was asked for, under its own name', async (context) => {
    if (found instanceof Error) return context.skip(found.message);
    const path = 'small/two-io.onnx';
    const outline = await outlineOf(modelPath(path));
    const model = await compile(path, { packagePath: found, source: { outline } });
    const feeds = {
      left: float32([2, 3], [1, 2, 3, 4, 5, 6]),
      right: float32([2, 3], [1, 1, 1, 1, 1, 1]),
    };
    const results = await model.run(feeds, { difference: null }, {});
    expect(results).toEqual({ difference: float32([2, 3], [0, 1, 2, 3, 4, 5]) });
    await model.release();
  });

  it('serves sessions one after the other and at once, and drops an abandoned creation', async (context) => {
    if (found instanceof Error) return context.skip(found.message);
    const packagePath = found;
    const path = 'small/identity-float16.onnx';
    const outline = await outlineOf(modelPath(path));
    const open = async (signal?: AbortSignal): ReturnType<typeof compile> =>
      compile(path, { packagePath, source: { outline }, ...(signal && { signal }) });
    const controller = new AbortController();
    const abandoned = rejection(open(controller.signal));
    controller.abort();
    expect(await abandoned).toMatchObject({ code: 'ERR_ENGINERY_CANCELLED' });
    const x = { type: 'float16', dims: [2], data: new Uint16Array([0x3c00, 0x4000]) } as const;
    for (let round = 0; round < 3; round++) {
      const models = await Promise.all([open(), open()]);
      for (const model of models) expect(await model.run({ x }, { y: null }, {})).toEqual({ y: x });
      await Promise.all(models.map(async (model) => model.release()));
    }
  });

  it('needs the outline of the file, and lets the process end', async (context) => {
    if (found instanceof Error) return context.skip(found.message);
    const { code, stdout } = await runScript(`
      await compile(slow, ${JSON.stringify(found)}).catch((error) => console.log(error.code));
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ERR_ENGINERY_RUNTIME_VERSION\n' });
  });
});

describe('Node 24', () => {
  let found: string | Error;
  beforeAll(async () => {
    found = await node24();
  });

  it.for(['installed', '1.20.1'])(
    'passes float16 as Uint16Array and Float16Array, onnxruntime-node %s',
    async (version, context) => {
      if (found instanceof Error) return context.skip(found.message);
      const packagePath = version === 'installed' ? undefined : await onnxruntimeNode(version);
      if (packagePath instanceof Error) return context.skip(packagePath.message);
      const { code, stdout, stderr } = await runScript(
        `
        import { readModelOutline } from ${JSON.stringify(new URL('../../dist/onnx/index.js', import.meta.url).href)};
        import { createRequire } from 'node:module';
        const path = ${JSON.stringify(modelPath('small/identity-float16.onnx'))};
        const packagePath = ${JSON.stringify(packagePath)};
        const model = await onnxruntimeProvider('cpu', packagePath ? { packagePath } : {}).compile(
          { format: 'onnx', path, outline: await readModelOutline(path) },
          { precision: 'fp32', shapes: new Map(), session: {} });
        const { Tensor } = createRequire(${JSON.stringify(modelPath('x'))})('onnxruntime-common');
        const target = { type: 'float16', dims: [3], data: new Float16Array(3) };
        for (const data of [new Uint16Array([0x3c00, 0x4000, 0xc200]), new Float16Array([1, 2, -3])]) {
          const x = new Tensor('float16', data, [3]);
          const { y } = await model.run({ x }, { y: null }, {});
          const back = new Tensor(y.type, y.data, y.dims);
          console.log(back.data.constructor.name, [...back.data].join());
          await model.run({ x: { type: 'float16', dims: [3], data } }, { y: target }, {});
          console.log([...target.data].join());
        }
        await model.release();
        `,
        { node: found },
      );
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: 'Float16Array 1,2,-3\n1,2,-3\n'.repeat(2),
        stderr: '',
      });
    },
  );
});
