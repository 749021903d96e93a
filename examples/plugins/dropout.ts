/**
 * Dropout of whole channels at the end of a branch (Tompson et al. 2015, "spatial dropout"), as a step of a road:
 *
 *     plugins: [examples/plugins/dropout.ts]
 *     road: [..., dropout: 0.1]
 *
 * Its chance is a draw that the layer declares: the run makes it for every pass from its own stream, so that the same seed
 * gives the same numbers on every engine, compiled or not, and after a resume.
 */
import { defineLayer, defineStep, leaf } from 'ablate';
import { z } from 'zod';

const channelDropout = defineLayer<{ readonly rate: number }>({
  kind: 'channel-dropout',
  outputShape: (_, input) => input,
  parameters: () => [],
  operations: () => ({}),
  draws: ({ rate }, input) => [{ name: 'keep', kind: 'keep', rate, shape: [1, 1, input.at(-1) as number] }],
  forward: (_, x, { ops: { tf }, training, draw }) => (training ? tf.mul(x, draw('keep')) : x), // [N, 1, 1, C]
});

export default defineStep({
  id: 'dropout',
  title: 'Channel dropout',
  group: 'Regularisation',
  claim: 'Channels that cannot count on each other are of use each.',
  options: z.strictObject({
    rate: z.number().min(0).lt(1).default(0.1).describe('Probability that a channel is left out.'),
  }),
  main: 'rate',
  apply: (network, options) => ({
    ...network,
    block: {
      ...network.block,
      slots: {
        ...network.block.slots,
        branchEnd: [...network.block.slots.branchEnd, () => leaf('dropout', channelDropout, options)],
      },
    },
  }),
});
