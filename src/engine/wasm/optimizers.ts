import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Ops, ParameterUpdate } from '../ops.js';
import type { WasmKernels } from './kernels.js';

/** 1 - x from the decimal that was written, as PyTorch has it: 1 - 0.999 in float32 is 1.3e-5 off. */
const oneMinus = (x: number): number => 1 - Number(x.toPrecision(7));

/** PyTorch's AdamW and SGD, one pass a parameter, into new buffers, since others may share a variable's. */
export function createOptimizers({ tf, output, run }: WasmKernels): Pick<Ops, 'applyAdamW' | 'applySgd'> {
  /** Calls `step` for each parameter with fresh tensors for what it changes, and gives these to the variables. */
  function eachParameter(
    { parameters, averages }: ParameterUpdate,
    moments: readonly (readonly Variable[])[],
    step: (at: number, changed: readonly Variable[], fresh: readonly Tensor[]) => void,
  ): void {
    parameters.forEach((parameter, at) => {
      tf.tidy(() => {
        const lists = [...moments, ...(averages.length > 0 ? [averages] : [])];
        const changed = [parameter, ...lists.map((list) => list[at] as Variable)];
        const fresh = changed.map(({ shape }) => output(shape));
        step(at, changed, fresh);
        changed.forEach((variable, i) => {
          variable.assign(fresh[i] as Tensor);
        });
      });
    });
  }

  return {
    applyAdamW(update) {
      const { gradients, weightDecay, learningRateScale, firstMoments, secondMoments, hyper } = update;
      const [rate, beta1, beta2, epsilon, correction1, correction2, factor, emaDecay] = hyper.dataSync() as unknown as [
        ...[number, number, number, number],
        ...[number, number, number, number],
      ];
      eachParameter(update, [firstMoments, secondMoments], (at, [p, m, v, average], [newP, newM, newV, newAverage]) => {
        const scaled = rate * (learningRateScale[at] as number);
        const kept = 1 - scaled * (weightDecay[at] as number);
        const buffers = [p, gradients[at], m, v, average ?? null, newP, newM, newV, newAverage ?? null] as Tensor[];
        const size = (p as Variable).size;
        const betas = [oneMinus(beta1), beta2, oneMinus(beta2), Math.sqrt(correction2)];
        run('adamW', ...buffers, size, kept, scaled / correction1, ...betas, epsilon, factor, oneMinus(emaDecay));
      });
    },

    applySgd(update) {
      const { gradients, weightDecay, learningRateScale, momenta, hyper, nesterov } = update;
      const [rate, momentum, factor, emaDecay] = hyper.dataSync() as unknown as [number, number, number, number];
      eachParameter(update, [momenta], (at, [p, buffer, average], [newP, newBuffer, newAverage]) => {
        const buffers = [p, gradients[at], buffer, average ?? null, newP, newBuffer, newAverage ?? null] as Tensor[];
        const scaled = rate * (learningRateScale[at] as number);
        const size = (p as Variable).size;
        const decay = weightDecay[at] as number;
        run('sgd', ...buffers, size, scaled, decay, momentum, factor, nesterov ? 1 : 0, oneMinus(emaDecay));
      });
    },
  };
}
