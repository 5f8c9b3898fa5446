/** The presets by name. */

import { EngineryError } from '../../common/index.js';
import type { GraphProto, ModelProto } from '../../onnx/index.js';
import type { CalibrationTable } from '../calibration-table.js';
import { GraphIndex } from '../graph/graph-index.js';
import { activationPlanOf } from '../operators.js';
import type { QuantizationPlan } from '../quantization-plan.js';
import type { ActivationType } from '../scheme.js';
import { planForCpu } from './cpu.js';
import { planForTensorrt } from './tensorrt.js';

/** Which engines a file is for: ONNX Runtime and OpenVINO on a CPU, or TensorRT. */
export type Preset = 'cpu' | 'tensorrt';

export const ACTIVATION_TYPES: Readonly<Record<Preset, ActivationType>> = Object.freeze({
  cpu: 'uint8',
  tensorrt: 'int8',
});

/** The graph of a prepared model. */
export function graphOf(model: ModelProto): GraphProto {
  if (model.graph !== undefined) return model.graph;
  throw new EngineryError('INTERNAL', 'a prepared model has a graph');
}

/** The tensors whose ranges `presets` need, in the order of the graph, and those of them that a MatMul reads. */
export function tensorsToObserve(
  model: ModelProto,
  presets: readonly Preset[],
): { readonly tensors: readonly string[]; readonly channelTensors: readonly string[] } {
  const graph = graphOf(model);
  const index = new GraphIndex(graph);
  const wanted = new Set<string>();
  for (const preset of presets) {
    const { activations } = planFor(preset, graph, index, () => true);
    for (const [tensor, { sharedWith, fixed }] of activations)
      if (sharedWith === undefined && fixed === undefined) wanted.add(tensor);
  }
  const all = [
    ...graph.input.map(({ name }) => name),
    ...graph.node.flatMap((node) => node.output),
  ];
  const tensors = all.filter((name) => wanted.has(name));
  const channelTensors = tensors.filter((name) =>
    index.consumers(name).some(({ opType }) => opType === 'MatMul'),
  );
  return { tensors, channelTensors };
}

/** What a preset quantizes of a graph, as far as the table has ranges. */
export function planWithTable(
  preset: Preset,
  graph: GraphProto,
  index: GraphIndex,
  table: CalibrationTable,
): QuantizationPlan {
  const hasRange = (tensor: string): boolean =>
    (table.tensors.get(tensor)?.sampleMin.length ?? 0) > 0 ||
    activationPlanOf(tensor, index).fixed !== undefined;
  return planFor(preset, graph, index, hasRange);
}

function planFor(
  preset: Preset,
  graph: GraphProto,
  index: GraphIndex,
  hasRange: (tensor: string) => boolean,
): QuantizationPlan {
  return preset === 'cpu'
    ? planForCpu(graph, index, hasRange)
    : planForTensorrt(graph, index, hasRange);
}
