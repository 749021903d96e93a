import type { Tensor } from '@tensorflow/tfjs-core';
import type { Activation } from '../../ops.js';
import { floatType, type Raw } from '../raw.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** Derivative of an activation at its input or output, whichever the backward pass keeps. */
export interface Activations {
  activation(x: Tensor, kind: Activation): Tensor;
}

const INVERSE_SQRT_TWO_PI = 0.3989422804014327;

/** ReLU by ReluGrad, GELU by its closed form: x Phi(x), derivative Phi(x) + x phi(x). */
export function createActivations(tf: Tf, raw: Raw): Activations {
  const relu = tf.customGrad((...inputs: unknown[]) => {
    const [x, save] = inputs as [Tensor, (tensors: Tensor[]) => void];
    const y = tf.relu(x);
    save([y]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => raw.one('ReluGrad', [floatType()], [dy, saved[0] as Tensor]),
    };
  });

  const gelu = tf.customGrad((...inputs: unknown[]) => {
    const [x, save] = inputs as [Tensor, (tensors: Tensor[]) => void];
    const phi = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
    save([x, phi]);
    return {
      value: tf.mul(x, phi),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [at, cumulative] = saved as [Tensor, Tensor];
        const density = tf.mul(tf.exp(tf.mul(tf.square(at), -0.5)), INVERSE_SQRT_TWO_PI);
        return tf.mul(dy, tf.add(cumulative, tf.mul(at, density)));
      },
    };
  });

  return { activation: (x, kind) => (kind === 'relu' ? relu(x) : gelu(x)) };
}
