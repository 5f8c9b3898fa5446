/** Contestant: onnxruntime-node, called directly. */

import { createRequire } from 'node:module';
import { answerRequests, type OpenModel } from './answer-requests.js';

const open: OpenModel = async (request, feeds) => {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(request.model, {
    freeDimensionOverrides: request.overrides,
    ...(request.threads === undefined ? {} : { intraOpNumThreads: request.threads }),
  });
  const tensors = Object.fromEntries(
    feeds.map(({ name, type, dims, data }) => [
      name,
      // The overloads want each type beside its array; a feed's fit by its maker.
      new Tensor(type as 'float32', data as Float32Array, dims),
    ]),
  );
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
    readonly version: string;
  };
  return { run: () => session.run(tensors), runtime: `onnxruntime-node ${version}` };
};

await answerRequests(open);
