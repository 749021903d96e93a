import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Ops, ParameterUpdate } from '../ops.js';
import type { WasmKernels, Word } from './kernels.js';

/** 1 - x from the decimal that was written, as PyTorch has it: 1 - 0.999 in float32 is 1.3e-5 off. */
const oneMinus = (x: number): number => 1 - Number(x.toPrecision(7));

/** PyTorch's AdamW and SGD, in place, over all parameters by one call: a table says where each of them lies. */
export function createOptimizers(kernels: WasmKernels): Pick<Ops, 'applyAdamW' | 'applySgd'> {
  const { output, run, scratch, writeTable, isShared } = kernels;

  /** A variable's own memory: others that share it keep what it holds now. */
  function own(variable: Variable): Variable {
    if (!isShared(variable)) return variable;
    const copy = output(variable.shape);
    run('copy', variable, copy, variable.size);
    variable.assign(copy);
    copy.dispose();
    return variable;
  }

  /** One row a parameter: itself, its gradient, its moments, its average or 0, its size, and the numbers of `factors`. */
  function table(
    { parameters, gradients, averages }: ParameterUpdate,
    moments: readonly (readonly Variable[])[],
    factors: (at: number) => readonly number[],
  ): number {
    const rows = parameters.map((parameter, at): readonly (Tensor | Word | null)[] => [
      own(parameter),
      gradients[at] as Tensor,
      ...moments.map((list) => own(list[at] as Variable)),
      averages[at] ? own(averages[at]) : null,
      { whole: parameter.size },
      ...factors(at).map((float) => ({ float })),
    ]);
    const address = scratch(rows.reduce((words, row) => words + row.length, 0));
    writeTable(address, rows);
    return address;
  }

  return {
    applyAdamW(update) {
      const { parameters, weightDecay, learningRateScale, firstMoments, secondMoments, hyper } = update;
      const [rate, beta1, beta2, epsilon, correction1, correction2, factor, emaDecay] = hyper.dataSync() as unknown as [
        ...[number, number, number, number],
        ...[number, number, number, number],
      ];
      const rows = table(update, [firstMoments, secondMoments], (at) => {
        const scaled = rate * (learningRateScale[at] as number);
        return [1 - scaled * (weightDecay[at] as number), scaled / correction1];
      });
      const betas = [oneMinus(beta1), beta2, oneMinus(beta2), Math.sqrt(correction2)];
      run('adamW', rows, parameters.length, ...betas, epsilon, factor, oneMinus(emaDecay));
    },

    applySgd(update) {
      const { parameters, weightDecay, learningRateScale, momenta, hyper, nesterov } = update;
      const [rate, momentum, factor, emaDecay] = hyper.dataSync() as unknown as [number, number, number, number];
      const rows = table(update, [momenta], (at) => [
        rate * (learningRateScale[at] as number),
        weightDecay[at] as number,
      ]);
      run('sgd', rows, parameters.length, momentum, factor, nesterov ? 1 : 0, oneMinus(emaDecay));
    },
  };
}
