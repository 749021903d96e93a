/**
 * Global response normalisation (Woo et al. 2023, "ConvNeXt V2", section 3.2), as a step of a road:
 *
 *     plugins: [examples/plugins/global-response-norm.ts]
 *     road: [..., global-response-norm]
 *
 * After the block's last activation each channel is scaled by its share of the map's energy, so that channels compete.
 * Gamma and beta start at 0: the layer starts as the identity. Costs 2 x 4C parameters a block and no MACs.
 */
import { defineLayer, defineStep, leaf } from 'ablate';
import { z } from 'zod';

const globalResponseNorm = defineLayer<{ readonly epsilon: number }>({
  kind: 'global-response-norm',
  outputShape: (_, input) => input,
  parameters: (_, input) =>
    ['gamma', 'beta'].map((name) => ({
      name,
      shape: [input.at(-1) as number],
      init: { kind: 'constant', value: 0 },
      decay: false,
      trainable: true,
    })),
  operations: () => ({}),
  forward({ epsilon }, x, { ops: { tf }, parameter }) {
    // [N, H, W, C] -> energy of each channel [N, 1, 1, C]; a little under the root keeps its gradient finite at 0
    const energy = tf.sqrt(tf.add(tf.sum(tf.square(x), [1, 2], true), 1e-12));
    const share = tf.div(energy, tf.add(tf.mean(energy, -1, true), epsilon));
    return tf.add(tf.add(tf.mul(parameter('gamma'), tf.mul(x, share)), parameter('beta')), x);
  },
});

export default defineStep({
  id: 'global-response-norm',
  title: 'Global response norm',
  group: 'ConvNeXt V2',
  claim: 'Channels that compete for energy do not collapse to copies of each other.',
  options: z.strictObject({
    epsilon: z.number().positive().default(1e-6).describe('Added to the mean energy.'),
  }),
  apply: (network, options) => ({
    ...network,
    block: {
      ...network.block,
      slots: {
        ...network.block.slots,
        afterActivation: [...network.block.slots.afterActivation, () => leaf('grn', globalResponseNorm, options)],
      },
    },
  }),
});
