import type { Tensor4D } from '@tensorflow/tfjs-core';
import { defineLayer } from './layer.js';

/**
 * Swin's patch merging without its norm and linear layer: each 2x2 neighbourhood becomes one position of 4C channels, in
 * the order (0, 0), (1, 0), (0, 1), (1, 1) of (row, column), as timm's and the authors' checkpoints have it. A map with
 * an odd side gets a row or column of zeros at its end, as there.
 */
export const patchMerging = defineLayer<null>({
  kind: 'patch-merging',
  outputShape(_, input) {
    const [height, width, channels] = input as [number, number, number];
    return [Math.ceil(height / 2), Math.ceil(width / 2), 4 * channels];
  },
  parameters: () => [],
  operations: () => ({}),
  window: () => ({ kernel: 2, stride: 2 }),
  forward(_, x, { ops: { tf } }) {
    const [, rows, columns] = x.shape as [number, number, number, number];
    const even =
      rows % 2 || columns % 2
        ? tf.pad4d(x as Tensor4D, [
            [0, 0],
            [0, rows % 2],
            [0, columns % 2],
            [0, 0],
          ])
        : x;
    const [batch, height, width, channels] = even.shape as [number, number, number, number];
    // [N, H/2, 2, W/2, 2, C] -> [N, H/2, W/2, column, row, C]
    const split = tf.reshape(even, [batch, height / 2, 2, width / 2, 2, channels]);
    return tf.reshape(tf.transpose(split, [0, 1, 3, 4, 2, 5]), [batch, height / 2, width / 2, 4 * channels]);
  },
});
