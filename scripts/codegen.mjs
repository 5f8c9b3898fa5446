// @ts-check
/** Generates lib/onnx/gen/onnx_pb.ts from the ONNX schema; not committed, made again when a version changes. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { python } from './deps/clients.mjs';
import { items } from './deps/items.mjs';
import { isReady } from './deps/store.mjs';
import { depsFolder, localBin, root } from './paths.mjs';
import { capture } from './process.mjs';

/** Enums as constant objects, because the code is compiled with erasableSyntaxOnly; import paths as nodenext wants them. */
const OPTIONS = 'target=ts,import_extension=js,erasable_syntax=true';

const folder = join(root, 'lib', 'onnx', 'gen');
const output = join(folder, 'onnx_pb.ts');
const stampFile = join(folder, 'stamp.json');

/** @param {import('./deps/items.mjs').Item} item */
const isInput = (item) => item.name === 'onnx-schema' || item.name === 'protoc';

/** What the generated code depends on. */
function wantedStamp() {
  const versions = items.filter(isInput).map((item) => `${item.name} ${item.version}`);
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const plugin = lock.packages['node_modules/@bufbuild/protoc-gen-es'].version;
  return JSON.stringify([...versions, `protoc-gen-es ${plugin}`, OPTIONS]);
}

/** Whether the generated code is there and of the pinned versions. */
export function isGenerated() {
  return (
    existsSync(output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wantedStamp()
  );
}

/**
 * What the generation lacks here, with the command that brings it, or undefined.
 * @returns {string | undefined}
 */
export function missingForCodegen() {
  const lack = items.find((item) => isInput(item) && !isReady(item));
  return lack && `${lack.name} is missing in build/deps; bring it with: node scripts/deps.mjs base`;
}

/** Generates; throws when the schema or protoc has not been brought. */
export function generate() {
  const lack = missingForCodegen();
  if (lack !== undefined) throw new Error(lack);
  mkdirSync(folder, { recursive: true });
  capture(
    python(),
    [
      ...['-m', 'grpc_tools.protoc', `--proto_path=${join(depsFolder, 'onnx-schema')}`],
      `--plugin=protoc-gen-es=${localBin('protoc-gen-es')}`,
      ...[`--es_out=${folder}`, `--es_opt=${OPTIONS}`, 'onnx.proto'],
    ],
    { env: { ...process.env, PYTHONPATH: join(depsFolder, 'protoc') } },
  );
  writeFileSync(stampFile, wantedStamp());
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  if (isGenerated()) {
    console.log('codegen: lib/onnx/gen is up to date');
  } else {
    generate();
    console.log('codegen: wrote lib/onnx/gen/onnx_pb.ts');
  }
}
