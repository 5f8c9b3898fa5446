/** The preset for ONNX Runtime and OpenVINO on a CPU: inputs and outputs of CNN operators (quantization.md section 3). */

import type { GraphProto, NodeProto } from '../../onnx/index.js';
import type { GraphIndex } from '../graph/graph-index.js';
import {
  activationPlanOf,
  hasSensitiveReader,
  isAveragePool,
  isFusedActivation,
  isPassThrough,
  isSelfGate,
  weightOf,
} from '../operators.js';
import { QuantizationPlan } from '../quantization-plan.js';

/** Plans a graph whose nodes stand in order; `hasRange` tells of which tensors the range is known. */
export function planForCpu(
  graph: GraphProto,
  index: GraphIndex,
  hasRange: (tensor: string) => boolean,
): QuantizationPlan {
  const planner = new CpuPlanner(index, hasRange);
  for (const node of graph.node) if (node.domain === '') planner.visit(node);
  return planner.plan;
}

class CpuPlanner {
  readonly plan = new QuantizationPlan();
  readonly #index: GraphIndex;
  readonly #hasRange: (tensor: string) => boolean;

  constructor(index: GraphIndex, hasRange: (tensor: string) => boolean) {
    this.#index = index;
    this.#hasRange = hasRange;
  }

  visit(node: NodeProto): void {
    const [input = ''] = node.input;
    const weight = weightOf(node, this.#index);
    if (weight !== undefined) {
      if (!this.#canQuantize(input)) return;
      this.plan.weights.set(node, weight);
      this.#read(node, input);
      // The output of a transformer's MatMul stays float: quantizing it costs accuracy and gains nothing.
      if (node.opType !== 'MatMul') this.#produce(node);
    } else if (isAveragePool(node)) {
      if (this.#canQuantize(input)) this.#readAllAndProduce(node);
    } else if (isPassThrough(node, this.#index)) {
      if (this.plan.isReadByAll(input)) this.#passThrough(node, input);
    } else if (isFusedActivation(node, this.#index)) {
      if (this.plan.isReadByAll(input)) this.#produceAs(node.output[0] ?? '');
    } else if (node.opType === 'Add' || node.opType === 'Mul') {
      if (this.#isBetweenLayers(node) && !isSelfGate(node, this.#index))
        this.#readAllAndProduce(node);
    } else if (node.opType === 'Concat') {
      if (this.#isBetweenLayers(node) || this.#isReadByLayers(node.output[0] ?? ''))
        this.#readAllAndProduce(node);
    }
  }

  /** Tensors whose quantization no reader of theirs suffers from. */
  #canQuantize(tensor: string): boolean {
    return (
      tensor !== '' &&
      this.#index.constant(tensor) === undefined &&
      !hasSensitiveReader(tensor, this.#index) &&
      (this.plan.activations.has(tensor) || this.#hasRange(tensor))
    );
  }

  #read(node: NodeProto, tensor: string): void {
    this.plan.read(node, tensor, activationPlanOf(tensor, this.#index));
  }

  #readAllAndProduce(node: NodeProto): void {
    if (!node.input.every((input) => this.#canQuantize(input))) return;
    for (const input of node.input) this.#read(node, input);
    this.#produce(node);
  }

  /** The output is quantized after the activation function that runtimes fuse into the node. */
  #produce(node: NodeProto): void {
    const [output = ''] = node.output;
    const next = this.#index.onlyConsumer(output);
    if (next === undefined || !isFusedActivation(next, this.#index)) this.#produceAs(output);
    // The activation function's own visit finds its input unquantized and leaves its output to this line.
    else this.#produceAs(next.output[0] ?? '');
  }

  #produceAs(tensor: string): void {
    if (this.#index.isOutput(tensor) || this.#index.consumers(tensor).length === 0) return;
    if (this.#canQuantize(tensor))
      this.plan.readByAll(tensor, activationPlanOf(tensor, this.#index));
  }

  #passThrough(node: NodeProto, input: string): void {
    const sharedWith = this.plan.activations.get(input)?.sharedWith ?? input;
    for (const output of node.output) {
      if (this.#index.isOutput(output) || hasSensitiveReader(output, this.#index)) continue;
      this.plan.readByAll(output, { sharedWith });
    }
  }

  /** Is one operand the quantized output of a layer, and none a constant? Sums with an attention mask are not. */
  #isBetweenLayers(node: NodeProto): boolean {
    return node.input.some((input) => this.plan.isReadByAll(input));
  }

  #isReadByLayers(tensor: string): boolean {
    return this.#index.consumers(tensor).some((reader) => {
      const weight = weightOf(reader, this.#index);
      return weight !== undefined && reader.opType !== 'MatMul';
    });
  }
}
