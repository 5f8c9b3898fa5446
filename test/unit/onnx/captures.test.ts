/** Tests of what subgraphs read from outside: by name, at any depth, unless something inside hides it. */

import { describe, expect, it } from 'vitest';
import { capturesOf, renameCapture } from '../../../lib/onnx/captures.js';
import {
  buildGraph,
  buildNode,
  buildTensor,
  type GraphParts,
  type NodeParts,
  type NodeProto,
} from '../../../lib/onnx/index.js';
import { vector } from '../../fixtures/onnx-models.js';

const relu = (from: string, to: string): NodeParts => ({
  type: 'Relu',
  inputs: [from],
  outputs: [to],
});

function holder(parts: Partial<GraphParts>): NodeProto {
  const graph = buildGraph({ outputs: [vector('out')], nodes: [relu('a', 'out')], ...parts });
  return buildNode({
    type: 'Loop',
    inputs: ['n'],
    outputs: ['z'],
    attributes: { body: { graph } },
  });
}

describe('capturesOf', () => {
  it('finds what nodes of the body read', () => {
    expect([...capturesOf(holder({}))]).toEqual(['a']);
  });

  it('finds nothing in a node without a subgraph, whatever its inputs', () => {
    expect(capturesOf(buildNode(relu('a', 'b'))).size).toBe(0);
  });

  it('finds an outer value that the body gives back as it is', () => {
    expect([...capturesOf(holder({ outputs: [vector('b')], nodes: [] }))]).toEqual(['b']);
  });

  it('looks through bodies of bodies, and past optional inputs', () => {
    const inner = holder({
      nodes: [{ type: 'Clip', inputs: ['a', '', 'deep'], outputs: ['out'] }],
    });
    const outer = holder({ outputs: [vector('a')], nodes: [relu('x', 'a')] });
    outer.attribute[0]?.g?.node.push(inner);
    // `a` is the outer body's own for both.
    expect([...capturesOf(outer)]).toEqual(['x', 'n', 'deep']);
  });

  it.each<[string, Partial<GraphParts>]>([
    ['an input', { inputs: [vector('a')] }],
    ['an initializer', { initializers: [buildTensor('a', 'float32', [1], Float32Array.of(1))] }],
    ['a node further down', { nodes: [relu('a', 'out'), { ...relu('', 'a'), type: 'Random' }] }],
  ])('takes %s of the body for the meaning of the name', (_, parts) => {
    expect([...capturesOf(holder(parts))]).toEqual([]);
  });
});

describe('renameCapture', () => {
  it('renames in bodies of bodies and in outputs, but not what hides the name', () => {
    const hiding = holder({ inputs: [vector('a')] });
    const reading = holder({ outputs: [vector('a')], nodes: [] });
    const outer = holder({});
    outer.attribute[0]?.g?.node.push(hiding, reading);
    renameCapture(outer, 'a', 'b');
    expect(outer.attribute[0]?.g?.node[0]?.input).toEqual(['b']);
    expect(hiding.attribute[0]?.g?.node[0]?.input).toEqual(['a']);
    expect(reading.attribute[0]?.g?.output[0]?.name).toBe('b');
  });
});
