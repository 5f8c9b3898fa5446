/**
 * A child process that probes one provider, or the addon alone, and sends the report: a library that crashes at load
 * crashes only this.
 */

import { isCodedError, messageFromUnknown } from '../../common/index.js';
import {
  createProvider,
  listRuntimes,
  nativeAddon,
  type RuntimeReport,
} from '../../runtime/index.js';

function probeAddon(): RuntimeReport {
  const { version } = nativeAddon();
  return { provider: 'addon', available: true, version, devices: [] };
}

/** OpenVINO in one place only: setup asks about what it has just put there, not about any other. */
function probeLibrary(library: string): Promise<RuntimeReport> {
  return createProvider({ name: 'openvino', options: { library } }).probe();
}

async function probe(name: string, library: string | undefined): Promise<RuntimeReport> {
  try {
    if (name === 'addon') return probeAddon();
    if (library !== undefined) return await probeLibrary(library);
    const [report] = await listRuntimes([name]);
    if (report !== undefined) return report;
    throw new Error('the probe gave no report');
  } catch (error) {
    // The reason goes to the parent, which still has the other runtimes to show.
    const code = isCodedError(error) ? error.code : 'ERR_ENGINERY_INTERNAL';
    return {
      provider: name,
      available: false,
      devices: [],
      code,
      message: messageFromUnknown(error),
    };
  }
}

async function main(): Promise<void> {
  const report = await probe(process.argv[2] ?? '', process.argv[3]);
  process.send?.(report, undefined, undefined, () => {
    process.disconnect();
  });
}

void main();
