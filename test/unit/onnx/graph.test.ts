/** Tests of the rules of graphs: where values come from, unique names, no cycles. */

import { describe, expect, it } from 'vitest';
import {
  buildGraph,
  buildTensor,
  readModelOutline,
  type GraphProto,
  type ModelParts,
  type NodeParts,
} from '../../../lib/onnx/index.js';
import { localFunction, reluBytes, vector } from '../../fixtures/onnx-models.js';

function node(type: string, inputs: string[], outputs: string[], name = ''): NodeParts {
  return { type, inputs, outputs, name };
}

function ifNode(output: string, branch: GraphProto, otherBranch = branch): NodeParts {
  const attributes = { then_branch: { graph: branch }, else_branch: { graph: otherBranch } };
  return { type: 'If', inputs: ['condition'], outputs: [output], attributes };
}

function branch(read: string, make: string): GraphProto {
  return buildGraph({ outputs: [vector(make)], nodes: [node('Abs', [read], [make])] });
}

const constant = buildTensor('c', 'float32', [2], new Float32Array(2));
const inputs = [vector('x'), vector('condition')];

describe('a graph is accepted', () => {
  it.each<[string, Partial<ModelParts>]>([
    [
      'with absent optional inputs and outputs',
      { nodes: [node('Clip', ['x', '', ''], ['y', ''])] },
    ],
    ['with nodes in any order', { nodes: [node('Relu', ['a'], ['y']), node('Abs', ['x'], ['a'])] }],
    [
      'with two nodes of one name',
      { nodes: [node('Relu', ['x'], ['a'], 'n'), node('Abs', ['a'], ['y'], 'n')] },
    ],
    ['without nodes', { nodes: [], outputs: [vector('x')] }],
    [
      'with an initializer as output',
      { nodes: [], outputs: [vector('c')], initializers: [constant] },
    ],
    ['with the same output twice', { outputs: [vector('y'), vector('y')] }],
    [
      'with branches that read values around them',
      { inputs, nodes: [ifNode('y', branch('x', 't'))] },
    ],
    [
      'with a branch that reads a value made later',
      { inputs, nodes: [ifNode('y', branch('late', 't')), node('Neg', ['x'], ['late'])] },
    ],
    [
      'with a branch that reuses an outer name',
      {
        inputs,
        nodes: [
          node('Neg', ['x'], ['t']),
          ifNode('y', branch('x', 't')),
          node('Abs', ['t'], ['u']),
        ],
      },
    ],
  ])('%s', async (_, parts) => {
    await expect(readModelOutline(reluBytes(parts))).resolves.toBeDefined();
  });
});

describe('a graph is refused', () => {
  it.each<[string, Partial<ModelParts>, string]>([
    [
      'when a node reads what nothing makes',
      { nodes: [node('Relu', ['q'], ['y'], 'n')] },
      'input "q" of node "n" (Relu)',
    ],
    ['when an output is made by nothing', { nodes: [node('Relu', ['x'], ['z'])] }, 'output "y"'],
    [
      'when two inputs share a name',
      { inputs: [vector('x'), vector('x')] },
      'two inputs named "x"',
    ],
    [
      'when two initializers share a name',
      { initializers: [constant, constant] },
      'two initializers named "c"',
    ],
    [
      'when two nodes make one value',
      { nodes: [node('Relu', ['x'], ['y']), node('Abs', ['x'], ['y'])] },
      'two outputs named "y"',
    ],
    [
      'when a node makes an input',
      { nodes: [node('Relu', ['x'], ['x']), node('Abs', ['x'], ['y'])] },
      'named "x"',
    ],
    [
      'when a node makes an initializer',
      { nodes: [node('Relu', ['x'], ['c']), node('Abs', ['c'], ['y'])], initializers: [constant] },
      'named "c"',
    ],
    ['when a node reads its own output', { nodes: [node('Add', ['x', 'y'], ['y'])] }, 'cycle'],
    [
      'when nodes wait for one another',
      {
        nodes: [
          node('Add', ['x', 'b'], ['a']),
          node('Abs', ['a'], ['b']),
          node('Neg', ['b'], ['y']),
        ],
      },
      'cycle',
    ],
    [
      'when a branch waits for its own node',
      { inputs, nodes: [ifNode('y', branch('late', 't')), node('Neg', ['y'], ['late'])] },
      'cycle',
    ],
    [
      'when a branch reads what nothing makes',
      { inputs, nodes: [ifNode('y', branch('q', 't'))] },
      'input "q"',
    ],
    [
      'when a value made in a branch is read outside it',
      { inputs, nodes: [ifNode('t', branch('x', 'inner')), node('Abs', ['inner'], ['y'])] },
      'input "inner"',
    ],
    [
      'when one branch reads the other',
      { inputs, nodes: [ifNode('y', branch('x', 't'), branch('t', 'e'))] },
      'input "t"',
    ],
  ])('%s', async (_, parts, message) => {
    await expect(readModelOutline(reluBytes(parts))).rejects.toMatchObject({
      code: 'ERR_ENGINERY_MODEL_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('a local function', () => {
  const call: NodeParts = { type: 'F', domain: 'mine', inputs: ['x'], outputs: ['y'] };

  function outlineWith(nodes: NodeParts[]): Promise<unknown> {
    return readModelOutline(
      reluBytes({ nodes: [call] }, (model) => {
        model.functions.push(localFunction('F', nodes));
      }),
    );
  }

  it('is accepted when it makes its outputs from its inputs', async () => {
    await expect(outlineWith([node('Relu', ['a'], ['b'])])).resolves.toBeDefined();
  });

  it('is refused when it reads a value of the graph around it', async () => {
    await expect(outlineWith([node('Relu', ['x'], ['b'])])).rejects.toThrow('input "x"');
  });

  it('is refused when it calls itself', async () => {
    await expect(outlineWith([{ ...call, inputs: ['a'], outputs: ['b'] }])).rejects.toThrow(
      'calls itself',
    );
  });
});
