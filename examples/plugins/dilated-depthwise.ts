/**
 * A second depthwise convolution with holes behind the block's own (Yu & Koltun 2016), as a step of a road:
 *
 *     plugins: [examples/plugins/dilated-depthwise.ts]
 *     road: [..., dilated-depthwise: 2]
 *
 * It sees three rows and columns `dilation` apart and is added to what the block's convolution gives. Costs 9 weights and 9
 * multiply-adds a position and channel.
 */
import { defineLayer, defineStep, leaf } from 'ablate';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { z } from 'zod';

interface Options {
  readonly dilation: number;
}

const dilatedDepthwise = defineLayer<Options>({
  kind: 'dilated-depthwise',
  outputShape: (_, input) => input,
  parameters: (_, input) => [
    {
      name: 'weight',
      shape: [3, 3, input.at(-1) as number, 1],
      init: { kind: 'fan-in-uniform', fanIn: 9 },
      decay: true,
      trainable: true,
    },
  ],
  operations: (_, input) => ({ macs: 9 * input.reduce((product, side) => product * side, 1) }),
  window: ({ dilation }) => ({ kernel: 2 * dilation + 1, stride: 1 }),
  forward({ dilation }, x, { ops: { tf }, parameter }) {
    const weight = parameter('weight') as Tensor4D;
    return tf.add(x, tf.depthwiseConv2d(x as Tensor4D, weight, 1, 'same', 'NHWC', dilation));
  },
});

export default defineStep({
  id: 'dilated-depthwise',
  title: 'Dilated depthwise convolution',
  group: 'Receptive field',
  claim: 'Holes in a kernel widen what a block sees at the price of a small kernel.',
  options: z.strictObject({
    dilation: z.int().min(1).max(8).default(2).describe('Rows and columns between two taps.'),
  }),
  main: 'dilation',
  apply: (network, options) => ({
    ...network,
    block: {
      ...network.block,
      slots: {
        ...network.block.slots,
        afterSpatial: [...network.block.slots.afterSpatial, () => leaf('dilated', dilatedDepthwise, options)],
      },
    },
  }),
});
