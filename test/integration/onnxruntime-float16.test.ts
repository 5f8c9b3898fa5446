/** float16 on a Node with Float16Array, where onnxruntime-node itself passes none: through the public surface, on both providers. */

import { beforeAll, describe, expect, it } from 'vitest';

import { runProgram } from '../fixtures/child.js';
import { node24 } from '../fixtures/onnxruntime.js';
import { lackOfOpenvino } from '../requirements.js';

describe('Node 24', () => {
  let found: string | Error;
  beforeAll(async () => {
    found = await node24();
  });

  it.for(['cpu', 'openvino'])(
    'carries every half unchanged on %s, as Uint16Array and as Float16Array, into new and given tensors',
    async (provider, context) => {
      if (found instanceof Error) return context.skip(found.message);
      const lack = provider === 'openvino' ? lackOfOpenvino() : undefined;
      if (lack !== undefined) return context.skip(lack);
      const { code, stdout, stderr } = await runProgram(
        `
        const session = await InferenceSession.create(model('small/identity-float16.onnx'), {
          executionProviders: [${JSON.stringify(provider)}],
        });
        // All but NaNs, whose payload is nobody's promise.
        const bits = Uint16Array.from({ length: 65536 }, (_, i) => i).filter((i) => (i & 0x7fff) <= 0x7c00);
        const dims = [bits.length];
        const isSame = ({ data }) =>
          new Uint16Array(data.buffer, data.byteOffset, data.length).every((word, i) => word === bits[i]);
        for (const x of [
          { type: 'float16', dims, data: bits },
          new Tensor('float16', bits, dims),
          new Tensor('float16', new Float16Array(bits.buffer.slice(0)), dims),
        ]) {
          const { y } = await session.run({ x });
          const given = new Tensor('float16', new Float16Array(bits.length), dims);
          const raw = { type: 'float16', dims, data: new Uint16Array(bits.length) };
          const filled = await session.run({ x }, { y: given });
          await session.run({ x }, { y: raw });
          console.log(y.type, y.data.constructor.name, isSame(y), filled.y === given && isSame(given), isSame(raw));
        }
        await session.release();
        `,
        { node: found },
      );
      expect({ code, stdout, stderr }).toEqual({
        code: 0,
        stdout: 'float16 Float16Array true true true\n'.repeat(3),
        stderr: '',
      });
    },
  );
});
