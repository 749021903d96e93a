/**
 * Squeeze-and-excitation (Hu et al. 2018) at the end of every branch, as a step of a road:
 *
 *     plugins: [examples/plugins/squeeze-excitation.ts]
 *     road: [..., squeeze-excitation]            # or squeeze-excitation: 4 for a reduction of 4
 *
 * The branch's mean over positions goes through two small linear layers and gates its channels.
 * Costs 2 C^2 / reduction parameters and as many MACs a block, C being the branch's width.
 */
import { defineLayer, defineStep, leaf } from 'ablate';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';

interface Options {
  readonly reduction: number;
}

const hidden = (channels: number, reduction: number): number => Math.max(1, Math.round(channels / reduction));

const squeezeExcitation = defineLayer<Options>({
  kind: 'squeeze-excitation',
  outputShape: (_, input) => input,
  parameters({ reduction }, input) {
    const channels = input.at(-1) as number;
    const middle = hidden(channels, reduction);
    const weight = { init: { kind: 'truncated-normal', sd: 0.02 }, decay: true, trainable: true } as const;
    const bias = { init: { kind: 'constant', value: 0 }, decay: false, trainable: true } as const;
    return [
      { name: 'reduce.weight', shape: [channels, middle], ...weight },
      { name: 'reduce.bias', shape: [middle], ...bias },
      { name: 'expand.weight', shape: [middle, channels], ...weight },
      { name: 'expand.bias', shape: [channels], ...bias },
    ];
  },
  operations({ reduction }, input) {
    const channels = input.at(-1) as number;
    return {
      macs: 2 * channels * hidden(channels, reduction),
      globalPool: input.reduce((product, side) => product * side, 1),
    };
  },
  forward(_, x, { ops, parameter }) {
    const weight = (name: string) => parameter(name) as Tensor2D;
    const bias = (name: string) => parameter(name) as Tensor1D;
    const squeezed = ops.tf.mean(x, [1, 2]); // [N, C]
    const reduced = ops.linear(squeezed, weight('reduce.weight'), bias('reduce.bias'), 'relu');
    const gate = ops.tf.sigmoid(ops.linear(reduced, weight('expand.weight'), bias('expand.bias')));
    return ops.tf.mul(x, ops.tf.expandDims(ops.tf.expandDims(gate, 1), 1)); // [N, 1, 1, C] over [N, H, W, C]
  },
});

export default defineStep({
  id: 'squeeze-excitation',
  title: 'Squeeze and excitation',
  group: 'Attention',
  claim: 'A gate per channel, computed from the whole map, lets a block choose its features.',
  options: z.strictObject({
    reduction: z.int().min(1).max(64).default(16).describe('How much narrower the gate is than the branch.'),
  }),
  main: 'reduction',
  apply: (network, options) => ({
    ...network,
    block: {
      ...network.block,
      slots: {
        ...network.block.slots,
        branchEnd: [...network.block.slots.branchEnd, () => leaf('se', squeezeExcitation, options)],
      },
    },
  }),
});
