/** Tests of telling a model's format by its first bytes. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { detectModelFormat, FORMAT_HEAD_BYTES } from '../../../lib/onnx/index.js';
import { modelPath } from '../../fixtures/models.js';

function formatOf(content: string | Uint8Array): string | undefined {
  return detectModelFormat(Buffer.from(content as string));
}

describe('detectModelFormat', () => {
  it.each([
    ['digits/digits_cnn.onnx', 'onnx'],
    ['small/add.onnx', 'onnx'],
    ['ir/digits.xml', 'ir'],
    ['ort/add.ort', 'ort'],
    ['tflite/small_cnn.tflite', 'tflite'],
    ['ir/digits.bin', undefined],
    ['README.md', undefined],
    ['tflite/small_cnn.reference.json', undefined],
    ['digits/test_x.npy', undefined],
  ])('takes %s for %s', (name, format) => {
    expect(detectModelFormat(readFileSync(modelPath(name)))).toBe(format);
    expect(detectModelFormat(readFileSync(modelPath(name)).subarray(0, FORMAT_HEAD_BYTES))).toBe(
      format,
    );
  });

  it('knows IR without an XML declaration, after a byte order mark and white space', () => {
    expect(formatOf('\ufeff \n<net name="x">')).toBe('ir');
    expect(formatOf('<network>')).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['a JSON text', '"version": 1, '.repeat(40)],
    ['XML of another kind', '<html><body>'],
  ])('knows nothing of %s', (_, content) => {
    expect(formatOf(content)).toBeUndefined();
  });

  it('takes the first bytes of an ONNX model for ONNX, however few they are', () => {
    const model = readFileSync(modelPath('small/add.onnx'));
    for (let length = 1; length <= model.length; length++) {
      expect(detectModelFormat(model.subarray(0, length)), `${length} bytes`).toBe('onnx');
    }
  });

  it('takes a model with fields of a later version of ONNX for ONNX', () => {
    const model = readFileSync(modelPath('small/add.onnx'));
    // Fields 30 to 33: a number, a text, a double and a float.
    const later = [
      0xf0,
      1,
      5,
      0xfa,
      1,
      1,
      0x61,
      0x81,
      2,
      ...[0, 0, 0, 0, 0, 0, 0, 0],
      0x8d,
      2,
      0,
      0,
      0,
      0,
    ];
    expect(formatOf(Buffer.concat([model, Buffer.from(later)]))).toBe('onnx');
    expect(formatOf(Buffer.concat([Buffer.from(later), model]))).toBeUndefined();
    // Wire type 3, a group.
    expect(formatOf(Buffer.concat([model, Buffer.from([0xf3, 1])]))).toBeUndefined();
  });

  it('does not take a model with a field of the wrong wire type for ONNX', () => {
    // Field 7, the graph, as a number.
    expect(formatOf(Buffer.from([0x38, 0x01]))).toBeUndefined();
  });
});
