import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Ops, ParameterUpdate } from '../ops.js';
import type { Programs } from './program.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** 1 - x from the decimal that was written, as PyTorch has it: 1 - 0.999 in float32 is 1.3e-5 off. */
const functions = 'fn oneMinus(x : f32) -> f32 { return round((1.0 - x) * 1e7) / 1e7; }';

/** PyTorch's AdamW and SGD, a program a variable. `hyper` stays on the device: nothing can be read in the middle of a step. */
export function createOptimizers(tf: Tf, { run }: Programs): Pick<Ops, 'applyAdamW' | 'applySgd'> {
  /** Gives a variable what a program makes of it and of others like it. */
  function assign(
    variable: Variable,
    name: string,
    inputs: Readonly<Record<string, Tensor>>,
    value: string,
    numbers: Readonly<Record<string, number>> = {},
  ): void {
    const body = `result[index] = ${value};`;
    variable.assign(run({ name, inputs, shape: variable.shape, numbers, functions, body }));
  }

  function average({ averages, parameters }: ParameterUpdate, hyper: Tensor1D, decayIndex: number): void {
    const decay = `hyper[${decayIndex}]`;
    for (const [at, old] of averages.entries()) {
      const inputs = { old, p: parameters[at] as Tensor, hyper };
      assign(old, `average ${decayIndex}`, inputs, `old[index] * ${decay} + p[index] * oneMinus(${decay})`);
    }
  }

  return {
    applyAdamW(update) {
      const { parameters, gradients, weightDecay, learningRateScale, firstMoments, secondMoments, hyper } = update;
      tf.tidy(() => {
        for (const [at, p] of parameters.entries()) {
          const g = gradients[at] as Tensor;
          const [m, v] = [firstMoments[at] as Variable, secondMoments[at] as Variable];
          const slope = '(g[index] * hyper[6])';
          assign(m, 'first moment', { m, g, hyper }, `m[index] * hyper[1] + ${slope} * oneMinus(hyper[1])`);
          assign(v, 'second moment', { v, g, hyper }, `v[index] * hyper[2] + ${slope} * ${slope} * oneMinus(hyper[2])`);
          const numbers = { scale: learningRateScale[at] as number, decay: weightDecay[at] as number };
          const rate = '(hyper[0] * uniforms.scale)';
          assign(
            p,
            'AdamW',
            { p, m, v, hyper },
            `p[index] * (1.0 - ${rate} * uniforms.decay) -
              ${rate} / hyper[4] * (m[index] / (sqrt(v[index]) / sqrt(hyper[5]) + hyper[3]))`,
            numbers,
          );
        }
        average(update, hyper, 7);
      });
    },

    applySgd(update) {
      const { parameters, gradients, weightDecay, learningRateScale, momenta, hyper, nesterov } = update;
      tf.tidy(() => {
        for (const [at, p] of parameters.entries()) {
          const g = gradients[at] as Tensor;
          const buffer = momenta[at] as Variable;
          const numbers = { scale: learningRateScale[at] as number, decay: weightDecay[at] as number };
          const slope = '(g[index] * hyper[2] + p[index] * uniforms.decay)';
          const inputs = { buffer, g, p, hyper };
          assign(buffer, 'momentum', inputs, `buffer[index] * hyper[1] + ${slope}`, { decay: numbers.decay });
          const step = nesterov ? `(${slope} + buffer[index] * hyper[1])` : 'buffer[index]';
          const rate = 'hyper[0] * uniforms.scale';
          if (nesterov) assign(p, 'SGD, Nesterov', inputs, `p[index] - ${rate} * ${step}`, numbers);
          else assign(p, 'SGD', { buffer, p, hyper }, `p[index] - ${rate} * ${step}`, { scale: numbers.scale });
        }
        average(update, hyper, 3);
      });
    },
  };
}
