import type { Tensor, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** PyTorch's AdamW and SGD, one parameter after the other. */
export function createOptimizers(tf: Tf): Pick<Ops, 'applyAdamW' | 'applySgd'> {
  const scalars = (hyper: Tensor1D): Tensor[] => tf.unstack(hyper);

  /**
   * 1 - x as PyTorch has it, from the decimal that was written: in float32, 1 - 0.999 is 1.3e-5 off 0.001. The difference
   * itself is exact, so rounding it to seven places brings the decimal back.
   */
  const oneMinus = (x: Tensor): Tensor => tf.div(tf.round(tf.mul(tf.sub(1, x), 1e7)), 1e7);

  /** average = decay * average + (1 - decay) * parameter, after the step. */
  const average = (averages: readonly Variable[], parameters: readonly Variable[], decay: Tensor) =>
    averages.forEach((value, at) => {
      const parameter = parameters[at] as Variable;
      value.assign(tf.add(tf.mul(value, decay), tf.mul(parameter, oneMinus(decay))));
    });

  return {
    applyAdamW({
      parameters,
      gradients,
      averages,
      weightDecay,
      learningRateScale,
      firstMoments,
      secondMoments,
      hyper,
    }) {
      tf.tidy(() => {
        const [rate, beta1, beta2, epsilon, correction1, correction2, factor, emaDecay] = scalars(hyper) as Tensor[] &
          [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
        parameters.forEach((parameter, at) => {
          const gradient = tf.mul(gradients[at] as Tensor, factor);
          const first = firstMoments[at] as Variable;
          const second = secondMoments[at] as Variable;
          first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, oneMinus(beta1))));
          second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), oneMinus(beta2))));
          const scaled = tf.mul(rate, learningRateScale[at] as number);
          const decayed = tf.mul(parameter, tf.sub(1, tf.mul(scaled, weightDecay[at] as number)));
          const denominator = tf.add(tf.div(tf.sqrt(second), tf.sqrt(correction2)), epsilon);
          parameter.assign(tf.sub(decayed, tf.mul(tf.div(scaled, correction1), tf.div(first, denominator))));
        });
        average(averages, parameters, emaDecay);
      });
    },

    applySgd({ parameters, gradients, averages, weightDecay, learningRateScale, momenta, hyper, nesterov }) {
      tf.tidy(() => {
        const [rate, momentum, factor, emaDecay] = scalars(hyper) as Tensor[] & [Tensor, Tensor, Tensor, Tensor];
        parameters.forEach((parameter, at) => {
          const decay = tf.mul(parameter, weightDecay[at] as number);
          const gradient = tf.add(tf.mul(gradients[at] as Tensor, factor), decay);
          const buffer = momenta[at] as Variable;
          buffer.assign(tf.add(tf.mul(buffer, momentum), gradient));
          const step = nesterov ? tf.add(gradient, tf.mul(buffer, momentum)) : buffer;
          parameter.assign(tf.sub(parameter, tf.mul(tf.mul(rate, learningRateScale[at] as number), step)));
        });
        average(averages, parameters, emaDecay);
      });
    },
  };
}
