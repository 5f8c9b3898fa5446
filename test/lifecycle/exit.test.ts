/** How a process ends while OpenVINO computes: with its own exit code, by no signal but the one it was sent. */

import { describe, expect, it } from 'vitest';

import { programHead, runProgram } from '../fixtures/child.js';
import { needsOpenvino } from '../fixtures/engines.js';
import { scaled } from '../scale.js';

needsOpenvino();

/** Four runs at two requests: some compute, some wait. */
const BUSY = `
  const engine = await openvino('small/slow.onnx');
  for (let i = 0; i < 4; i++) engine.run(slowFeeds()).catch(() => {});
`;
const MAKING = `openvino('small/slow.onnx').catch(() => {});`;
/** On the inline way a run is over when the call returns. */
const INLINE = `
  const engine = await openvino('small/add.onnx', { openvino: { inlineBelowUs: 1000000 } });
  const loop = async () => { for (;;) await engine.run(addFeeds()); };
  loop();
`;

async function repeat(turns: number, once: (turn: number) => Promise<void>): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await once(turn);
}

describe.each([
  ['in mid-run', BUSY],
  ['while a session is made', MAKING],
  ['amid inline runs', INLINE],
])('a process %s', (_where, body) => {
  it.each([
    ['process.exit', 'process.exit(7);', 7],
    ['process.exit a little later', 'setTimeout(() => process.exit(7), 15);', 7],
    [
      'process.exit in a handler of exit',
      "process.on('exit', () => { process.exitCode = 9; }); setTimeout(() => process.exit(), 5);",
      9,
    ],
  ])('ends with its exit code by %s', async (_how, end, exitCode) => {
    await repeat(scaled(50), async () => {
      const result = await runProgram(`${body}\n${end}`);
      expect(result).toEqual({ code: exitCode, signal: null, stdout: '', stderr: '' });
    });
  });

  it('ends with 1 by an error that nobody catches', async () => {
    await repeat(scaled(50), async () => {
      const { code, signal, stderr } = await runProgram(
        `${body}\nsetTimeout(() => { throw new Error('of the application'); }, 5);`,
      );
      expect({ code, signal }).toEqual({ code: 1, signal: null });
      expect(stderr).toContain('of the application');
      expect(stderr).not.toContain('terminate called');
    });
  });

  it('ends with 1 by a rejection that nobody catches', async () => {
    const { code, signal, stderr } = await runProgram(
      `${body}\nsetTimeout(() => { Promise.reject(new Error('of the application')); }, 5);`,
    );
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toContain('of the application');
  });

  it.each([
    ['SIGINT', "process.on('SIGINT', () => process.exit(130));", { code: 130, signal: null }],
    ['SIGTERM', "process.on('SIGTERM', () => process.exit(143));", { code: 143, signal: null }],
    ['SIGINT', '', { code: null, signal: 'SIGINT' }],
    ['SIGTERM', '', { code: null, signal: 'SIGTERM' }],
  ] as const)(
    'ends by %s as the application says (%s)',
    async (signalOnOutput, handler, ending) => {
      await repeat(scaled(50), async () => {
        const { code, signal, stderr } = await runProgram(
          `${handler}\n${body}\nsetInterval(() => {}, 1000);\nconsole.log('busy');`,
          { signalOnOutput },
        );
        expect({ code, signal, stderr }).toEqual({ ...ending, stderr: '' });
      });
    },
  );
});

describe('a process that has nothing more to do', () => {
  it('stays until accepted runs have ended, as with onnxruntime-node', async () => {
    const result = await runProgram(`
      const engine = await openvino('small/slow.onnx');
      for (let i = 0; i < 4; i++) engine.run(slowFeeds()).then(({ y }) => console.log(y.dims.join()));
    `);
    expect(result).toEqual({ code: 0, signal: null, stdout: '1,512\n'.repeat(4), stderr: '' });
  });

  it('stays until a session is made, and until one is released', async () => {
    const result = await runProgram(`
      openvino('small/add.onnx').then((engine) => {
        console.log('made');
        engine.release().then(() => console.log('released'));
      });
    `);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'made\nreleased\n', stderr: '' });
  });

  it.each([
    ['a main thread', (body: string) => body],
    [
      'a worker thread',
      (body: string) => `
        import { Worker } from 'node:worker_threads';
        new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(programHead())} + ${JSON.stringify(body)})));
      `,
    ],
  ])(
    'stays until a release that follows endProfiling has ended, in %s',
    async (_where, program) => {
      const { code, signal, stdout } = await runProgram(
        program(`
        const session = await InferenceSession.create(model('small/add.onnx'), { executionProviders: ['cpu'] });
        session.endProfiling();
        await session.release();
        console.log('released');
      `),
      );
      expect({ code, signal, stdout }).toEqual({ code: 0, signal: null, stdout: 'released\n' });
    },
  );

  it('is not held by sessions that were never released', async () => {
    const result = await runProgram(`
      globalThis.kept = [];
      for (const name of ['small/add.onnx', 'small/slow.onnx', 'digits/digits_cnn.onnx']) {
        kept.push(await openvino(name));
      }
      await kept[0].run(addFeeds());
      await kept[1].run(slowFeeds());
      kept.push(kept[0].allocate('a'));
      console.log('done');
    `);
    expect(result).toEqual({ code: 0, signal: null, stdout: 'done\n', stderr: '' });
  });

  it('is not held by a session of each provider', async () => {
    const { code, signal, stdout } = await runProgram(`
      globalThis.kept = [
        await InferenceSession.create(model('small/add.onnx')),
        await InferenceSession.create(model('small/add.onnx'), { executionProviders: ['cpu'] }),
      ];
      for (const session of kept) console.log(session.provider, (await session.run(addFeeds())).sum.data[0]);
    `);
    expect({ code, signal, stdout }).toEqual({
      code: 0,
      signal: null,
      stdout: 'openvino 3\ncpu 3\n',
    });
  });
});

describe('a handler of exit', () => {
  it.each([
    ['releases a session', 'engine.release().catch(() => {});'],
    ['runs one', 'engine.run(slowFeeds()).catch(() => {});'],
    ['makes one', MAKING],
    ['allocates', "try { engine.allocate('x'); } catch {}"],
    ['aborts a run', 'controller.abort();'],
    ['asks for devices', 'listRuntimes();'],
  ])('that %s harms nothing, whatever the process was at', async (_what, call) => {
    for (const end of ['', 'process.exit(0);', 'setTimeout(() => process.exit(0), 10);']) {
      const result = await runProgram(`
        const controller = new AbortController();
        const engine = await openvino('small/slow.onnx');
        engine.run(slowFeeds(), { signal: controller.signal }).catch(() => {});
        process.on('exit', () => {
          ${call}
          console.log('handled');
        });
        ${end}
      `);
      expect(result).toEqual({ code: 0, signal: null, stdout: 'handled\n', stderr: '' });
    }
  });
});
