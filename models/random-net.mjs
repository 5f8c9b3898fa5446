// @ts-check
/** A net with random weights under construction: operators in order, and their weights. */

/**
 * What is used of the door of lib/onnx, built or as TypeScript.
 * @typedef {Pick<typeof import('../lib/onnx/index.js'), 'buildExternalTensor' | 'buildGraph' | 'buildModel' | 'buildTensor' | 'buildValue' | 'encodeModel'>} Onnx
 */
/** @typedef {import('../lib/onnx/index.js').AttributeValue} AttributeValue */
/** @typedef {import('../lib/onnx/index.js').NodeParts} NodeParts */
/** @typedef {import('../lib/onnx/index.js').TensorProto} TensorProto */

/** Weights of a normal distribution, the same on every machine: mulberry32 and the sum of twelve. */
function normal(seed = 7) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += uniform();
    return sum;
  };
}

/**
 * @typedef {object} ConvOptions
 * @property {number} [kernel] Default 3.
 * @property {number} [stride] Default 1.
 * @property {number} [groups] Default 1.
 * @property {'Relu' | 'Clip'} [activation] Clip is from 0 to 6.
 * @property {boolean} [normalized] Followed by BatchNormalization? Default true.
 * @property {boolean} [bias] Default false.
 */

/** Operators in order, and their weights; the same calls give the same net. */
export class Net {
  /** @type {NodeParts[]} */
  nodes = [];
  /** @type {TensorProto[]} */
  initializers = [];
  /** @readonly */
  random = normal();
  #count = 0;

  /** @param {Onnx} onnx */
  constructor(onnx) {
    /** @readonly */
    this.onnx = onnx;
  }

  /** @param {string} stem */
  name(stem) {
    return `${stem}_${++this.#count}`;
  }

  /**
   * @param {string} stem
   * @param {readonly number[]} dims
   * @param {() => number} value
   */
  weights(stem, dims, value) {
    return this.tensor(
      this.name(stem),
      dims,
      dims.reduce((a, b) => a * b, 1),
      value,
    );
  }

  /**
   * @param {string} name
   * @param {readonly number[]} dims
   * @param {number} length
   * @param {() => number} value
   */
  tensor(name, dims, length, value) {
    const data = Float32Array.from({ length }, value);
    this.initializers.push(this.onnx.buildTensor(name, 'float32', dims, data));
    return name;
  }

  /**
   * Weights that keep the variance: the sizes after the first are what one output sums up.
   * @param {string} stem
   * @param {readonly number[]} dims
   * @param {number} [gain]
   */
  kernel(stem, dims, gain = 2) {
    const deviation = Math.sqrt(gain / dims.slice(1).reduce((a, b) => a * b, 1));
    return this.weights(stem, dims, () => deviation * this.random());
  }

  /**
   * @param {string} type
   * @param {readonly string[]} inputs
   * @param {Readonly<Record<string, AttributeValue>>} [attributes]
   * @param {string} [output]
   */
  op(type, inputs, attributes = {}, output = this.name(type.toLowerCase())) {
    this.nodes.push({ type, name: `n_${output}`, inputs, outputs: [output], attributes });
    return output;
  }

  /**
   * @param {string} x
   * @param {readonly [number, number]} channels in, out
   * @param {ConvOptions} [options]
   */
  conv(x, [from, to], options = {}) {
    const { kernel = 3, stride = 1, groups = 1, activation, normalized = true, bias } = options;
    const pad = Math.floor(kernel / 2);
    const inputs = [x, this.kernel('w', [to, from / groups, kernel, kernel])];
    if (bias === true) inputs.push(this.weights('b', [to], () => 0.1 * this.random()));
    let y = this.op('Conv', inputs, {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [pad, pad, pad, pad] },
      group: { int: groups },
    });
    if (normalized) {
      const around = (/** @type {number} */ middle) => () => middle + 0.1 * this.random();
      const parameters = [
        ['gamma', 1],
        ['beta', 0],
        ['mean', 0],
        ['var', 1],
      ];
      const names = parameters.map(([stem, middle]) =>
        this.weights(String(stem), [to], () => Math.max(around(Number(middle))(), -0.5)),
      );
      y = this.op('BatchNormalization', [y, ...names], { epsilon: { float: 1e-5 } });
    }
    if (activation === 'Relu') return this.op('Relu', [y]);
    if (activation === 'Clip')
      return this.op('Clip', [y, this.scalar('zero', 0), this.scalar('six', 6)]);
    return y;
  }

  /**
   * A scalar that several nodes share.
   * @param {string} name
   * @param {number} value
   */
  scalar(name, value) {
    if (this.initializers.some((tensor) => tensor.name === name)) return name;
    return this.tensor(name, [], 1, () => value);
  }

  /**
   * @param {string} x
   * @param {readonly [number, number]} sizes in, out
   * @param {string} [output]
   */
  gemm(x, [from, to], output) {
    const w = this.kernel('fw', [to, from], 1);
    const b = this.weights('fb', [to], () => 0);
    return this.op('Gemm', [x, w, b], { transB: { int: 1 } }, output);
  }

  /** @param {string} x */
  pooled(x) {
    return this.op('Flatten', [this.op('GlobalAveragePool', [x])], { axis: { int: 1 } });
  }
}
