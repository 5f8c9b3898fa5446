/** Tests of doctor's screen: what is missing gets a reason and the command that helps in that case. */

import { describe, expect, it } from 'vitest';
import { doctorReportText, fixesOf, type DoctorReport } from '../../../lib/cli/doctor-report.js';
import { describeMachine } from '../../../lib/cli/machine.js';
import { createStyle } from '../../../lib/report/index.js';
import type { RuntimeReport, SearchPlace } from '../../../lib/runtime/index.js';

const ADDON: RuntimeReport = { provider: 'addon', available: true, version: '0.1.0', devices: [] };
const CPU: RuntimeReport = { provider: 'cpu', available: true, version: '1.30.0', devices: [] };
const MISSING: RuntimeReport = {
  provider: 'openvino',
  available: false,
  devices: [],
  code: 'ERR_ENGINERY_RUNTIME_NOT_FOUND',
  message:
    'none works. Searched: setup /a: not there; system /b: not there. To fix it: 1. do this; 2. or that',
};

function report(more: Partial<DoctorReport> = {}): DoctorReport {
  const machine = { ...describeMachine(), glibc: '2.36', platform: 'linux' };
  return {
    version: '0.1.0',
    machine,
    addon: ADDON,
    runtimes: [MISSING, CPU],
    openvinoPlaces: [],
    ...more,
  };
}

function place(name: string): SearchPlace {
  return { place: name, path: '/x', library: '/x/libopenvino_c.so', preload: [] };
}

describe('fixesOf', () => {
  it.each([
    ['npx enginery setup openvino', report()],
    ['npx enginery setup openvino --force', report({ openvinoPlaces: [place('setup')] })],
    [
      'unset ENGINERY_OPENVINO && npx enginery setup openvino',
      report({ openvinoPlaces: [place('ENGINERY_OPENVINO')] }),
    ],
    ['npm install onnxruntime-node', report({ runtimes: [{ ...CPU, available: false }] })],
    [
      'use a Linux with glibc: OpenVINO has no build for musl',
      report({ machine: { ...report().machine, glibc: undefined } }),
    ],
  ])('is %s', (command, given) => {
    expect(fixesOf(given).map((fix) => fix.command)).toEqual([command]);
  });

  it('names the library that crashed', () => {
    const crashed = { ...MISSING, message: 'its library crashed at load with SIGSEGV' };
    const [fix] = fixesOf(report({ runtimes: [crashed], openvinoPlaces: [place('python')] }));
    expect(fix?.reason).toBe('its library crashed at load with SIGSEGV: /x/libopenvino_c.so');
  });

  it('puts a missing addon first', () => {
    const addon: RuntimeReport = {
      ...ADDON,
      available: false,
      code: 'ERR_ENGINERY_ADDON_LOAD',
      message: 'no file',
    };
    const fixes = fixesOf(report({ addon }));
    expect(fixes[0]).toMatchObject({ runtime: 'addon', reason: 'no file' });
    expect(fixes[0]?.command).toContain('npm install enginery');
  });

  it('is empty when nothing is missing', () => {
    expect(fixesOf(report({ runtimes: [CPU] }))).toEqual([]);
  });
});

describe('doctorReportText', () => {
  it('lists places and numbered fixes one to a line', () => {
    const text = doctorReportText(report(), {
      style: createStyle({ write: () => true }),
      width: Infinity,
    });
    expect(text).toContain(
      '   Searched: setup /a: not there;\n   system /b: not there.\n   To fix it:\n   1. do this;\n   2. or that',
    );
    expect(text).toContain('   run  npx enginery setup openvino');
  });

  it('says so when nothing is missing', () => {
    const text = doctorReportText(report({ runtimes: [CPU] }), {
      style: createStyle({ write: () => true }),
      width: 80,
    });
    expect(text).toContain('Nothing to fix.');
  });
});
