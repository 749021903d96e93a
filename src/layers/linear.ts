import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { checkWhole, defineLayer, type Init, type ParameterSpec } from './layer.js';

export interface LinearOptions {
  readonly out: number;
  readonly bias: boolean;
}

/** Initial weights of every linear layer on the road and in Swin: truncated normal, sd 0.02, zero bias. */
const weightInit: Init = { kind: 'truncated-normal', sd: 0.02 };

/** A linear map of the last axis; the leading axes are positions. */
export const linear = defineLayer<LinearOptions>({
  kind: 'linear',
  fusesActivation: true,

  outputShape({ out }, input) {
    checkWhole({ out }, { out: 1 });
    return [...input.slice(0, -1), out];
  },

  parameters({ out, bias }, input): ParameterSpec[] {
    const weight = {
      name: 'weight',
      shape: [input.at(-1) as number, out],
      init: weightInit,
      decay: true,
      trainable: true,
    };
    if (!bias) return [weight];
    return [
      weight,
      { name: 'bias', shape: [out], init: { kind: 'constant', value: 0 }, decay: false, trainable: true },
    ];
  },

  operations({ out, bias }, input) {
    const positions = input.slice(0, -1).reduce((product, side) => product * side, 1);
    return { macs: positions * (input.at(-1) as number) * out, bias: bias ? positions * out : 0 };
  },

  forward({ bias }, x, { ops, parameter }, activation) {
    return ops.linear(x, parameter('weight') as Tensor2D, bias ? (parameter('bias') as Tensor1D) : null, activation);
  },
});
