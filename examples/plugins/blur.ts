/**
 * A fixed low-pass filter behind the block's convolution (Zhang 2019, "Making convolutional networks shift-invariant again",
 * its binomial filter of 3 taps), as a step of a road:
 *
 *     plugins: [examples/plugins/blur.ts]
 *     road: [..., blur]
 *
 * What a strided convolution folds into coarse grids is smoothed. Nothing is trained; the map is mirrored at its edges.
 */
import { defineLayer, defineStep, leaf } from 'ablate';
import type { Tensor4D } from '@tensorflow/tfjs-core';

const binomial = [1 / 4, 1 / 2, 1 / 4];

const blur = defineLayer<null>({
  kind: 'blur',
  outputShape: (_, input) => input,
  parameters: () => [],
  operations: (_, input) => ({ macs: 9 * input.reduce((product, side) => product * side, 1) }),
  window: () => ({ kernel: 3, stride: 1 }),
  forward(_, x, { ops: { tf } }) {
    const channels = x.shape.at(-1) as number;
    const taps = binomial.flatMap((row) => binomial.map((column) => row * column));
    const filter = tf.tile(tf.tensor4d(taps, [3, 3, 1, 1]), [1, 1, channels, 1]) as Tensor4D;
    const padded = tf.mirrorPad(
      x as Tensor4D,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'symmetric',
    ) as Tensor4D;
    return tf.depthwiseConv2d(padded, filter, 1, 'valid');
  },
});

export default defineStep({
  id: 'blur',
  title: 'Blurred convolutions',
  group: 'Anti-aliasing',
  claim: 'A low-pass filter keeps what a stride would fold into other frequencies.',
  apply: (network) => ({
    ...network,
    block: {
      ...network.block,
      slots: {
        ...network.block.slots,
        afterSpatial: [...network.block.slots.afterSpatial, () => leaf('blur', blur, null)],
      },
    },
  }),
});
