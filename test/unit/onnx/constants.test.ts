/** Tests of constants: initializers and Constant nodes are the same to who asks. */

import { describe, expect, it } from 'vitest';
import {
  buildTensor,
  constantOf,
  dropOverridableInputs,
  GraphEditor,
  removeUnreadConstant,
  replaceConstant,
  tensorBytes,
  type AttributeValue,
  type ModelProto,
} from '../../../lib/onnx/index.js';
import { reluModel, vector } from '../../fixtures/onnx-models.js';

const W = buildTensor('w', 'float32', [2], Float32Array.of(1, 2));

/** y = x + w, where w is an initializer or a Constant node. */
function addModel(constant: Record<string, AttributeValue> | 'initializer'): ModelProto {
  const isInitializer = constant === 'initializer';
  return reluModel({
    initializers: isInitializer ? [W] : [],
    nodes: [
      ...(isInitializer
        ? []
        : [{ type: 'Constant', inputs: [], outputs: ['w'], attributes: constant }]),
      { type: 'Add', inputs: ['x', 'w'], outputs: ['y'] },
    ],
  });
}

describe('constantOf', () => {
  it.each<[string, AttributeValue, string, number[], ArrayBufferView]>([
    ['value_int', { int: -3 }, 'int64', [], BigInt64Array.of(-3n)],
    ['value_ints', { ints: [1, 2] }, 'int64', [2], BigInt64Array.of(1n, 2n)],
    ['value_float', { float: 0.5 }, 'float32', [], Float32Array.of(0.5)],
    ['value_floats', { floats: [0.5, 1] }, 'float32', [2], Float32Array.of(0.5, 1)],
  ])('reads %s of a Constant node', (attribute, value, type, dims, data) => {
    const tensor = constantOf(new GraphEditor(addModel({ [attribute]: value })), 'w');
    const expected = buildTensor('w', type, dims, data);
    expect(tensor).toMatchObject({ dataType: expected.dataType, dims: expected.dims });
    expect(tensor && Buffer.from(tensorBytes(tensor))).toEqual(Buffer.from(expected.rawData));
  });

  it('gives the tensor of an initializer and of a Constant node', () => {
    expect(constantOf(new GraphEditor(addModel('initializer')), 'w')).toBe(W);
    expect(constantOf(new GraphEditor(addModel({ value: { tensor: W } })), 'w')).toBe(W);
  });

  it.each([
    ['the result of an operator', 'y'],
    ['an input', 'x'],
    ['an unknown name', 'nothing'],
  ])('knows that %s is none', (_, name) => {
    expect(constantOf(new GraphEditor(addModel('initializer')), name)).toBeUndefined();
  });

  it('takes an initializer for a default, not a constant, while it is an input too', () => {
    const model = addModel('initializer');
    model.graph?.input.push(vector('w'));
    expect(constantOf(new GraphEditor(model), 'w')).toBeUndefined();
    expect(dropOverridableInputs(model)).toEqual(['w']);
    expect(constantOf(new GraphEditor(model), 'w')).toBe(W);
  });

  it('raises IR version 3, in which every initializer has to be an input', () => {
    const model = addModel('initializer');
    model.irVersion = 3n;
    model.graph?.input.push(vector('w'));
    dropOverridableInputs(model);
    expect(model.irVersion).toBe(4n);
  });
});

describe('replaceConstant', () => {
  it.each<[string, Record<string, AttributeValue> | 'initializer']>([
    ['an initializer', 'initializer'],
    ['a Constant node', { value: { tensor: W } }],
  ])('gives %s another value', (_, constant) => {
    const model = addModel(constant);
    const editor = new GraphEditor(model);
    const other = buildTensor('w', 'float32', [2], Float32Array.of(3, 4));
    replaceConstant(editor, other);
    editor.finish();
    expect(constantOf(editor, 'w')).toBe(other);
    expect(model.graph?.node.map(({ opType }) => opType)).toEqual(['Add']);
  });
});

describe('removeUnreadConstant', () => {
  it.each<[string, Record<string, AttributeValue> | 'initializer']>([
    ['an initializer', 'initializer'],
    ['a Constant node', { value: { tensor: W } }],
  ])('removes %s when nothing reads it any more', (_, constant) => {
    const editor = new GraphEditor(addModel(constant));
    expect(removeUnreadConstant(editor, 'w')).toBe(false);
    editor.redirect('w', 'x');
    expect(removeUnreadConstant(editor, 'w')).toBe(true);
    expect(constantOf(editor, 'w')).toBeUndefined();
    expect(removeUnreadConstant(editor, 'w')).toBe(false);
  });
});
