// The program of a user who installed the tarball: classifies the held-out digits and prints one line of JSON.
import { createEngine, Tensor } from 'enginery';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, provider] = process.argv.slice(2);

/** The bytes after a .npy header of version 1. */
function npyData(name) {
  const file = readFileSync(join(folder, name));
  return new Uint8Array(file.subarray(10 + file.readUInt16LE(8)));
}

const pixels = npyData('test_x.npy');
const labels = npyData('test_y.npy');
const images = Float32Array.from(pixels, (value) => value / 16);

try {
  const engine = await createEngine(join(folder, 'digits_cnn.onnx'), {
    providers: [provider],
    strict: true,
  });
  const { logits } = await engine.run({ input: new Tensor('float32', images, [500, 1, 8, 8]) });
  let right = 0;
  for (let image = 0; image < 500; image++) {
    const row = logits.data.subarray(image * 10, image * 10 + 10);
    if (row.indexOf(Math.max(...row)) === labels[image]) right++;
  }
  console.log(JSON.stringify({ provider: engine.provider, right }));
  await engine.release();
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
