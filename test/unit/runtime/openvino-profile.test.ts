/** The profile file of OpenVINO: its name, its layout, its limits. */

import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import * as logger from '../../../lib/common/logger.js';
import type { NativeLayer } from '../../../lib/runtime/native-types.js';
import { nodesFromProfile } from '../../../lib/runtime/onnxruntime-profile.js';
import { OpenVinoProfile } from '../../../lib/runtime/openvino-profile.js';
import { temporaryFolder } from '../../fixtures/models.js';

vi.mock('../../../lib/common/logger.js');
const warnOnce = vi.mocked(logger.warnOnce);
beforeEach(() => {
  warnOnce.mockReset();
});

const layer = (name: string, timeUs: number, status: NativeLayer['status'] = 'executed') =>
  ({ name, type: 'Relu', kernel: 'jit_avx2_f32', status, timeUs }) satisfies NativeLayer;

interface Event {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
}

function profileIn(folder: string): { profile: OpenVinoProfile; text: () => string } {
  const profile = OpenVinoProfile.create(join(folder, 'p'), performance.now());
  if (profile === undefined) throw new Error('expected a profile');
  return { profile, text: () => readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8') };
}

describe('OpenVinoProfile', () => {
  it('makes its file at once, named by the time, each session its own', () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 20; i++) profileIn(folder);
    const files = readdirSync(folder);
    expect(files).toHaveLength(20);
    for (const file of files) {
      expect(file).toMatch(/^p_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\d{3}\.json$/);
    }
  });

  it('writes the events of a run as ONNX Runtime does', () => {
    const { profile, text } = profileIn(temporaryFolder());
    const layers = [layer('a', 5), layer('gone', 0, 'optimized-out'), layer('b', 7)];
    profile.end(profile.begin(), layers, 20);
    profile.finish();
    const events = JSON.parse(text()) as Event[];
    expect(events.map(({ cat, name }) => [cat, name])).toEqual([
      ['Session', 'session_initialization'],
      ['Node', 'a_kernel_time'],
      ['Node', 'b_kernel_time'],
      ['Session', 'model_run'],
    ]);
    for (const event of events) {
      expect(Object.keys(event)).toEqual(['cat', 'pid', 'tid', 'dur', 'ts', 'ph', 'name', 'args']);
      expect(event).toMatchObject({ pid: process.pid, ph: 'X' });
    }
    const [, a, b] = events;
    expect((b?.ts ?? 0) - (a?.ts ?? 0)).toBe(5);
    // Our own reader of ONNX Runtime's profiles reads it.
    const provider = 'OpenVINOExecutionProvider';
    expect(nodesFromProfile(text())).toEqual([
      { name: 'a', type: 'Relu', index: 0, provider, timeUs: 5 },
      { name: 'b', type: 'Relu', index: 2, provider, timeUs: 7 },
    ]);
  });

  it('shows runs in flight in rows of their own, and a row again when its run has ended', () => {
    const { profile } = profileIn(temporaryFolder());
    const [first, second] = [profile.begin(), profile.begin()];
    expect([first.row, second.row]).toEqual([0, 1]);
    profile.end(first, undefined, 0);
    expect(profile.begin().row).toBe(0);
    expect(profile.begin().row).toBe(2);
  });

  it('says nothing of a run that has failed', () => {
    const { profile, text } = profileIn(temporaryFolder());
    profile.end(profile.begin(), undefined, 0);
    profile.finish();
    expect(JSON.parse(text())).toHaveLength(1);
  });

  it('writes as it goes and nothing after its end', () => {
    const { profile, text } = profileIn(temporaryFolder());
    const layers = Array.from({ length: 100 }, (_, i) => layer(`layer ${i}`, 1));
    for (let i = 0; i < 10; i++) profile.end(profile.begin(), layers, 100);
    expect(text().length).toBeGreaterThan(65_536);
    const running = profile.begin();
    profile.finish();
    const whole = text();
    profile.end(running, layers, 100);
    profile.finish();
    expect(text()).toBe(whole);
    expect(JSON.parse(whole)).toHaveLength(1 + 10 * 101);
  });

  it('leaves out what comes after its limit, with a warning', () => {
    const folder = temporaryFolder();
    const profile = OpenVinoProfile.create(join(folder, 'p'), performance.now(), 5);
    for (let i = 0; i < 10; i++) profile?.end({ row: 0, startUs: 0 }, [layer('a', 1)], 1);
    profile?.finish();
    expect(
      JSON.parse(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')),
    ).toHaveLength(5);
    expect(warnOnce).toHaveBeenCalledWith(expect.stringContaining('is full: it has 5 events'));
  });

  it('goes on without a file, with a warning, where none can be made', () => {
    const folder = join(temporaryFolder(), 'no', 'such');
    expect(OpenVinoProfile.create(join(folder, 'p'), 0)).toBeUndefined();
    expect(warnOnce).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('ENOENT'));
    mkdirSync(folder, { recursive: true });
    expect(OpenVinoProfile.create(join(folder, 'p'), 0)).toBeDefined();
  });
});
