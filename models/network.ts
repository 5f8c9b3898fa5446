/** Writes the graph of a network: nodes that name their own outputs, and seeded random weights of sane scales. */

import {
  buildModel,
  buildTensor,
  buildValue,
  encodeModel,
  type AttributeValue,
  type NodeParts,
  type TensorProto,
} from '../lib/onnx/index.js';
import { createRandom, type Random } from '../lib/cli/random.js';

/** A graph's input or output: its name, element type and sizes (a name is a symbolic size). */
export type Value = readonly [name: string, type: string, shape: readonly (number | string)[]];

/** A tensor of the graph, by its name. */
export type Tensor = string;

const SEED = 7;

export class Network {
  readonly #nodes: NodeParts[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #random: Random = createRandom(SEED);
  #count = 0;

  /** Adds a node and returns its output, which has the name `output` where one is given. */
  add(
    type: string,
    inputs: readonly Tensor[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    output?: string,
  ): Tensor {
    const name = `${type.toLowerCase()}_${++this.#count}`;
    const made = output ?? name;
    this.#nodes.push({ type, inputs, outputs: [made], name: `n_${name}`, attributes });
    return made;
  }

  /**
   * Weights that keep the scale of what they are multiplied with: variance gain / fan-in (He; gain 2 makes up for the
   * half that Relu cuts). Uniform, because that needs no logarithm: the same bytes on every machine.
   */
  weights(dims: readonly number[], fanIn: number, gain = 2): Tensor {
    const bound = Math.sqrt((3 * gain) / fanIn);
    return this.uniform(dims, -bound, bound);
  }

  uniform(dims: readonly number[], low: number, high: number): Tensor {
    const values = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    for (let i = 0; i < values.length; i++) values[i] = low + (high - low) * this.#random();
    return this.#initializer(`weights_${++this.#count}`, 'float32', dims, values);
  }

  /** One float32, kept once however often it is asked for. */
  scalar(value: number): Tensor {
    return this.#initializer(`float_${value}`, 'float32', [], Float32Array.of(value));
  }

  /** A vector of int64, kept once however often it is asked for. */
  integers(...values: readonly number[]): Tensor {
    const data = BigInt64Array.from(values, BigInt);
    return this.#initializer(`int_${values.join('_')}`, 'int64', [values.length], data);
  }

  #initializer(name: string, type: string, dims: readonly number[], data: ArrayBufferView): Tensor {
    if (!this.#initializers.has(name)) {
      this.#initializers.set(name, buildTensor(name, type, dims, data));
    }
    return name;
  }

  /** The file's bytes: opset 17, IR version 8, which every runtime that we bind reads. */
  encode(name: string, inputs: readonly Value[], outputs: readonly Value[]): Uint8Array {
    return encodeModel(
      buildModel({
        name,
        irVersion: 8,
        opsets: { '': 17 },
        inputs: inputs.map((value) => buildValue(...value)),
        outputs: outputs.map((value) => buildValue(...value)),
        initializers: [...this.#initializers.values()],
        nodes: this.#nodes,
      }),
    );
  }
}
