/**
 * The Tensor class: the CommonJS copy of onnxruntime-common that onnxruntime-node itself resolves, so that a tensor
 * made by either package is a tensor of the other (onnxruntime-common's dist/esm and dist/cjs are two classes).
 */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import * as esmCommon from 'onnxruntime-common';
import type { Tensor as OrtTensor } from 'onnxruntime-common';
import { packageRequire } from '../common/index.js';

type Common = typeof import('onnxruntime-common');

/** `require` as onnxruntime-node's own files have it. */
function onnxruntimeRequire(): NodeJS.Require {
  try {
    return createRequire(packageRequire.resolve('onnxruntime-node/package.json'));
  } catch {
    // onnxruntime-node is left out of this install (--omit=peer): our own copy is the only one there is.
    return packageRequire;
  }
}

const resolver = onnxruntimeRequire();

/** The one copy of onnxruntime-common in use. A require() of a package with types: the cast states its own types. */
export const common = resolver('onnxruntime-common') as Common;

/**
 * Gives `use` every copy of onnxruntime-common that a program may hold, each with a registry of backends of its own:
 * ours and onnxruntime-node's, as an ES module and as CommonJS. Where these two are different installs, the latter's
 * ES module comes later: nothing loads one without waiting that may be in the middle of being loaded (require() of it
 * throws ERR_REQUIRE_CYCLE_MODULE in Node 20.19 and 22.12).
 */
export function forEachCommon(use: (copy: Common) => void): void {
  use(common);
  use(esmCommon);
  const theirs = resolver.resolve('onnxruntime-common');
  if (theirs === packageRequire.resolve('onnxruntime-common')) return;
  use(packageRequire('onnxruntime-common') as Common);
  const { href } = new URL('../esm/index.js', pathToFileURL(theirs));
  import(/* webpackIgnore: true */ href).then(use, () => {
    // A version that keeps its ES module elsewhere has no copy to give.
  });
}

/**
 * onnxruntime-common's Tensor class, the same that onnxruntime-node has: `new Tensor(type, data, dims)` with as many
 * entries in `data` as the product of `dims` (`int4` and `uint4`: half as many bytes, rounded up). 64-bit integers are
 * BigInt arrays, `float16` is the bits in a Uint16Array or a Float16Array, `string` is an array of strings.
 *
 * @throws TypeError, RangeError and Error of onnxruntime-common, without a `code`.
 */
export const Tensor = common.Tensor;
/** A tensor: `type`, `dims`, `data`; by structure, so that another copy's tensors are taken too. */
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
