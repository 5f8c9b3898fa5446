/** Tests of opening models to change them: weights in place, external data by the rules, unknown fields kept. */

import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { TensorProtoSchema } from '../../../lib/onnx/gen/onnx_pb.js';
import {
  buildExternalTensor,
  buildTensor,
  encodeModel,
  openModel,
  writeModel,
  type OpenModel,
} from '../../../lib/onnx/index.js';
import { modelPath, temporaryFolder } from '../../fixtures/models.js';
import { reluBytes, reluModel, varint } from '../../fixtures/onnx-models.js';

/** A model with 16 bytes of external data, and its folder. */
function externalModel(): { folder: string; path: string } {
  const folder = temporaryFolder();
  const range = { location: 'w.bin', offset: 0, length: 16 };
  const initializers = [buildExternalTensor('w', 'float32', [4], range)];
  const path = join(folder, 'model.onnx');
  writeFileSync(path, encodeModel(reluModel({ initializers })));
  writeFileSync(join(folder, 'w.bin'), Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
  return { folder, path };
}

async function firstBytes(opened: OpenModel): Promise<Uint8Array> {
  const tensor = opened.model.graph?.initializer[0];
  if (tensor === undefined) throw new Error('the model has an initializer');
  return opened.bytesOf(tensor);
}

describe('openModel', () => {
  it('views the weights of a file in one buffer', async () => {
    const { model, outline } = await openModel(modelPath('digits/digits_cnn.onnx'));
    const buffers = new Set(model.graph?.initializer.map(({ rawData }) => rawData.buffer));
    expect(buffers.size).toBe(1);
    expect(model.graph?.initializer).toHaveLength(outline.initializers.length);
  });

  it('views the bytes that it is given', async () => {
    const bytes = readFileSync(modelPath('digits/digits_cnn.onnx'));
    const opened = await openModel(bytes);
    expect((await firstBytes(opened)).buffer).toBe(bytes.buffer);
  });

  it('reads external data when asked for it', async () => {
    const opened = await openModel(externalModel().path);
    expect(new Float32Array((await firstBytes(opened)).buffer)).toEqual(
      Float32Array.of(1, 2, 3, 4),
    );
    await opened.close();
  });

  it('reads external data behind 4 GiB', async () => {
    const folder = temporaryFolder();
    const range = { location: 'w.bin', offset: 5 * 2 ** 30, length: 16 };
    const model = reluModel({ initializers: [buildExternalTensor('w', 'float32', [4], range)] });
    const path = join(folder, 'model.onnx');
    writeFileSync(path, encodeModel(model));
    // The bytes before are a hole: nothing on the disk.
    const file = openSync(join(folder, 'w.bin'), 'w');
    writeSync(file, Buffer.alloc(16, 9), 0, 16, range.offset);
    closeSync(file);
    const opened = await openModel(path);
    expect(await firstBytes(opened)).toEqual(new Uint8Array(16).fill(9));
    await opened.close();
  });

  it('keeps fields that the schema does not know, also when it writes', async () => {
    // Field 1000, a text.
    const unknown = Buffer.from([0xc2, 0x3e, 0x02, 0x68, 0x69]);
    const path = join(temporaryFolder(), 'model.onnx');
    const { model } = await openModel(Buffer.concat([reluBytes(), unknown]));
    await writeModel(path, model);
    expect(readFileSync(path).includes(unknown)).toBe(true);
  });

  it('refuses a model of 2 GiB before it reads its weights', async () => {
    const path = join(temporaryFolder(), 'model.onnx');
    const length = 2 ** 31;
    const raw = Buffer.concat([varint(9 * 8 + 2), varint(length)]);
    const facts = toBinary(
      TensorProtoSchema,
      buildTensor('w', 'uint8', [length], new Uint8Array(0)),
    ).subarray(0, -2); // Without the empty raw_data.
    const tensor = Buffer.concat([facts, raw]);
    const initializer = Buffer.concat([varint(5 * 8 + 2), varint(tensor.length + length), tensor]);
    const graph = Buffer.concat([
      varint(7 * 8 + 2),
      varint(initializer.length + length),
      initializer,
    ]);
    const head = Buffer.concat([reluBytes(), graph]);
    writeFileSync(path, head);
    truncateSync(path, head.length + length); // A hole: nothing on the disk.
    await expect(openModel(path)).rejects.toMatchObject({
      code: 'ERR_ENGINERY_MODEL_UNSUPPORTED',
      message: expect.stringContaining('less than 2 GiB') as string,
    });
  });

  it('has no files for a model given as bytes', async () => {
    const opened = await openModel(readFileSync(externalModel().path));
    await expect(firstBytes(opened)).rejects.toMatchObject({ code: 'ERR_ENGINERY_MODEL_INVALID' });
  });

  it.each<[string, (folder: string) => void]>([
    [
      'a symbolic link',
      (folder) => {
        renameSync(join(folder, 'w.bin'), join(folder, 'other'));
        symlinkSync('other', join(folder, 'w.bin'));
      },
    ],
    [
      'a hard link',
      (folder) => {
        linkSync(join(folder, 'w.bin'), join(folder, 'other'));
      },
    ],
    [
      'a file that is too short',
      (folder) => {
        writeFileSync(join(folder, 'w.bin'), 'short');
      },
    ],
  ])('refuses %s as external data', async (_, change) => {
    const { folder, path } = externalModel();
    change(folder);
    await expect(openModel(path)).rejects.toMatchObject({ code: 'ERR_ENGINERY_MODEL_INVALID' });
  });

  it('reports external data that shrinks after it was opened', async () => {
    const { folder, path } = externalModel();
    const opened = await openModel(path);
    writeFileSync(join(folder, 'w.bin'), 'short');
    await expect(firstBytes(opened)).rejects.toMatchObject({
      code: 'ERR_ENGINERY_MODEL_INVALID',
      message: expect.stringContaining('ends at byte 5') as string,
    });
    await opened.close();
  });

  it('refuses an external tensor that was not in the file when it was opened', async () => {
    const opened = await openModel(externalModel().path);
    const range = { location: '../secret', offset: 0, length: 4 };
    await expect(
      opened.bytesOf(buildExternalTensor('w', 'float32', [1], range)),
    ).rejects.toMatchObject({ code: 'ERR_ENGINERY_MODEL_INVALID' });
    await opened.close();
  });

  it('rejects when its signal is aborted', async () => {
    const { path } = externalModel();
    await expect(openModel(path, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ERR_ENGINERY_CANCELLED',
    });
  });
});
