/** What `inspect` shows of a model compiled by OpenVINO: properties, and the layers of its last run. */

import { errorFromNative } from '../common/index.js';
import { nativeAddon } from './native.js';
import type { NativeHandle, NativeLayer } from './native-types.js';
import type { LayerInfo } from './provider.js';

/** Properties worth showing; a device that lacks one is no failure. */
const SHOWN_PROPERTIES = [
  'NETWORK_NAME',
  'PERFORMANCE_HINT',
  'INFERENCE_PRECISION_HINT',
  'NUM_STREAMS',
  'INFERENCE_NUM_THREADS',
  'OPTIMAL_NUMBER_OF_INFER_REQUESTS',
  'ENABLE_CPU_PINNING',
  'EXECUTION_DEVICES',
] as const;

export function shownProperties(handle: NativeHandle): Record<string, string> {
  const properties: Record<string, string> = {};
  for (const key of SHOWN_PROPERTIES) {
    try {
      properties[key] = nativeAddon().property(handle, key);
    } catch {
      // Not every device has every property.
    }
  }
  return properties;
}

/** The model must be a profiled one, and a run must have ended. */
export function layersOfLastRun(handle: NativeHandle): LayerInfo[] {
  try {
    return layersFromNative(nativeAddon().profile(handle));
  } catch (error) {
    throw errorFromNative(error);
  }
}

/**
 * The CPU plugin lists a layer and behind it, as not run and without a kernel, the nodes that were fused into it
 * (seen in 2026.4.1). Inputs, outputs and constants are no layers.
 */
function layersFromNative(list: readonly NativeLayer[]): LayerInfo[] {
  const layers: (LayerInfo & { fused: string[] })[] = [];
  for (const layer of list) {
    if (/^(Parameter|Result|Constant|Input|Output)$/.test(layer.type)) continue;
    const owner = layers.at(-1);
    if (layer.status === 'not-run' && /^undef/.test(layer.kernel) && owner !== undefined) {
      owner.fused.push(layer.name);
    } else {
      layers.push({ ...layer, fused: [] });
    }
  }
  return layers;
}
