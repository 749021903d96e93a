import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { checkWhole, defineLayer, LayerError } from './layer.js';

export interface WindowAttentionOptions {
  readonly heads: number;
  readonly window: number;
  /** Cyclic shift of the windows; 0 is none. */
  readonly shift: number;
}

/**
 * Attention inside (shifted) windows with a learned bias per relative position (Swin, Liu et al. 2021, section 3.2),
 * between its two linear layers: `[H, W, 3C]` -> `[H, W, C]`.
 */
export const windowAttention = defineLayer<WindowAttentionOptions>({
  kind: 'window-attention',

  outputShape({ heads, window, shift }, input) {
    checkWhole({ heads, window, shift }, { heads: 1, window: 1, shift: 0 });
    const [height, width, channels] = input as [number, number, number];
    if (height % window !== 0 || width % window !== 0) {
      throw new LayerError(`windows of ${window}x${window} do not divide a ${height}x${width} map`);
    }
    if (channels % (3 * heads) !== 0) throw new LayerError(`${heads} heads do not divide ${channels / 3} channels`);
    return [height, width, channels / 3];
  },

  parameters({ heads, window }) {
    const shape = [(2 * window - 1) ** 2, heads];
    const init = { kind: 'truncated-normal', sd: 0.02 } as const;
    return [{ name: 'relative_position_bias_table', shape, init, decay: false, trainable: true }];
  },

  operations({ window, heads }, input) {
    const [height, width, channels] = input as [number, number, number];
    const positions = height * width * window ** 2;
    return { attention: 2 * positions * (channels / 3), softmax: positions * heads };
  },

  window: ({ window }) => ({ kernel: window, stride: 1 }),

  forward({ heads, window, shift }, x, { ops, parameter }) {
    const { tf } = ops;
    const positions = window ** 2;
    // A product with one-hot rows instead of a gather: its gradient exists on every engine and sums in a fixed order.
    const offsets = (2 * window - 1) ** 2;
    // tfjs refuses one-hot rows of length 1.
    const rows =
      offsets === 1 ? tf.ones([1, 1]) : tf.oneHot(tf.tensor1d(relativePositionIndex(window), 'int32'), offsets);
    const gathered = tf.matMul(tf.cast(rows, 'float32') as Tensor, parameter('relative_position_bias_table'));
    const bias = tf.transpose(tf.reshape(gathered, [positions, positions, heads]), [2, 0, 1]);
    return ops.windowAttention(x as Tensor4D, bias, { heads, window, shift });
  },
});

/** For each pair of positions in a window, the row of the bias table: the pair's offset, row-major. */
export function relativePositionIndex(window: number): Int32Array {
  const side = 2 * window - 1;
  const index = new Int32Array(window ** 4);
  let at = 0;
  for (let query = 0; query < window ** 2; query++) {
    for (let key = 0; key < window ** 2; key++) {
      const rows = Math.floor(query / window) - Math.floor(key / window) + window - 1;
      const columns = (query % window) - (key % window) + window - 1;
      index[at++] = rows * side + columns;
    }
  }
  return index;
}
