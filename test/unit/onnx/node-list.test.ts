/** Tests of the list of nodes: order after insertions and removals at both ends and in between. */

import { expect, it } from 'vitest';
import { buildNode, type NodeProto } from '../../../lib/onnx/index.js';
import { NodeList } from '../../../lib/onnx/node-list.js';

const node = (name: string): NodeProto =>
  buildNode({ type: 'Relu', name, inputs: ['x'], outputs: [name] });

const text = (list: NodeList): string => [...list].map(({ name }) => name).join('');

it('keeps the order through insertions and removals', () => {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(node) as [
    NodeProto,
    NodeProto,
    NodeProto,
    NodeProto,
    NodeProto,
  ];
  const list = new NodeList([b, d]);
  list.insertBefore(b, a);
  list.insertBefore(d, c);
  list.insertBefore(undefined, e);
  expect(text(list)).toBe('abcde');
  expect(list.next(b)).toBe(c);
  for (const gone of [a, c, e]) list.remove(gone);
  expect(text(list)).toBe('bd');
  expect(list.has(c)).toBe(false);
  expect(list.next(d)).toBeUndefined();
  list.remove(b);
  list.remove(d);
  list.remove(d);
  list.insertBefore(undefined, a);
  expect(text(list)).toBe('a');
});
