/** Which values of a graph are quantized, and who reads them so: what a preset decides and qdq.ts writes. */

import type { NodeProto } from '../onnx/index.js';
import type { Range } from './scheme.js';

/** A constant that a node multiplies by. */
export interface WeightPlan {
  /** Its place among the node's inputs. */
  readonly input: number;
  /** The axis of its channels; undefined: one scale for the tensor. */
  readonly axis: number | undefined;
  /** The place of its bias. */
  readonly bias?: number;
}

export interface ActivationPlan {
  /** The tensor whose scale and zero point this one shares: the input of an operator that only moves values. */
  readonly sharedWith?: string;
  /** What the range is cut to: the bounds of a Clip. */
  readonly bounds?: Range;
  /** A range that needs no calibration: that of Sigmoid, Softmax, Tanh. */
  readonly fixed?: Range;
}

export class QuantizationPlan {
  /** Activations that get QuantizeLinear and DequantizeLinear, by name, in the order they were planned. */
  readonly activations = new Map<string, ActivationPlan>();
  /** Weights by the node that reads them. */
  readonly weights = new Map<NodeProto, WeightPlan>();
  /** Tensors that share one range, the widest of theirs. */
  readonly rangeGroups: (readonly string[])[] = [];
  readonly #readByAll = new Set<string>();
  readonly #reads = new Map<NodeProto, Set<string>>();

  /** `node` alone reads the quantized form of `tensor`. */
  read(node: NodeProto, tensor: string, plan: ActivationPlan): void {
    if (!this.activations.has(tensor)) this.activations.set(tensor, plan);
    const tensors = this.#reads.get(node);
    if (tensors === undefined) this.#reads.set(node, new Set([tensor]));
    else tensors.add(tensor);
  }

  /** Every node of the graph reads the quantized form of `tensor`, so that a runtime can fuse it into its producer. */
  readByAll(tensor: string, plan: ActivationPlan): void {
    if (!this.activations.has(tensor)) this.activations.set(tensor, plan);
    this.#readByAll.add(tensor);
  }

  isReadByAll(tensor: string): boolean {
    return this.#readByAll.has(tensor);
  }

  /** Does `node` read the quantized form of `tensor`? */
  isReadQuantized(node: NodeProto, tensor: string): boolean {
    return this.#readByAll.has(tensor) || this.#reads.get(node)?.has(tensor) === true;
  }
}
