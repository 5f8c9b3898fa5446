/**
 * Provider `openvino` as a backend of onnxruntime-common: that package's own InferenceSession serves whoever names
 * 'openvino' in executionProviders. Falling through the list is onnxruntime-common's: only OpenVINO serves here.
 */

import type { Backend, InferenceSessionHandler } from 'onnxruntime-common';
import { EngineryError, errorCodeSuffix } from '../common/index.js';
import { listRuntimes } from '../runtime/index.js';
import { forEachCommon } from '../tensor/index.js';
import { InferenceSession } from './inference-session.js';

const NAME = 'openvino';

/**
 * Below zero a backend serves only those who name it. With 100, which onnxruntime-node gives its own, openvino would
 * serve that package's sessions without a list of providers whenever enginery is imported after it.
 *
 * 'tensorrt' is not registered at all, at any priority: onnxruntime-common (1.20 to 1.30) never replaces a backend by
 * one of higher priority, so that where enginery comes first onnxruntime-node would lose its own.
 */
const PRIORITY = -1;

function handlerOf(session: InferenceSession): InferenceSessionHandler {
  const { inputNames, outputNames, inputMetadata, outputMetadata } = session;
  return {
    ...{ inputNames, outputNames, inputMetadata, outputMetadata },
    run: (feeds, fetches, options) => session.run(feeds, fetches, options),
    startProfiling: () => {
      session.startProfiling();
    },
    endProfiling: () => {
      session.endProfiling();
    },
    dispose: () => session.release(),
  };
}

const backend: Backend = {
  /**
   * Rejects where OpenVINO cannot be opened: onnxruntime-common then goes on to the next of the list, for good. No
   * options are known yet: an OpenVINO that only option `library` names is not found.
   */
  async init() {
    const [report] = await listRuntimes([NAME]);
    if (report === undefined || report.available) return;
    const { code = 'ERR_ENGINERY_INTERNAL', message = '' } = report;
    // onnxruntime-common keeps nothing of an error but its text.
    throw new EngineryError(errorCodeSuffix(code) ?? 'INTERNAL', `${code}: ${message}`);
  },
  /** In `options` onnxruntime-common has left those executionProviders that are this backend's. */
  async createInferenceSessionHandler(model, options) {
    return handlerOf(
      typeof model === 'string'
        ? await InferenceSession.create(model, options)
        : await InferenceSession.create(model, options),
    );
  },
};

/** Registers `openvino` in every copy of onnxruntime-common. */
export function registerOpenvinoBackend(): void {
  forEachCommon((copy) => {
    try {
      copy.registerBackend(NAME, backend, PRIORITY);
    } catch {
      // Another copy of this package holds the name at this priority, and serves it as well.
    }
  });
}
