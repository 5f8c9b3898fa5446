/** Writes a quantized model: QuantizeLinear and DequantizeLinear where a preset says so, weights as int8. */

import { createHash } from 'node:crypto';
import { buildMetadata, encodeModel, type ModelProto } from '../onnx/index.js';
import {
  calibrationTableJson,
  requireModelDigest,
  type CalibrationTable,
} from './calibration-table.js';
import { modelDigest } from './calibrate.js';
import { dropUnusedConstants } from './graph/constants.js';
import { GraphIndex } from './graph/graph-index.js';
import { QdqWriter, type WriterOptions } from './qdq-writer.js';

export type EmitOptions = Omit<WriterOptions, 'quantizesBias'>;

/** Rises when the same table gives another file: part of what a cache may go by. */
const EMITTER_VERSION = '1';

/**
 * The quantized form of a prepared float model. Equal arguments give equal bytes. Throws ENGINE_STALE when the table is
 * of another model.
 */
export function emitQdqModel(
  model: ModelProto,
  table: CalibrationTable,
  options: EmitOptions,
): Uint8Array {
  requireModelDigest(table, modelDigest(model));
  const writer = new QdqWriter(model, table, options);
  const { graph } = writer;
  const nodes = graph.node;
  for (const { name } of graph.input) writer.quantize(name);
  for (const node of nodes) {
    writer.add(writer.quantizedNode(node));
    for (const output of node.output) writer.quantize(output);
  }
  graph.node = writer.nodes;
  dropUnusedConstants(graph, new GraphIndex(graph));
  return encodeModel({
    ...model,
    graph,
    metadataProps: [
      ...model.metadataProps,
      buildMetadata('enginery.quantization.preset', options.preset),
      buildMetadata('enginery.quantization.method', JSON.stringify(options.method)),
      buildMetadata('enginery.quantization.table', tableDigest(table)),
      buildMetadata('enginery.quantization.version', EMITTER_VERSION),
    ],
  });
}

function tableDigest(table: CalibrationTable): string {
  return createHash('sha256').update(calibrationTableJson(table)).digest('hex');
}
