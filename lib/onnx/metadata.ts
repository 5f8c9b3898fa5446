/** Inputs, outputs and operator sets of a decoded model, as onnxruntime-node names them. */

import type { ModelProto, TensorShapeProto, TypeProto, ValueInfoProto } from './gen/onnx_pb.js';
import { dataTypeFromCode } from './data-type.js';
import { EXPORT_AGAIN, invalidModel, quoted, unsupportedModel } from './model-error.js';
import type { OnnxValueInfo } from './outline.js';

/** ONNX's default operator set has two names; '' is the one used here. */
export function normalizedDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Versions by domain. `label` names the model in messages. */
export function opsetsOf(model: ModelProto, label: string): ReadonlyMap<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain, version } of model.opsetImport) {
    if (version < 1n || version > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw invalidModel(
        `a positive version of operator set ${quoted(domain)} in ${label}`,
        String(version),
        EXPORT_AGAIN,
      );
    }
    opsets.set(normalizedDomain(domain), Number(version));
  }
  if (opsets.size > 0) return opsets;
  throw invalidModel(`an operator set version (opset_import) in ${label}`, 'none', EXPORT_AGAIN);
}

/** An input or output of the top-level graph. */
export function valueInfoOf(
  info: ValueInfoProto,
  role: 'input' | 'output',
  label: string,
): OnnxValueInfo {
  const where = `${role} ${quoted(info.name)} of ${label}`;
  const { kind, elementType, shape } = typeOf(info.type, where);
  // ONNX Runtime infers the type of an output that has none; an input's cannot be known.
  if (role === 'input' && elementType === UNKNOWN) {
    throw invalidModel(`an element type for ${where}`, 'none', EXPORT_AGAIN);
  }
  return { name: info.name, kind, elementType, shape };
}

const UNKNOWN = 'undefined';

function typeOf(type: TypeProto | undefined, where: string): Omit<OnnxValueInfo, 'name'> {
  const value = type?.value;
  switch (value?.case) {
    case 'tensorType':
      return {
        kind: 'tensor',
        elementType: elementTypeName(value.value.elemType, where),
        shape: shapeOf(value.value.shape, where),
      };
    case 'sparseTensorType':
      return {
        kind: 'sparse-tensor',
        elementType: elementTypeName(value.value.elemType, where),
        shape: shapeOf(value.value.shape, where),
      };
    case 'sequenceType':
      return { ...typeOf(value.value.elemType, where), kind: 'sequence', shape: undefined };
    case 'mapType':
      return { ...typeOf(value.value.valueType, where), kind: 'map', shape: undefined };
    case 'optionalType':
      return { ...typeOf(value.value.elemType, where), kind: 'optional' };
    case 'opaqueType':
      throw unsupportedModel(
        `a tensor, sequence, map or optional for ${where}`,
        'an opaque type',
        'leave it out',
      );
    case undefined:
      return { kind: 'tensor', elementType: UNKNOWN, shape: undefined };
  }
}

function elementTypeName(code: number, where: string): string {
  if (code === 0) return UNKNOWN;
  const type = dataTypeFromCode(code);
  if (type !== undefined) return type.name;
  throw unsupportedModel(
    `an ONNX element type (1 to 28) for ${where}`,
    String(code),
    'export the model for an older version of ONNX',
  );
}

function shapeOf(
  shape: TensorShapeProto | undefined,
  where: string,
): (number | string)[] | undefined {
  return shape?.dim.map(({ value }) => {
    if (value.case === 'dimParam') return value.value;
    // A negative size means "not known" to some exporters; ONNX Runtime reads it so.
    if (value.case === undefined || value.value < 0n) return '';
    if (value.value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw invalidModel(`sizes below 2^53 for ${where}`, String(value.value), EXPORT_AGAIN);
    }
    return Number(value.value);
  });
}
