/**
 * The profile of a session on OpenVINO, in the file and the layout of onnxruntime-node's (chrome://tracing, Perfetto):
 * what each run and each layer took. OpenVINO tells how long a layer took and not when it began, so the layers of a run
 * stand one behind the other from its start.
 */

import { appendFileSync, writeFileSync } from 'node:fs';
import { isRecord, messageFromUnknown, warnOnce } from '../common/index.js';
import type { NativeLayer } from './native-types.js';

/** ONNX Runtime's own limit: it drops what comes after (1.30). A run of 100 layers is 102 events, 20 KB. */
const MOST_EVENTS = 1_000_000;
/** Text that waits for the file; a write of this size takes 30 us. */
const BUFFER_CHARACTERS = 65_536;

/** A run that has begun. */
export interface ProfiledSpan {
  /** Runs in flight are shown in a row each: events of one row must not overlap. */
  readonly row: number;
  readonly startUs: number;
}

type Arguments = Readonly<Record<string, string>>;

/** `prefix_2026-11-21_10-32-12_919.json`, in local time, as ONNX Runtime names it. */
function fileName(prefix: string, time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join('-');
  return `${prefix}_${date}_${clock}_${String(time.getMilliseconds()).padStart(3, '0')}.json`;
}

/** Makes the file, which no other session may have. */
function createFile(prefix: string): string {
  for (let time = Date.now(); ; time++) {
    const file = fileName(prefix, new Date(time));
    try {
      writeFileSync(file, '[\n', { flag: 'wx' });
      return file;
    } catch (error) {
      // Another session of the same prefix in the same millisecond.
      if (!isRecord(error) || error['code'] !== 'EEXIST') throw error;
    }
  }
}

export class OpenVinoProfile {
  readonly #file: string;
  readonly #originMs: number;
  readonly #mostEvents: number;
  readonly #rows: boolean[] = [];
  #text = '';
  #separator = '';
  #events = 0;
  #isOpen = true;

  private constructor(file: string, originMs: number, mostEvents: number) {
    this.#file = file;
    this.#originMs = originMs;
    this.#mostEvents = mostEvents;
  }

  /** Undefined, with a warning, where no file can be made: ONNX Runtime goes on without one too. */
  static create(
    prefix: string,
    originMs: number,
    mostEvents = MOST_EVENTS,
  ): OpenVinoProfile | undefined {
    try {
      const profile = new OpenVinoProfile(createFile(prefix), originMs, mostEvents);
      profile.#add('Session', 0, 'session_initialization', 0, profile.#nowUs(), {});
      return profile;
    } catch (error) {
      warnOnce(`no profile is written: ${messageFromUnknown(error)}`);
      return undefined;
    }
  }

  begin(): ProfiledSpan {
    const free = this.#rows.indexOf(false);
    const row = free === -1 ? this.#rows.length : free;
    this.#rows[row] = true;
    return { row, startUs: this.#nowUs() };
  }

  /** A run that has ended: its layers, undefined where it has failed, and its time in OpenVINO. */
  end(
    { row, startUs }: ProfiledSpan,
    layers: readonly NativeLayer[] | undefined,
    timeUs: number,
  ): void {
    this.#rows[row] = false;
    if (layers === undefined || !this.#isOpen) return;
    const endUs = this.#nowUs();
    let us = Math.max(startUs, endUs - timeUs);
    for (const [index, layer] of layers.entries()) {
      if (layer.status !== 'executed') continue;
      this.#add('Node', row, `${layer.name}_kernel_time`, us, layer.timeUs, {
        op_name: layer.type,
        provider: 'OpenVINOExecutionProvider',
        node_index: String(index),
        kernel: layer.kernel,
      });
      us += layer.timeUs;
    }
    this.#add('Session', row, 'model_run', startUs, endUs - startUs, {});
  }

  /** Ends the file; a second call does nothing. */
  finish(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#text += '\n]\n';
    this.#write();
  }

  #nowUs(): number {
    return (performance.now() - this.#originMs) * 1000;
  }

  #add(cat: string, row: number, name: string, ts: number, dur: number, args: Arguments): void {
    if (this.#events++ >= this.#mostEvents) {
      warnOnce(`the profile ${this.#file} is full: it has ${this.#mostEvents} events`);
      return;
    }
    const { pid } = process;
    const event = {
      cat,
      pid,
      tid: pid + row,
      dur: Math.round(dur),
      ts: Math.round(ts),
      ph: 'X',
      name,
      args,
    };
    this.#text += this.#separator + JSON.stringify(event);
    this.#separator = ',\n';
    if (this.#text.length >= BUFFER_CHARACTERS) this.#write();
  }

  #write(): void {
    try {
      appendFileSync(this.#file, this.#text);
    } catch (error) {
      // A full disk is no reason for a run to fail.
      warnOnce(`the profile ${this.#file} cannot be written: ${messageFromUnknown(error)}`);
      this.#isOpen = false;
    }
    this.#text = '';
  }
}
