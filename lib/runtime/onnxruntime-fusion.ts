/** Tells which nodes of the model each node of ONNX Runtime's optimized graph computes. */

import type { OnnxNode } from '../onnx/index.js';

/** ONNX Runtime names a blocked (NCHWc) node after the model's value that it computed when it was blocked. */
const BLOCKED = '_nchwc';
/** What is fused into a blocked node after that: the residual and the activation on top of it. */
const AFTER_BLOCKED: readonly string[] = [
  'Add',
  'Sum',
  'Relu',
  'Clip',
  'Sigmoid',
  'Tanh',
  'LeakyRelu',
  'HardSigmoid',
];

/** A node of the optimized graph; `outputs` is empty where only its name is known. */
export interface OptimizedNode {
  readonly name: string;
  readonly type: string;
  readonly outputs: readonly string[];
}

/** Finds owners of model nodes. The optimizer keeps the names of values, except inside a chain of blocked nodes. */
class Attribution {
  readonly #layers: readonly OptimizedNode[];
  readonly #nodes: readonly OnnxNode[];
  readonly #byName = new Map<string, OnnxNode>();
  readonly #producers = new Map<string, OnnxNode>();
  readonly #consumers = new Map<string, OnnxNode[]>();
  /** Values that a layer hands to another one: no layer computes beyond them. */
  readonly #boundary = new Set<string>();
  readonly #owners = new Map<OnnxNode, number>();

  constructor(layers: readonly OptimizedNode[], nodes: readonly OnnxNode[]) {
    this.#layers = layers;
    this.#nodes = nodes;
    for (const node of nodes) {
      if (node.name !== '') this.#byName.set(node.name, node);
      for (const output of node.outputs) this.#producers.set(output, node);
      for (const input of new Set(node.inputs)) {
        const consumers = this.#consumers.get(input);
        if (consumers === undefined) this.#consumers.set(input, [node]);
        else consumers.push(node);
      }
    }
    for (const layer of layers) {
      for (const output of layer.outputs) this.#boundary.add(output);
      this.#boundary.add(this.#blockedValue(layer) ?? '');
    }
  }

  /** For each layer the model nodes it computes, in model order, the one it is named after left out. */
  fused(): string[][] {
    for (const [position, layer] of this.#layers.entries()) this.#claimNamed(position, layer);
    for (const [position, layer] of this.#layers.entries()) this.#claimBlocked(position, layer);
    for (const [position, layer] of this.#layers.entries()) {
      for (const output of layer.outputs) this.#claimBack(position, output);
    }
    const fused = this.#layers.map((): string[] => []);
    for (const node of this.#nodes) {
      const position = this.#owners.get(node);
      if (position === undefined) continue;
      if (node.name !== '' && node.name === this.#layers[position]?.name) continue;
      fused[position]?.push(node.name === '' ? node.type : node.name);
    }
    return fused;
  }

  #blockedValue({ name }: OptimizedNode): string | undefined {
    return name.endsWith(BLOCKED) ? name.slice(0, -BLOCKED.length) : undefined;
  }

  #claim(node: OnnxNode | undefined, position: number): node is OnnxNode {
    if (node === undefined || this.#owners.has(node)) return false;
    this.#owners.set(node, position);
    return true;
  }

  #claimNamed(position: number, layer: OptimizedNode): void {
    this.#claim(this.#byName.get(layer.name), position);
  }

  /** From the value back to the operation itself, then forward over the residual and the activation. */
  #claimBlocked(position: number, layer: OptimizedNode): void {
    const value = this.#blockedValue(layer);
    if (value === undefined) return;
    let node = this.#producers.get(value);
    while (this.#claim(node, position) && node.type !== layer.type) {
      node = this.#producers.get(node.inputs[0] ?? '');
    }
    let tail: string | undefined = value;
    while (tail !== undefined) {
      const [consumer, ...others]: OnnxNode[] = this.#consumers.get(tail) ?? [];
      const isAlone = consumer !== undefined && others.length === 0;
      if (!isAlone || !AFTER_BLOCKED.includes(consumer.type)) break;
      if (!this.#claim(consumer, position)) break;
      tail = consumer.outputs[0];
    }
  }

  /** All that leads to `output` from the values of other layers. */
  #claimBack(position: number, output: string): void {
    const waiting = [this.#producers.get(output)];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (!this.#claim(node, position) && this.#owners.get(node) !== position) continue;
      for (const input of node.inputs) {
        const producer = this.#producers.get(input);
        if (producer === undefined || this.#boundary.has(input) || this.#owners.has(producer)) {
          continue;
        }
        waiting.push(producer);
      }
    }
  }
}

/** For each of `layers` the names of the model's `nodes` that it computes besides the one it is named after. */
export function fusedNodes(
  layers: readonly OptimizedNode[],
  nodes: readonly OnnxNode[],
): string[][] {
  return new Attribution(layers, nodes).fused();
}
