/** Tests of the graph editor: who makes and reads a value, and that edits keep the order and the rest of the model. */

import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { SparseTensorProtoSchema } from '../../../lib/onnx/gen/onnx_pb.js';
import {
  buildGraph,
  buildTensor,
  buildValue,
  GraphEditor,
  type ModelProto,
  type NodeParts,
} from '../../../lib/onnx/index.js';
import { reluModel, vector } from '../../fixtures/onnx-models.js';

const relu = (from: string, to: string): NodeParts => ({
  type: 'Relu',
  name: to,
  inputs: [from],
  outputs: [to],
});

/** x -> a -> b -> y, and an If whose branches read `a`. */
function branched(): ModelProto {
  const branch = (name: string, extra: readonly NodeParts[]) =>
    buildGraph({
      name,
      outputs: [vector(`${name}_y`)],
      nodes: [...extra, { type: 'Add', inputs: ['a', 'w'], outputs: [`${name}_y`] }],
    });
  return reluModel({
    inputs: [vector('x'), buildValue('c', 'bool', [])],
    outputs: [vector('y'), vector('z')],
    initializers: [buildTensor('w', 'float32', [2], Float32Array.of(1, 2))],
    nodes: [
      relu('x', 'a'),
      relu('a', 'b'),
      relu('b', 'y'),
      {
        type: 'If',
        name: 'choice',
        inputs: ['c'],
        outputs: ['z'],
        attributes: {
          then_branch: { graph: branch('then', []) },
          // Here `a` is the branch's own.
          else_branch: { graph: branch('else', [relu('x', 'a')]) },
        },
      },
    ],
  });
}

function order(editor: GraphEditor): string[] {
  return editor.nodes().map(({ name }) => name);
}

function node(editor: GraphEditor, name: string) {
  const found = editor.nodes().find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is a node ${name}`);
  return found;
}

const refused = (text: string): Error =>
  expect.objectContaining({
    code: 'ERR_ENGINERY_INVALID_ARGUMENT',
    message: expect.stringContaining(text) as string,
  }) as Error;

describe('GraphEditor', () => {
  it('knows producers, consumers, captures and uses', () => {
    const editor = new GraphEditor(branched());
    expect(editor.producer('b')?.name).toBe('b');
    expect(editor.producer('x')).toBeUndefined();
    expect(editor.consumers('a').map(({ name }) => name)).toEqual(['b']);
    expect(editor.capturers('a').map(({ name }) => name)).toEqual(['choice']);
    expect(editor.capturers('w').map(({ name }) => name)).toEqual(['choice']);
    expect(editor.isRead('w')).toBe(true);
    expect(editor.isRead('y')).toBe(true);
    expect(editor.isRead('nothing')).toBe(false);
  });

  it('puts nodes that stand in any order into one that works', () => {
    const nodes = [relu('b', 'y'), relu('a', 'b'), relu('x', 'a')];
    expect(order(new GraphEditor(reluModel({ nodes })))).toEqual(['a', 'b', 'y']);
  });

  it('inserts between a value and its consumers, and leaves subgraphs the value', () => {
    const model = branched();
    const editor = new GraphEditor(model);
    const producer = node(editor, 'a');
    const added = editor.insertAfter(producer, relu('a', editor.uniqueName('a')));
    expect(added.output).toEqual(['a_2']);
    editor.redirect('a', 'a_2', [added]);
    editor.finish();
    expect(model.graph?.node.map(({ input }) => input[0])).toEqual(['x', 'a', 'a_2', 'b', 'c']);
    expect(editor.capturers('a')).toHaveLength(1);
  });

  it('replaces a node by others that make the same value, in its place', () => {
    const editor = new GraphEditor(branched());
    editor.replace(node(editor, 'b'), [relu('a', 'm'), { ...relu('m', 'b'), name: 'second' }]);
    editor.finish();
    expect(order(editor)).toEqual(['a', 'm', 'second', 'y', 'choice']);
  });

  it('removes a node whose consumers were given another value', () => {
    const model = branched();
    const editor = new GraphEditor(model);
    editor.redirect('b', 'a');
    editor.remove(node(editor, 'b'));
    editor.finish();
    expect(order(editor)).toEqual(['a', 'y', 'choice']);
    expect(editor.consumers('a').map(({ name }) => name)).toEqual(['y']);
  });

  it('refuses to finish with a value that nothing makes, even if only a subgraph reads it', () => {
    const editor = new GraphEditor(branched());
    editor.redirect('a', 'x');
    editor.remove(node(editor, 'a'));
    expect(() => {
      editor.finish();
    }).toThrow(
      expect.objectContaining({
        code: 'ERR_ENGINERY_MODEL_INVALID',
        message: expect.stringContaining('something that makes "a" for node "choice"') as string,
      }),
    );
  });

  it('renames a value in subgraphs too, but not where another one hides it', () => {
    const model = branched();
    const editor = new GraphEditor(model);
    editor.rename('a', 'renamed');
    editor.rename('w', 'weight');
    editor.finish();
    const [thenBranch, elseBranch] = (model.graph?.node.at(-1)?.attribute ?? []).map(({ g }) => g);
    expect(thenBranch?.node.at(-1)?.input).toEqual(['renamed', 'weight']);
    expect(elseBranch?.node.at(-1)?.input).toEqual(['a', 'weight']);
    expect(editor.consumers('renamed')).toHaveLength(1);
    expect(model.graph?.initializer[0]?.name).toBe('weight');
  });

  it('refuses to rename what the caller of the model knows by name', () => {
    const editor = new GraphEditor(branched());
    expect(() => {
      editor.rename('y', 'other');
    }).toThrow(refused('its input or output "y"'));
  });

  it('refuses a second producer of a value', () => {
    const editor = new GraphEditor(branched());
    expect(() => editor.insertBefore(undefined, relu('x', 'b'))).toThrow(refused('"b"'));
    expect(() => {
      editor.setInitializer(buildTensor('b', 'float32', [], Float32Array.of(1)));
    }).toThrow(refused('"b"'));
  });

  it('refuses a node that is no longer in the graph', () => {
    const editor = new GraphEditor(branched());
    const gone = node(editor, 'y');
    editor.remove(gone);
    expect(() => {
      editor.remove(gone);
    }).toThrow(refused('not in it'));
  });

  it('gives a node another output, so that a new node can make the graph output', () => {
    const model = branched();
    const editor = new GraphEditor(model);
    const last = node(editor, 'y');
    editor.setOutput(last, 0, editor.uniqueName('y_inner'));
    editor.insertAfter(last, { ...relu('y_inner', 'y'), name: 'after' });
    editor.finish();
    expect(editor.producer('y')?.name).toBe('after');
    expect(order(editor)).toEqual(['a', 'b', 'y', 'after', 'choice']);
  });

  it('drops what value_info says of values that changed, and keeps the rest', () => {
    const model = branched();
    model.graph?.valueInfo.push(vector('a'), vector('b'));
    const editor = new GraphEditor(model);
    editor.replace(node(editor, 'b'), [{ ...relu('a', 'b'), name: 'other' }]);
    editor.finish();
    expect(model.graph?.valueInfo.map(({ name }) => name)).toEqual(['a']);
  });

  it('fills optional inputs that are left out', () => {
    const editor = new GraphEditor(branched());
    const target = node(editor, 'b');
    editor.setInput(target, 2, 'w');
    expect(target.input).toEqual(['a', '', 'w']);
    expect(editor.consumers('w')).toEqual([target]);
  });

  it('leaves sparse initializers to those who read them', () => {
    const model = branched();
    const values = buildTensor('sparse', 'float32', [1], Float32Array.of(1));
    model.graph?.sparseInitializer.push(create(SparseTensorProtoSchema, { values }));
    const editor = new GraphEditor(model);
    editor.setInput(node(editor, 'b'), 0, 'sparse');
    editor.finish();
    expect(model.graph?.sparseInitializer).toHaveLength(1);
    expect(() => {
      editor.setInitializer(values);
    }).toThrow(refused('"sparse"'));
  });

  it('edits 100 000 nodes within the time of a test', () => {
    const count = 50_000;
    const nodes = Array.from({ length: count }, (_, i) =>
      relu(i === 0 ? 'x' : `v${i - 1}`, i === count - 1 ? 'y' : `v${i}`),
    );
    const editor = new GraphEditor(reluModel({ nodes }));
    for (const one of editor.nodes()) {
      const [name = ''] = one.output;
      if (name === 'y') continue;
      const added = editor.insertAfter(one, relu(name, editor.uniqueName('q')));
      editor.redirect(name, added.output[0] ?? '', [added]);
    }
    editor.finish();
    expect(editor.graph.node).toHaveLength(2 * count - 1);
    expect(editor.graph.node.at(-1)?.output).toEqual(['y']);
  });
});
