/**
 * Normalisation by running statistics alone, in training as in evaluation, as a step of a road:
 *
 *     plugins: [examples/plugins/running-norm.ts]
 *     road: [..., running-norm]
 *
 * Batch norm divides by the statistics of the batch in training and by running ones in evaluation; here both are the running
 * ones, which move on with every pass, so that a network is evaluated as it was trained. An example of a layer that keeps
 * statistics: they are parameters that are not trained, read by `parameter` and moved by `update`.
 */
import { defineLayer, defineStep, leaf, type ParameterSpec } from 'ablate';
import type { Tensor } from '@tensorflow/tfjs-core';
import { z } from 'zod';

interface Options {
  readonly momentum: number;
}

const epsilon = 1e-5;

const runningNorm = defineLayer<Options>({
  kind: 'running-norm',
  outputShape: (_, input) => input,
  parameters(_, input): ParameterSpec[] {
    const one = (name: string, value: number, trainable: boolean): ParameterSpec => ({
      ...{ name, shape: [input.at(-1) as number], init: { kind: 'constant', value }, decay: false, trainable },
    });
    return [one('weight', 1, true), one('bias', 0, true), one('running_mean', 0, false), one('running_var', 1, false)];
  },
  operations: (_, input) => ({ batchNorm: input.reduce((product, side) => product * side, 1) }),
  forward({ momentum }, x, { ops: { tf }, parameter, training, update }) {
    const [mean, variance] = [parameter('running_mean'), parameter('running_var')];
    const factor = tf.mul(parameter('weight'), tf.rsqrt(tf.add(variance, epsilon)));
    const y = tf.add(tf.mul(tf.sub(x, mean), factor), parameter('bias'));
    if (training) {
      const found = tf.moments(x, [0, 1, 2]);
      const blend = (running: Tensor, batch: Tensor) => tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum));
      update('running_mean', blend(mean, found.mean));
      update('running_var', blend(variance, found.variance));
    }
    return y;
  },
});

export default defineStep({
  id: 'running-norm',
  title: 'Running norm',
  group: 'Normalisation',
  claim: 'A network that is trained with the statistics of its evaluation has none to get used to.',
  options: z.strictObject({
    momentum: z.number().positive().max(1).default(0.1).describe('Share of a batch in the running statistics.'),
  }),
  main: 'momentum',
  apply: (network, options) => ({
    ...network,
    block: {
      ...network.block,
      slots: {
        ...network.block.slots,
        afterSpatial: [...network.block.slots.afterSpatial, () => leaf('running', runningNorm, options)],
      },
    },
  }),
});
