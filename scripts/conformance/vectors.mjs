// @ts-check
/** Reads a case: its model, and the tensors of its data sets as onnxruntime-common takes them. */

import { fromBinary } from '@bufbuild/protobuf';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { arrayLengthOf, arrayOver, isDtype } from '../../dist/common/index.js';
import { dataTypeFromCode } from '../../dist/onnx/data-type.js';
import { TensorProtoSchema } from '../../dist/onnx/gen/onnx_pb.js';
import { decodeModel } from '../../dist/onnx/index.js';

/** @typedef {import('../../dist/common/index.js').NumericDtype} NumericDtype */
/** @typedef {import('../../dist/onnx/index.js').TensorProto} TensorProto */
/** @typedef {import('../../dist/onnx/index.js').ValueInfoProto} ValueInfoProto */
/** @typedef {import('../../dist/runtime/index.js').TensorValue} TensorValue */

/**
 * @typedef {object} Vectors
 * @property {string} path The model's file.
 * @property {readonly DataSet[]} dataSets
 * @property {ReadonlySet<string>} types Element types of what goes in and comes out.
 */

/**
 * @typedef {object} DataSet
 * @property {Readonly<Record<string, TensorValue>>} feeds
 * @property {Readonly<Record<string, TensorValue>>} expected
 */

/** A case that onnxruntime-common has no words for; the message says which. */
export class InexpressibleError extends Error {}

/**
 * @param {string} folder
 * @returns {Vectors}
 */
export function readVectors(folder) {
  const path = join(folder, 'model.onnx');
  const { graph } = decodeModel(readFileSync(path));
  if (graph === undefined) throw new Error(`expected a graph in ${path}`);
  const fixed = new Set(graph.initializer.map(({ name }) => name));
  // Up to IR version 3 every initializer is listed as an input too.
  const inputs = graph.input.filter(({ name }) => !fixed.has(name));
  for (const value of [...inputs, ...graph.output]) checkExpressible(value);
  const dataSets = readdirSync(folder)
    .filter((name) => name.startsWith('test_data_set_'))
    .sort()
    .map((name) => ({
      feeds: readTensors(join(folder, name), 'input', inputs),
      expected: readTensors(join(folder, name), 'output', graph.output),
    }));
  const types = dataSets.flatMap(({ feeds, expected }) =>
    [...Object.values(feeds), ...Object.values(expected)].map(({ type }) => type),
  );
  return { path, dataSets, types: new Set(types) };
}

/** @param {ValueInfoProto} value */
function checkExpressible({ name, type }) {
  const kind = type?.value.case;
  if (kind === undefined) return;
  if (kind !== 'tensorType') {
    throw new InexpressibleError(`${kind.replace(/Type$/, '')} values ('${name}')`);
  }
  checkType(type?.value.value.elemType);
}

/** @param {number | undefined} code */
function checkType(code) {
  const type = dataTypeFromCode(code ?? 0)?.name;
  if (code !== undefined && code > 0 && !isDtype(type)) {
    throw new InexpressibleError(`element type ${type ?? code}`);
  }
}

/**
 * @param {string} folder
 * @param {'input' | 'output'} role
 * @param {readonly ValueInfoProto[]} values
 */
function readTensors(folder, role, values) {
  const count = readdirSync(folder).filter((name) => name.startsWith(`${role}_`)).length;
  const protos = Array.from({ length: count }, (_, i) =>
    fromBinary(TensorProtoSchema, readFileSync(join(folder, `${role}_${i}.pb`))),
  );
  if (count > values.length) throw new Error(`${count} ${role}s for ${values.length} of the model`);
  return Object.fromEntries(
    protos.map((proto, i) => [values[i]?.name ?? proto.name, tensorFromProto(proto)]),
  );
}

/**
 * @param {TensorProto} proto
 * @returns {TensorValue}
 */
function tensorFromProto(proto) {
  const type = dataTypeFromCode(proto.dataType)?.name;
  const dims = proto.dims.map(Number);
  if (!isDtype(type)) throw new InexpressibleError(`element type ${type ?? proto.dataType}`);
  if (type === 'string') {
    return { type, dims, data: proto.stringData.map((text) => Buffer.from(text).toString('utf8')) };
  }
  const length = arrayLengthOf(
    type,
    dims.reduce((product, dim) => product * dim, 1),
  );
  if (proto.rawData.length > 0 || length === 0) {
    // A copy: the bytes in the message are not aligned.
    return { type, dims, data: arrayOver(type, Uint8Array.from(proto.rawData).buffer, 0, length) };
  }
  const entries = typedEntries(proto, type);
  const data = arrayOver(type, new ArrayBuffer(length * bytesPerEntry(type)));
  for (let i = 0; i < length; i++) data[i] = entries[i] ?? 0;
  return { type, dims, data };
}

/** @param {NumericDtype} type */
const bytesPerEntry = (type) => arrayOver(type, new ArrayBuffer(0)).BYTES_PER_ELEMENT;

/**
 * The typed field that holds this type's values.
 * @param {TensorProto} proto
 * @param {NumericDtype} type
 * @returns {readonly (number | bigint)[]}
 */
function typedEntries(proto, type) {
  if (type === 'float32') return proto.floatData;
  if (type === 'float64') return proto.doubleData;
  if (type === 'int64') return proto.int64Data;
  if (type === 'uint64') return proto.uint64Data;
  if (type === 'uint32') return proto.uint64Data.map(Number);
  return proto.int32Data;
}
