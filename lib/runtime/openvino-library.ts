/** Opens OpenVINO once per process and says, when it cannot, where it looked and what to do. */

import { EngineryError, errorCodeSuffix, isCodedError } from '../common/index.js';
import { OPENVINO_VERSION, openvinoPlaces, type SearchPlace } from './libraries.js';
import { ask, nativeAddon } from './native.js';

export interface OpenVinoLibrary {
  /** `2026.4.1-22982-...`, the library's own text. */
  readonly version: string;
  readonly path: string;
}

export interface OpenVinoDevice {
  readonly name: string;
  readonly description: string;
}

let opened: Promise<OpenVinoLibrary> | undefined;

/** What helps; a place that was named by the user is the only one that is searched. */
function fixesFor(places: readonly SearchPlace[]): string {
  const named = places[0]?.place;
  if (named === 'option') {
    return '1. name the folder that holds libopenvino_c.so in openvino.library; 2. or leave that option out';
  }
  if (named === 'ENGINERY_OPENVINO') {
    return (
      '1. name the folder that holds libopenvino_c.so in ENGINERY_OPENVINO; ' +
      '2. or unset ENGINERY_OPENVINO, then: npx enginery setup openvino'
    );
  }
  return (
    '1. npx enginery setup openvino; ' +
    `2. or: python3 -m pip install openvino==${OPENVINO_VERSION}; ` +
    '3. or name the folder that holds libopenvino_c.so in ENGINERY_OPENVINO'
  );
}

async function openFirst(option: string | undefined): Promise<OpenVinoLibrary> {
  const addon = nativeAddon();
  const failures: { readonly text: string; readonly error?: unknown }[] = [];
  const places = openvinoPlaces(option);
  for (const place of places) {
    const { library } = place;
    if (library === undefined) {
      failures.push({ text: `${place.place} ${place.path}: ${place.reason ?? 'nothing there'}` });
      continue;
    }
    try {
      return await ask<OpenVinoLibrary>((ticket) => {
        addon.openvinoOpen(ticket, library, place.preload);
      });
    } catch (error) {
      // The next place may do; when none does, this reason is part of the answer.
      const reason = error instanceof Error ? error.message : String(error);
      failures.push({ text: `${place.place} ${library}: ${reason}`, error });
    }
  }
  // A library that is there and does not work tells more than the places without one.
  const worst = failures.find(({ error }) => error !== undefined)?.error;
  const suffix = isCodedError(worst) ? errorCodeSuffix(worst.code) : undefined;
  throw new EngineryError(
    suffix ?? 'RUNTIME_NOT_FOUND',
    `expected OpenVINO's C library (libopenvino_c.so), found none that works. Searched: ` +
      `${failures.map(({ text }) => text).join('; ')}. To fix it: ${fixesFor(places)}`,
    worst === undefined ? undefined : { cause: worst },
  );
}

/**
 * Opens the library, the first time; later calls get the one that is open, since a process can hold only one.
 * A failure is not remembered: the user may install it meanwhile.
 */
export async function openOpenVino(option?: string): Promise<OpenVinoLibrary> {
  opened ??= openFirst(option);
  try {
    return await opened;
  } catch (error) {
    opened = undefined;
    throw error;
  }
}

/** The devices that OpenVINO finds. The first call loads every plugin, some hundred milliseconds. */
export function openvinoDevices(): Promise<readonly OpenVinoDevice[]> {
  return ask<readonly OpenVinoDevice[]>((ticket) => {
    nativeAddon().openvinoDevices(ticket);
  });
}

/** A property of a device. */
export function openvinoDeviceProperty(device: string, key: string): Promise<string> {
  return ask<string>((ticket) => {
    nativeAddon().openvinoProperty(ticket, device, key);
  });
}
