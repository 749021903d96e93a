import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, Ops } from '../ops.js';
import { createWindowAttention } from './attention.js';
import { createConv2d } from './conv.js';
import { createOptimizers } from './optimizers.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/**
 * Every operation in plain tfjs composites: what it means, on any backend, with the tape's own gradients. The engines'
 * fast versions are tested against this one, and this one against PyTorch.
 */
export function createReferenceOps(tf: Tf): Ops {
  const activate = (x: Tensor, kind: Activation | null | undefined): Tensor => (kind ? activation(x, kind) : x);

  function activation(x: Tensor, kind: Activation): Tensor {
    if (kind === 'relu') return tf.relu(x);
    // x Phi(x) with Phi(x) = (1 + erf(x / sqrt 2)) / 2
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  }

  return {
    tf,
    conv2d: createConv2d(tf, activate),

    linear(x, weight, bias, kind) {
      const [inputs, outputs] = weight.shape;
      const product = tf.matMul(tf.reshape(x, [-1, inputs]), weight);
      const y = tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), outputs]);
      return activate(y, kind);
    },

    batchNorm(x, { gamma, beta, runningMean, runningVariance, epsilon, momentum, training, update, activation: kind }) {
      const normalise = (mean: Tensor, variance: Tensor) =>
        activate(tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), gamma), beta), kind);
      if (!training) return normalise(runningMean, runningVariance);
      const positions = x.shape.slice(0, -1);
      const { mean, variance } = tf.moments(x, [...positions.keys()]);
      const count = positions.reduce((product, side) => product * side, 1);
      const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
      const blend = (running: Tensor1D, batch: Tensor) =>
        tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum)) as Tensor1D;
      update?.(blend(runningMean, mean), blend(runningVariance, unbiased));
      return normalise(mean, variance);
    },

    layerNorm(x, gamma, beta, epsilon) {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), gamma), beta);
    },

    activation,

    maxPool(x, { kernel, stride, padding }) {
      const sides: [number, number] = [padding, padding];
      const padded = padding > 0 ? tf.pad(x, [[0, 0], sides, sides, [0, 0]], Number.NEGATIVE_INFINITY) : x;
      return tf.maxPool(padded as Tensor4D, kernel, stride, 'valid');
    },

    globalAveragePool: (x) => tf.mean(x, [1, 2]) as Tensor2D,

    residual(shortcut, branch, { gamma, keep, activation: kind }) {
      let added = branch;
      if (gamma) added = tf.mul(added, gamma);
      if (keep) added = tf.mul(added, tf.reshape(keep, [-1, ...branch.shape.slice(1).map(() => 1)]));
      return activate(tf.add(shortcut, added), kind);
    },

    windowAttention: createWindowAttention(tf),

    softmaxCrossEntropy(logits, targets) {
      return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1)));
    },

    ...createOptimizers(tf),
  };
}
