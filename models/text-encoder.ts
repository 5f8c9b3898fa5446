/** A sentence encoder of BERT's kind (the shape of all-MiniLM-L6) with random weights, embeddings and pooling included. */

import { Network, type Tensor } from './network.js';

export interface TextEncoderOptions {
  readonly layers?: number;
  readonly hidden?: number;
  readonly heads?: number;
  readonly intermediate?: number;
  readonly vocabulary?: number;
  readonly positions?: number;
}

const MINILM = Object.freeze({
  layers: 6,
  hidden: 384,
  heads: 12,
  intermediate: 1536,
  vocabulary: 30522,
  positions: 512,
} satisfies Required<TextEncoderOptions>);

/** What is added to the scores of padding: far below every score, and small enough for float16. */
const MASKED_SCORE = -10_000;

/** x W + b. */
function dense(
  network: Network,
  input: Tensor,
  [from, to]: readonly [from: number, to: number],
): Tensor {
  const product = network.add('MatMul', [input, network.weights([from, to], from, 1)]);
  return network.add('Add', [product, network.uniform([to], -0.03, 0.03)]);
}

function layerNorm(network: Network, input: Tensor, hidden: number, output?: string): Tensor {
  const scale = network.uniform([hidden], 0.8, 1.2);
  const bias = network.uniform([hidden], -0.2, 0.2);
  const attributes = { axis: { int: -1 }, epsilon: { float: 1e-12 } };
  return network.add('LayerNormalization', [input, scale, bias], attributes, output);
}

/** Words, token types and positions; the length comes from the input, so that one file serves every length. */
function embeddings(
  network: Network,
  { hidden, vocabulary, positions }: Required<TextEncoderOptions>,
): Tensor {
  const table = (rows: number): Tensor => network.weights([rows, hidden], hidden, 1);
  const words = network.add('Gather', [table(vocabulary), 'input_ids']);
  const types = network.add('Gather', [table(2), 'token_type_ids']);
  const shape = network.add('Shape', ['input_ids']);
  const length = network.add('Slice', [shape, network.integers(1), network.integers(2)]);
  const begin = network.integers(0);
  const places = network.add('Slice', [table(positions), begin, length, network.integers(0)]);
  const sum = network.add('Add', [network.add('Add', [words, types]), places]);
  return layerNorm(network, sum, hidden);
}

function attention(
  network: Network,
  input: Tensor,
  bias: Tensor,
  { hidden, heads }: Required<TextEncoderOptions>,
): Tensor {
  const size = hidden / heads;
  const split = network.integers(0, 0, heads, size);
  const projected = (...perm: readonly number[]): Tensor => {
    const flat = dense(network, input, [hidden, hidden]);
    return network.add('Transpose', [network.add('Reshape', [flat, split])], {
      perm: { ints: perm },
    });
  };
  const query = projected(0, 2, 1, 3);
  const key = projected(0, 2, 3, 1);
  const value = projected(0, 2, 1, 3);
  const products = network.add('MatMul', [query, key]);
  const scores = network.add('Div', [products, network.scalar(Math.sqrt(size))]);
  const masked = network.add('Add', [scores, bias]);
  const shares = network.add('Softmax', [masked], { axis: { int: -1 } });
  const mixed = network.add('Transpose', [network.add('MatMul', [shares, value])], {
    perm: { ints: [0, 2, 1, 3] },
  });
  const merged = network.add('Reshape', [mixed, network.integers(0, 0, hidden)]);
  return dense(network, merged, [hidden, hidden]);
}

/** Gelu as exporters write it, in five nodes around Erf. */
function gelu(network: Network, input: Tensor): Tensor {
  const scaled = network.add('Div', [input, network.scalar(Math.SQRT2)]);
  const raised = network.add('Add', [network.add('Erf', [scaled]), network.scalar(1)]);
  return network.add('Mul', [network.add('Mul', [input, raised]), network.scalar(0.5)]);
}

/** The mean over the words that are no padding, divided by its length. */
function pool(network: Network, states: Tensor, mask: Tensor): void {
  const weights = network.add('Unsqueeze', [mask, network.integers(2)]);
  const weighted = network.add('Mul', [states, weights]);
  const sums = [weighted, network.integers(1)];
  const total = network.add('ReduceSum', sums, { keepdims: { int: 0 } });
  const words = network.add('ReduceSum', [mask, network.integers(1)], { keepdims: { int: 1 } });
  const count = network.add('Max', [words, network.scalar(1e-9)]);
  const mean = network.add('Div', [total, count]);
  const norm = network.add('ReduceL2', [mean], { axes: { ints: [1] }, keepdims: { int: 1 } });
  const length = network.add('Max', [norm, network.scalar(1e-12)]);
  network.add('Div', [mean, length], {}, 'sentence_embedding');
}

/**
 * `input_ids`, `attention_mask`, `token_type_ids` int64 [batch,sequence] to `last_hidden_state` float32
 * [batch,sequence,hidden] and `sentence_embedding` float32 [batch,hidden].
 */
export function textEncoder(options: TextEncoderOptions = {}): Uint8Array {
  const sizes = { ...MINILM, ...options };
  const { hidden, intermediate, layers } = sizes;
  const network = new Network();
  let x = embeddings(network, sizes);
  const mask = network.add('Cast', ['attention_mask'], { to: { int: 1 } });
  const padding = network.add('Sub', [network.scalar(1), mask]);
  const scores = network.add('Mul', [padding, network.scalar(MASKED_SCORE)]);
  const bias = network.add('Unsqueeze', [scores, network.integers(1, 2)]);
  for (let i = 0; i < layers; i++) {
    const attended = network.add('Add', [attention(network, x, bias, sizes), x]);
    x = layerNorm(network, attended, hidden);
    const inner = gelu(network, dense(network, x, [hidden, intermediate]));
    const outer = dense(network, inner, [intermediate, hidden]);
    const output = i === layers - 1 ? 'last_hidden_state' : undefined;
    x = layerNorm(network, network.add('Add', [outer, x]), hidden, output);
  }
  pool(network, x, mask);
  const tokens = (name: string) => [name, 'int64', ['batch', 'sequence']] as const;
  return network.encode(
    'text_encoder',
    [tokens('input_ids'), tokens('attention_mask'), tokens('token_type_ids')],
    [
      ['last_hidden_state', 'float32', ['batch', 'sequence', hidden]],
      ['sentence_embedding', 'float32', ['batch', hidden]],
    ],
  );
}
