/** A tensor as files hold it: element type, sizes and values, by structure. */

import type { Dtype, TensorArray } from '../common/index.js';

/** Type, sizes and values of a tensor. `float16` data is a Uint16Array of bits. */
export interface TensorContent {
  readonly type: Dtype;
  readonly dims: readonly number[];
  readonly data: TensorArray | readonly string[];
}
