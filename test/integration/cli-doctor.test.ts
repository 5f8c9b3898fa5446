/** Tests of `enginery doctor`: runtimes that are there, missing, broken, or crash when they are loaded. */

import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures/models.js';
import { copyPackage, enginery, hasOpenVino, WITHOUT_OPENVINO } from './cli-process.js';

interface DoctorJson {
  readonly addon: { readonly available: boolean; readonly code?: string };
  readonly runtimes: readonly {
    readonly provider: string;
    readonly available: boolean;
    readonly code?: string;
    readonly message?: string;
    readonly devices: readonly { readonly name: string }[];
  }[];
  readonly fixes: readonly { readonly runtime: string; readonly command: string }[];
  readonly machine: { readonly cores: number };
}

async function doctorJson(env: Record<string, string> = {}): Promise<DoctorJson> {
  return JSON.parse((await enginery(['doctor', '--json'], { env })).stdout) as DoctorJson;
}

const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
if (!hasCompiler) console.warn('skipped: doctor with a library that crashes at load: no gcc here');

describe('enginery doctor', () => {
  it.skipIf(!hasOpenVino())('finds both runtimes, their devices and the addon', async () => {
    const report = await doctorJson();
    expect(report.addon.available).toBe(true);
    expect(report.runtimes).toMatchObject([
      { provider: 'openvino', available: true },
      { provider: 'cpu', available: true },
    ]);
    expect(report.runtimes[0]?.devices.map(({ name }) => name)).toContain('CPU');
    expect(report.fixes).toEqual([]);
    expect(report.machine.cores).toBeGreaterThan(0);
  });

  it('prints what is missing, why, and the command', async () => {
    const { stdout, status } = await enginery(['doctor'], { env: WITHOUT_OPENVINO });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^OpenVINO +openvino +missing/mu);
    expect(stdout).toMatch(/^ONNX Runtime +cpu +ready/mu);
    expect(stdout).toContain('   run  unset ENGINERY_OPENVINO && npx enginery setup openvino');
  });

  it.skipIf(!hasCompiler)('survives a library that crashes at load and names it', async () => {
    const folder = temporaryFolder();
    const source = join(folder, 'crash.c');
    const library = join(folder, 'libopenvino_c.so');
    writeFileSync(
      source,
      '#include <stdlib.h>\nstatic void __attribute__((constructor)) crash(void) { abort(); }\n',
    );
    expect(spawnSync('gcc', ['-shared', '-fPIC', '-o', library, source]).status).toBe(0);
    const report = await doctorJson({ ENGINERY_OPENVINO: folder });
    expect(report.runtimes[0]).toMatchObject({
      available: false,
      message: 'its library crashed at load with SIGABRT',
    });
    expect(report.runtimes[1]).toMatchObject({ provider: 'cpu', available: true });
    expect(report.fixes[0]).toMatchObject({ runtime: 'OpenVINO' });
    expect(JSON.stringify(report.fixes[0])).toContain(library);
  });

  it('tells a library that is not OpenVINO from one that is missing', async () => {
    const folder = temporaryFolder();
    const ort = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
    const other = join(ort, `bin/napi-v6/linux/${process.arch}/libonnxruntime.so.1`);
    symlinkSync(other, join(folder, 'libopenvino_c.so'));
    const report = await doctorJson({ ENGINERY_OPENVINO: folder });
    expect(report.runtimes[0]).toMatchObject({
      available: false,
      code: 'ERR_ENGINERY_RUNTIME_SYMBOL',
    });
  });

  it('ends with status 4 when nothing can serve, and says why the addon does not load', async () => {
    const main = copyPackage(temporaryFolder(), { addon: false });
    const { stdout, stderr, status } = await enginery(['doctor', '--json'], {
      main,
      env: WITHOUT_OPENVINO,
    });
    expect(status).toBe(4);
    expect(stderr).toMatch(/^error ERR_ENGINERY_RUNTIME_NOT_FOUND: no runtime can serve/u);
    const report = JSON.parse(stdout) as DoctorJson;
    expect(report.addon).toMatchObject({ available: false, code: 'ERR_ENGINERY_ADDON_LOAD' });
    expect(report.fixes.map(({ runtime }) => runtime)).toEqual([
      'addon',
      'OpenVINO',
      'ONNX Runtime',
    ]);
  });
});
