/** The operator set versions that a model asks for, and the IR version that goes with them. */

import { create } from '@bufbuild/protobuf';
import { OperatorSetIdProtoSchema, type ModelProto } from './gen/onnx_pb.js';
import { normalizedDomain } from './metadata.js';

/** The version of an operator set; `undefined` when the model does not import it. '' is ONNX's own. */
export function opsetVersion(model: ModelProto, domain = ''): number | undefined {
  const found = model.opsetImport.find((entry) => normalizedDomain(entry.domain) === domain);
  return found === undefined ? undefined : Number(found.version);
}

/**
 * States another version of an operator set; nodes are not changed: see `liftOpset`. The IR version rises to the one that
 * came with ONNX's own set, since checkers refuse newer operators in an older IR.
 */
export function setOpsetVersion(model: ModelProto, version: number, domain = ''): void {
  const found = model.opsetImport.find((entry) => normalizedDomain(entry.domain) === domain);
  if (found === undefined) {
    model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }));
  } else {
    found.version = BigInt(version);
  }
  if (domain !== '') return;
  const irVersion = BigInt(irVersionOf(version));
  if (model.irVersion < irVersion) model.irVersion = irVersion;
}

/** The IR version that ONNX released with a version of its operators. */
function irVersionOf(opset: number): number {
  if (opset >= 21) return 10;
  if (opset >= 19) return 9;
  if (opset >= 15) return 8;
  return opset >= 12 ? 7 : 6;
}
