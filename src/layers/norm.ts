import type { Tensor1D } from '@tensorflow/tfjs-core';
import { defineLayer, type ParameterSpec, type Shape } from './layer.js';

export interface NormOptions {
  readonly epsilon: number;
}

const elements = (input: Shape): number => input.reduce((product, side) => product * side, 1);

/** gamma and beta: the affine part that both norms share. */
function affine(input: Shape): ParameterSpec[] {
  const shape = [input.at(-1) as number];
  return [
    { name: 'weight', shape, init: { kind: 'constant', value: 1 }, decay: false, trainable: true },
    { name: 'bias', shape, init: { kind: 'constant', value: 0 }, decay: false, trainable: true },
  ];
}

/** PyTorch's, of running statistics. */
const momentum = 0.1;

/** Batch norm over positions and samples. */
export const batchNorm = defineLayer<NormOptions>({
  kind: 'batch-norm',
  fusesActivation: true,
  outputShape: (_, input) => input,

  parameters(_, input) {
    const shape = [input.at(-1) as number];
    return [
      ...affine(input),
      { name: 'running_mean', shape, init: { kind: 'constant', value: 0 }, decay: false, trainable: false },
      { name: 'running_var', shape, init: { kind: 'constant', value: 1 }, decay: false, trainable: false },
    ];
  },

  operations: (_, input) => ({ batchNorm: elements(input) }),

  forward({ epsilon }, x, { ops, parameter, training, update, average }, activation) {
    const take = average ? (name: string, value: Tensor1D) => average(name, value, momentum) : update;
    return ops.batchNorm(x, {
      gamma: parameter('weight') as Tensor1D,
      beta: parameter('bias') as Tensor1D,
      runningMean: parameter('running_mean') as Tensor1D,
      runningVariance: parameter('running_var') as Tensor1D,
      epsilon,
      // All of a batch and nothing of what was: the pass's own statistics.
      momentum: average ? 1 : momentum,
      training,
      update: (mean, variance) => {
        take('running_mean', mean);
        take('running_var', variance);
      },
      activation,
    });
  },
});

/** Layer norm over the channels of each position (the paper, section 2.6: "LN in place of BN"). */
export const layerNorm = defineLayer<NormOptions>({
  kind: 'layer-norm',
  outputShape: (_, input) => input,
  parameters: (_, input) => affine(input),
  operations: (_, input) => ({ layerNorm: elements(input) }),
  forward({ epsilon }, x, { ops, parameter }) {
    return ops.layerNorm(x, parameter('weight') as Tensor1D, parameter('bias') as Tensor1D, epsilon);
  },
});
