/** Tests of the walk over all tensors of a model: none is missed, and what holds none is shared. */

import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { SparseTensorProtoSchema, type TensorProto } from '../../../lib/onnx/gen/onnx_pb.js';
import { buildGraph, buildTensor, decodeModel, encodeModel } from '../../../lib/onnx/index.js';
import { mapTensors } from '../../../lib/onnx/map-tensors.js';
import { localFunction, reluModel, vector } from '../../fixtures/onnx-models.js';

const tensor = (name: string): TensorProto => buildTensor(name, 'float32', [1], Float32Array.of(1));

const sparse = (name: string) =>
  create(SparseTensorProtoSchema, { values: tensor(name), indices: tensor(`${name}_at`) });

function modelWithTensors() {
  const graph = buildGraph({ outputs: [vector('o')], initializers: [tensor('inner')], nodes: [] });
  const constant = (name: string) => ({
    ...{ type: 'Constant', inputs: [], outputs: [name] },
    attributes: { value: { tensor: tensor(name) } },
  });
  const model = reluModel({
    initializers: [tensor('first')],
    nodes: [
      { type: 'Relu', inputs: ['x'], outputs: ['y'] },
      { type: 'If', inputs: ['c'], outputs: ['z'], attributes: { then_branch: { graph } } },
      constant('attribute'),
    ],
  });
  model.graph?.sparseInitializer.push(sparse('sparse'));
  const attribute = model.graph?.node.at(-1)?.attribute[0];
  attribute?.tensors.push(tensor('several'));
  attribute?.sparseTensors.push(sparse('attribute_sparse'));
  model.functions.push(localFunction('f', [constant('function')]));
  return model;
}

it('visits every tensor once, and says which are initializers', () => {
  const seen: string[] = [];
  mapTensors(modelWithTensors(), (one, place) => {
    seen.push(`${one.name} ${place}`);
    return one;
  });
  expect(seen.sort()).toEqual([
    'attribute inner',
    'attribute_sparse inner',
    'attribute_sparse_at inner',
    'first initializer',
    'function inner',
    'inner initializer',
    'several inner',
    'sparse inner',
    'sparse_at inner',
  ]);
});

it('gives the same model when nothing is exchanged', () => {
  const model = modelWithTensors();
  expect(mapTensors(model, (one) => one)).toBe(model);
});

it('exchanges one tensor, shares the rest and leaves the given model as it was', () => {
  const model = modelWithTensors();
  const before = encodeModel(model);
  const other = tensor('other');
  const mapped = mapTensors(model, (one) => (one.name === 'inner' ? other : one));
  expect(encodeModel(model)).toEqual(before);
  expect(mapped.graph?.node[0]).toBe(model.graph?.node[0]);
  expect(mapped.graph?.node[1]?.attribute[0]?.g?.initializer).toEqual([other]);
  expect(decodeModel(encodeModel(mapped)).graph?.node).toHaveLength(3);
});
