/** Opens, edits and writes damaged models: whatever the bytes are, each step ends or gives a typed error. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isCodedError } from '../../../lib/common/index.js';
import * as onnx from '../../../lib/onnx/index.js';
import { trapModels } from '../../../models/trap-models.mjs';
import { modelPath } from '../../fixtures/models.js';
import { reluModel, varint } from '../../fixtures/onnx-models.js';
import { mutated } from '../../fixtures/mutated-model.js';
import { seededRandom } from '../../fixtures/random.js';
import { scaled } from '../../scale.js';

/** What a pass does to a model: values of all initializers, an edit of the graph, a lift, the bytes. */
async function passOver(bytes: Uint8Array): Promise<void> {
  const opened = await onnx.openModel(bytes);
  for (const tensor of opened.model.graph?.initializer ?? [])
    if (onnx.elementTypeOf(tensor).bits > 0) await opened.bytesOf(tensor);
  onnx.dropOverridableInputs(opened.model);
  const editor = new onnx.GraphEditor(opened.model);
  for (const node of editor.nodes()) {
    for (const name of node.input) onnx.constantOf(editor, name);
    const [output = ''] = node.output;
    if (output === '') continue;
    const name = editor.uniqueName(output);
    const added = editor.insertAfter(node, { type: 'Relu', inputs: [output], outputs: [name] });
    editor.redirect(output, name, [added]);
  }
  editor.finish();
  onnx.liftOpset(opened.model, 21);
  await onnx.readModelOutline(onnx.encodeModel(opened.model));
}

describe('a damaged model', () => {
  it('is opened, edited and encoded, or refused by a typed error', async () => {
    const seeds = [...trapModels(onnx)]
      .filter(([name]) => name.endsWith('.onnx'))
      .map(([, bytes]) => Buffer.from(bytes))
      // Without most of the weights: damage should meet structure.
      .map((bytes) => onnx.decodeModel(bytes))
      .map((model) => {
        for (const tensor of model.graph?.initializer ?? []) {
          if (tensor.rawData.length < 256) continue;
          tensor.dims = [0n];
          tensor.rawData = new Uint8Array(0);
        }
        return Buffer.from(onnx.encodeModel(model));
      });
    seeds.push(readFileSync(modelPath('small/dynamic.onnx')));
    const turns = scaled(1_000_000);
    let refused = 0;
    for (let seed = 1; seed <= turns; seed++) {
      const random = seededRandom(seed * 7919);
      const [model, other] = [0, 0].map(() => seeds[random.integer(seeds.length)]);
      if (model === undefined || other === undefined) throw new Error('there are models');
      try {
        await passOver(mutated(random, model, other));
      } catch (error) {
        refused++;
        if (!isCodedError(error))
          throw new Error(`seed ${seed} gave ${String(error)}`, { cause: error });
        expect(error.code, `seed ${seed}`).toMatch(/^ERR_ENGINERY_MODEL_(INVALID|UNSUPPORTED)$/);
      }
    }
    // A reader that accepts everything, or a mutator that breaks nothing, would pass otherwise.
    expect(refused).toBeGreaterThan(turns / 10);
    expect(refused).toBeLessThan(turns);
  });
});

/** A protobuf field whose content is `parts`. */
function field(number: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

describe('openModel', () => {
  it.each<[string, number, number]>([
    ['integers of an attribute', 8, 9 * 2 ** 20],
    ['numbers of an attribute', 7, 129 * 2 ** 20],
  ])('refuses millions of %s before it decodes them', async (_, number, length) => {
    const attribute = field(5, field(1, Buffer.from('a')), field(number, Buffer.alloc(length, 1)));
    // A second graph field: messages merge.
    const node = field(1, field(2, Buffer.from('z')), field(4, Buffer.from('Relu')), attribute);
    const bytes = Buffer.concat([onnx.encodeModel(reluModel()), field(7, node)]);
    await expect(onnx.openModel(bytes)).rejects.toMatchObject({
      code: 'ERR_ENGINERY_MODEL_UNSUPPORTED',
      message: expect.stringContaining('outside raw_data') as string,
    });
  });

  it('refuses a cycle, too many nodes and graphs too deep before it decodes them', async () => {
    const relu = (from: string, to: string) => ({ type: 'Relu', inputs: [from], outputs: [to] });
    const many = Array.from({ length: 100_001 }, (_, i) =>
      relu(i === 0 ? 'x' : `v${i - 1}`, `v${i}`),
    );
    let deep: onnx.NodeParts = relu('x', 'y');
    for (let depth = 0; depth < 70; depth++) {
      const graph = onnx.buildGraph({ outputs: [onnx.buildValue('y', 'float32')], nodes: [deep] });
      deep = { ...relu('x', 'y'), type: 'If', attributes: { then_branch: { graph } } };
    }
    const nodes = [[relu('b', 'a'), relu('a', 'b'), relu('x', 'y')], many, [deep]];
    for (const [index, list] of nodes.entries()) {
      const bytes = onnx.encodeModel(reluModel({ nodes: list }));
      await expect(onnx.openModel(bytes), String(index)).rejects.toMatchObject({
        code: expect.stringMatching(/MODEL_(INVALID|UNSUPPORTED)$/) as string,
      });
    }
  });

  it('refuses a device in the place of a model', async () => {
    await expect(onnx.openModel('/dev/zero')).rejects.toMatchObject({
      code: 'ERR_ENGINERY_INVALID_ARGUMENT',
    });
  });
});
