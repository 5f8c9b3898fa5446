/** Loads the addon, the only place that does, and turns its tickets into promises. */

import { join } from 'node:path';
import {
  EngineryError,
  callNextTurn,
  errorFromNative,
  messageFromUnknown,
  packageFolder,
  packageRequire,
} from '../common/index.js';
import type { NativeAddon } from './native-types.js';

interface Pending {
  resolve(value: unknown, microseconds: number): void;
  reject(error: Error): void;
}

const pending = new Map<number, Pending>();
let lastTicket = 0;
let addon: NativeAddon | undefined;
let failure: EngineryError | undefined;

function settle(ticket: number, error: unknown, value: unknown, microseconds: number): void {
  const entry = pending.get(ticket);
  if (entry === undefined) return;
  pending.delete(ticket);
  if (error === undefined) entry.resolve(value, microseconds);
  else entry.reject(errorFromNative(error));
}

function open(): NativeAddon {
  let loaded: NativeAddon;
  try {
    const load = packageRequire('node-gyp-build') as (directory: string) => NativeAddon;
    loaded = load(packageFolder);
  } catch (error) {
    throw new EngineryError(
      'ADDON_LOAD',
      `expected enginery's addon for ${process.platform}-${process.arch} to load, but: ${messageFromUnknown(error)}. ` +
        `Searched: build/Release and prebuilds/${process.platform}-${process.arch} in the package. ` +
        '1. reinstall the package on this platform: npm install enginery; ' +
        '2. from a checkout: npm run build:native',
      { cause: error },
    );
  }
  const manifest: unknown = packageRequire(join(packageFolder, 'package.json'));
  const { version } = manifest as { readonly version: string };
  if (loaded.version !== version) {
    throw new EngineryError(
      'ADDON_LOAD',
      `expected enginery's addon of version ${version}, found ${loaded.version}. ` +
        '1. reinstall the package: npm install enginery; 2. from a checkout: npm run build:native',
    );
  }
  const drain = (): void => {
    loaded.drain();
  };
  loaded.setHandler(settle, () => {
    callNextTurn(drain);
  });
  // A process that exits does not run the environment's clean-up: without this the runtime's threads would still
  // compute while their libraries are being torn down.
  process.once('exit', () => {
    loaded.stop();
  });
  return loaded;
}

/** The addon; `ADDON_LOAD` when it does not load, with the reason and the fix. */
export function nativeAddon(): NativeAddon {
  if (failure !== undefined) throw failure;
  try {
    addon ??= open();
  } catch (error) {
    if (error instanceof EngineryError) failure = error;
    throw error;
  }
  return addon;
}

/** Registers a ticket whose answer goes to `entry`; `start` hands it to the addon. */
export function withTicket(entry: Pending, start: (ticket: number) => void): number {
  // 32 bits on the native side; after four thousand million runs it begins again.
  lastTicket = (lastTicket + 1) >>> 0;
  const ticket = lastTicket;
  pending.set(ticket, entry);
  try {
    start(ticket);
  } catch (error) {
    pending.delete(ticket);
    throw errorFromNative(error);
  }
  return ticket;
}

/** Asks the addon for something it answers later. The type is that of native-types.ts, stated by the caller. */
export function ask<T>(start: (ticket: number) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const pending = {
      resolve: (value: unknown): void => {
        resolve(value as T);
      },
      reject,
    };
    withTicket(pending, start);
  });
}
