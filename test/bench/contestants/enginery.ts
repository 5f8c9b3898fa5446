/** Contestant: this package, with the provider that the command line names. */

import { shortVersion } from '../../../lib/report/index.js';
import { answerRequests, type OpenModel } from './answer-requests.js';

const provider = process.argv[2] ?? 'openvino';

const open: OpenModel = async (request, feeds) => {
  const { InferenceSession, Tensor } = await import('enginery');
  const { hint, threads, inlineBelowUs } = request;
  const openvino = {
    name: 'openvino',
    performanceHint: hint,
    ...(inlineBelowUs === undefined ? {} : { inlineBelowUs }),
  };
  const session = await InferenceSession.create(request.model, {
    executionProviders: [provider === 'openvino' ? openvino : provider],
    strict: true,
    freeDimensionOverrides: request.overrides,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
  });
  const tensors = Object.fromEntries(
    feeds.map(({ name, type, dims, data }) => [
      name,
      // The overloads want each type beside its array; a feed's fit by its maker.
      new Tensor(type as 'float32', data as Float32Array, dims),
    ]),
  );
  const { runtime } = session.report;
  const requests = Number(runtime['inferRequests']);
  return {
    run: () => session.run(tensors),
    runtime: `${runtime['runtime'] ?? provider} ${shortVersion(runtime['version'] ?? '')}`,
    ...(Number.isInteger(requests) ? { requests } : {}),
  };
};

await answerRequests(open);
