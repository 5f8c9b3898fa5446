/**
 * The Tensor class: the CommonJS copy of onnxruntime-common that onnxruntime-node itself resolves, so that a tensor
 * made by either package is a tensor of the other (onnxruntime-common's dist/esm and dist/cjs are two classes).
 */

import { createRequire } from 'node:module';
import type { Tensor as OrtTensor } from 'onnxruntime-common';

type Common = typeof import('onnxruntime-common');

function loadCommon(): Common {
  const ownRequire = createRequire(import.meta.url);
  let resolver = ownRequire;
  try {
    resolver = createRequire(ownRequire.resolve('onnxruntime-node/package.json'));
  } catch {
    // onnxruntime-node is left out of this install (--omit=peer): our own copy is the only one there is.
  }
  // A require() of a package with types: the cast states what the package's own declarations say.
  return resolver('onnxruntime-common') as Common;
}

/** The one copy of onnxruntime-common in use. */
export const common: Common = loadCommon();

/** onnxruntime-common's Tensor class. */
export const Tensor = common.Tensor;
export type Tensor = OrtTensor;

// Types only, under the names that onnxruntime-common has: nothing of it is left in the JavaScript.
// eslint-disable-next-line @typescript-eslint/no-namespace -- Tensor.Type and the like are upstream names
export declare namespace Tensor {
  type DataTypeMap = OrtTensor.DataTypeMap;
  type ElementTypeMap = OrtTensor.ElementTypeMap;
  type DataType = OrtTensor.DataType;
  type ElementType = OrtTensor.ElementType;
  type CpuPinnedDataTypes = OrtTensor.CpuPinnedDataTypes;
  type TextureType = OrtTensor.TextureType;
  type TextureDataTypes = OrtTensor.TextureDataTypes;
  type GpuBufferType = OrtTensor.GpuBufferType;
  type GpuBufferDataTypes = OrtTensor.GpuBufferDataTypes;
  type MLTensorType = OrtTensor.MLTensorType;
  type MLTensorDataTypes = OrtTensor.MLTensorDataTypes;
  type DataLocation = OrtTensor.DataLocation;
  type Type = OrtTensor.Type;
}
