import { defineLayer, LayerError } from './layer.js';

/**
 * Swin's patch merging without its norm and linear layer: each 2x2 neighbourhood becomes one position of 4C channels, in
 * the order (0, 0), (1, 0), (0, 1), (1, 1) of (row, column), as timm's and the authors' checkpoints have it.
 */
export const patchMerging = defineLayer<null>({
  kind: 'patch-merging',
  outputShape(_, input) {
    const [height, width, channels] = input as [number, number, number];
    if (height % 2 !== 0 || width % 2 !== 0) {
      throw new LayerError(`patch merging needs even sides, found a ${height}x${width} map`);
    }
    return [height / 2, width / 2, 4 * channels];
  },
  parameters: () => [],
  operations: () => ({}),
  window: () => ({ kernel: 2, stride: 2 }),
  forward(_, x, { ops: { tf } }) {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    // [N, H/2, 2, W/2, 2, C] -> [N, H/2, W/2, column, row, C]
    const split = tf.reshape(x, [batch, height / 2, 2, width / 2, 2, channels]);
    return tf.reshape(tf.transpose(split, [0, 1, 3, 4, 2, 5]), [batch, height / 2, width / 2, 4 * channels]);
  },
});
