import { readFileSync } from 'node:fs';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { expectClose, kernels, relativeError, tf } from './kernels.js';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/kernels/pytorch.json', import.meta.url), 'utf8'));

function expectGradients(
  op: (...tensors: never[]) => Tensor,
  inputs: Tensor[],
  dy: Tensor,
  expected: readonly number[][],
): void {
  tf.grads(op as never)(inputs, dy).forEach((gradient, at) => expectClose(gradient, expected[at]!, `gradient ${at}`));
}

describe('equal to PyTorch', () => {
  test.each([
    ...fixture.depthwise.map((one: object) => ['depthwise', one]),
    ...fixture.grouped.map((one: object) => ['grouped', one]),
  ])('%s convolution', (kind, one) => {
    const { stride, padding, groups } = one;
    const op = (x: Tensor4D, kernel: Tensor4D, bias: Tensor1D) =>
      kind === 'depthwise'
        ? kernels.depthwise(x, kernel, bias, { stride, padding })
        : kernels.groupedConv(x, kernel, bias, { stride, padding, groups });
    const inputs = [
      tf.tensor4d(one.x, one.shape),
      tf.tensor4d(one.kernel, one.kernelShape),
      tf.tensor1d(one.bias),
    ] as const;
    expectClose(op(...inputs), one.y, 'value');
    expectGradients(op, [...inputs], tf.tensor4d(one.dy, one.outputShape), [one.dx, one.dkernel, one.dbias]);
  });

  test('batch norm with ReLU, and the running statistics after it', () => {
    const one = fixture.batchNormRelu;
    const next: Tensor[] = [];
    const op = (x: Tensor, gamma: Tensor1D, beta: Tensor1D) =>
      kernels.batchNorm(x, {
        ...{ gamma, beta, epsilon: 1e-5, momentum: 0.1, training: true, activation: 'relu' },
        ...{ runningMean: tf.tensor1d(one.runningMean), runningVariance: tf.tensor1d(one.runningVariance) },
        update: (...statistics) => next.push(...statistics),
      });
    const inputs = [tf.tensor4d(one.x, one.shape), tf.tensor1d(one.gamma), tf.tensor1d(one.beta)] as const;
    expectClose(op(...inputs), one.y, 'value');
    expectClose(next[0]!, one.nextMean, 'mean');
    expectClose(next[1]!, one.nextVariance, 'variance');
    expectGradients(op, [...inputs], tf.tensor4d(one.dy, one.shape), [one.dx, one.dgamma, one.dbeta]);
  });

  test('layer norm and GELU', () => {
    const one = fixture.layerNormGelu;
    const op = (x: Tensor, gamma: Tensor1D, beta: Tensor1D) =>
      kernels.activation(kernels.layerNorm(x, gamma, beta, 1e-6), 'gelu');
    const inputs = [tf.tensor2d(one.x, one.shape), tf.tensor1d(one.gamma), tf.tensor1d(one.beta)] as const;
    expectClose(op(...inputs), one.y, 'value');
    expectGradients(op, [...inputs], tf.tensor2d(one.dy, one.shape), [one.dx, one.dgamma, one.dbeta]);
  });

  test('max pool, ties included', () => {
    const one = fixture.maxPool;
    const op = (x: Tensor4D) => kernels.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
    const x = tf.tensor4d(one.x, one.shape);
    expectClose(op(x), one.y, 'value');
    expectGradients(op, [x], tf.tensor4d(one.dy, one.outputShape), [one.dx]);
  });

  test('cross-entropy with soft targets', () => {
    const one = fixture.crossEntropy;
    const op = (logits: Tensor2D) => kernels.softmaxCrossEntropy(logits, tf.tensor2d(one.targets, [5, 10]));
    const logits = tf.tensor2d(one.logits, [5, 10]);
    expectClose(op(logits), [one.loss], 'loss');
    expectGradients(op, [logits], tf.scalar(1), [one.dlogits]);
  });

  test.each(['adamW', 'sgd'] as const)('%s over four steps, to 3e-7 after each', (name) => {
    const one = fixture[name];
    const size = one.start.length;
    const parameters = [tf.variable(tf.tensor1d(one.start))];
    const moments = () => [tf.variable(tf.zeros([size]))];
    const [first, second] = [moments(), moments()];
    one.gradients.forEach((values: number[], at: number) => {
      const common = { parameters, gradients: [tf.tensor1d(values)], averages: [], learningRateScale: [1] };
      if (name === 'adamW') {
        const hyper = tf.tensor1d([1e-2, 0.9, 0.999, 1e-8, 1 - 0.9 ** (at + 1), 1 - 0.999 ** (at + 1), 1, 0]);
        kernels.applyAdamW({ ...common, weightDecay: [0.05], firstMoments: first, secondMoments: second, hyper });
      } else {
        const hyper = tf.tensor1d([1e-2, 0.9, 1, 0]);
        kernels.applySgd({ ...common, weightDecay: [1e-2], momenta: first, hyper, nesterov: true });
      }
      expect(relativeError(parameters[0]!.dataSync() as Float32Array, one.after[at])).toBeLessThan(3e-7);
    });
  });
});
