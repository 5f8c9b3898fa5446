/** Tests of the order of nodes: producers first, captures included, and no change where none is needed. */

import { describe, expect, it } from 'vitest';
import { buildGraph, buildNode, buildValue, type NodeProto } from '../../../lib/onnx/index.js';
import { topologicalOrder } from '../../../lib/onnx/topological-order.js';

const relu = (from: string, to: string): NodeProto =>
  buildNode({ type: 'Relu', name: to, inputs: [from], outputs: [to] });

const names = (nodes: readonly NodeProto[]): string[] => nodes.map(({ name }) => name);

describe('topologicalOrder', () => {
  it('keeps an order that works, also among nodes that do not depend on one another', () => {
    const nodes = [relu('x', 'b'), relu('x', 'a'), relu('a', 'd'), relu('b', 'c')];
    expect(topologicalOrder(nodes)).toEqual(nodes);
  });

  it('moves a producer before its first consumer', () => {
    expect(names(topologicalOrder([relu('b', 'c'), relu('x', 'a'), relu('a', 'b')]))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('moves a producer before the node whose subgraph reads it', () => {
    const graph = buildGraph({
      outputs: [buildValue('o', 'float32')],
      nodes: [{ type: 'Relu', inputs: ['a'], outputs: ['o'] }],
    });
    const choice = buildNode({
      ...{ type: 'If', name: 'choice', inputs: ['c'], outputs: ['z'] },
      attributes: { then_branch: { graph } },
    });
    expect(names(topologicalOrder([choice, relu('x', 'a')]))).toEqual(['a', 'choice']);
  });

  it('refuses a cycle, and names a node of it', () => {
    expect(() => topologicalOrder([relu('x', 'y'), relu('b', 'a'), relu('a', 'b')])).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_MODEL_INVALID',
        message: expect.stringMatching(/node "[ab]"/) as string,
      }) as Error,
    );
  });

  it('takes a chain of 100 000 nodes, last one first', () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => relu(`v${i}`, `v${i + 1}`)).reverse();
    expect(topologicalOrder(nodes)[0]?.name).toBe('v1');
  });
});
