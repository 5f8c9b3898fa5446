/** The types of metadata, word for word as onnxruntime-common has them since 1.21; 1.20 has none. */

import type { Tensor } from '../tensor/index.js';

/** What every input or output has. */
export interface ValueMetadataBase {
  /** The name in the model. */
  readonly name: string;
}

/** An input or output that is a sequence, a map or the like. */
export interface NonTensorValueMetadata extends ValueMetadataBase {
  /** No tensor: nothing more is told. */
  readonly isTensor: false;
}

/** An input or output that is a tensor. */
export interface TensorValueMetadata extends ValueMetadataBase {
  /** A tensor: type and shape follow. */
  readonly isTensor: true;
  /** The element type. */
  readonly type: Tensor.Type;
  /** A number for each fixed size; for others the name in the model, '' where it has none. */
  readonly shape: readonly (number | string)[];
}

/** The metadata of an input or output. */
export type ValueMetadata = NonTensorValueMetadata | TensorValueMetadata;
