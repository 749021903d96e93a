import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { activate, argument, checkOp, expectClose, kernels, normals, tf } from './kernels.js';

const EPSILON = 1e-5;

describe('layer norm', () => {
  // Numbers of channels with kernels of their own, others, a rest, fewer than a vector.
  test.each([1, 3, 8, 12, 16, 24, 32, 37, 40, 48, 60, 64, 96, 128, 192, 200])('%i channels', (channels) => {
    checkOp(
      'layer norm',
      [
        argument('x', 1, [2, 3, channels], 2, 3),
        argument('gamma', 2, [channels], 0.3, 1),
        argument('beta', 3, [channels]),
      ],
      (x: Tensor, gamma: Tensor1D, beta: Tensor1D) => kernels.layerNorm(x, gamma, beta, 1e-3),
      (x, gamma, beta) => {
        const y = new Float64Array(x.length);
        for (let start = 0; start < x.length; start += channels) {
          const row = x.subarray(start, start + channels);
          const mean = row.reduce((sum, at) => sum + at, 0) / channels;
          const variance = row.reduce((sum, at) => sum + (at - mean) ** 2, 0) / channels;
          row.forEach((at, c) => {
            y[start + c] = ((at - mean) / Math.sqrt(variance + 1e-3)) * gamma[c]! + beta[c]!;
          });
        }
        return y;
      },
    );
  });

  test('says what does not fit', () => {
    expect(() => kernels.layerNorm(tf.ones([2, 4]), tf.ones([3]), tf.ones([4]), 1e-6)).toThrow(
      'layerNorm: expected gamma with 4 values, found float32 [3]',
    );
  });
});

function statistics(x: Float64Array, channels: number) {
  const rows = x.length / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  x.forEach((at, i) => {
    mean[i % channels]! += at / rows;
  });
  x.forEach((at, i) => {
    variance[i % channels]! += (at - mean[i % channels]!) ** 2 / rows;
  });
  return { rows, mean, variance };
}

describe('batch norm', () => {
  const none = (channels: number) => ({
    runningMean: tf.zeros([channels]) as Tensor1D,
    runningVariance: tf.ones([channels]) as Tensor1D,
  });

  // Of few channels several rows are walked as one, of an odd number of rows each by itself.
  for (const channels of [96, 32, 16, 37, 12, 8, 5, 1]) {
    test.each([
      ['relu', 4],
      ['gelu', 3],
      [null, 4],
    ] as const)(`${channels} channels, activation %s, %i samples`, (activation, samples) => {
      const shape = [samples, channels < 16 ? 8 : 3, samples === 4 ? 2 : 1, channels];
      checkOp(
        'batch norm',
        [argument('x', 1, shape, 2, 5), argument('gamma', 2, [channels], 0.3, 1), argument('beta', 3, [channels])],
        (x: Tensor, gamma: Tensor1D, beta: Tensor1D) =>
          kernels.batchNorm(x, {
            gamma,
            beta,
            ...none(channels),
            epsilon: EPSILON,
            momentum: 0.1,
            training: true,
            activation,
          }),
        (x, gamma, beta) => {
          const { mean, variance } = statistics(x, channels);
          return x.map((at, i) => {
            const c = i % channels;
            return activate(activation, ((at - mean[c]!) / Math.sqrt(variance[c]! + EPSILON)) * gamma[c]! + beta[c]!);
          });
        },
        { gradientTolerance: 1e-4 },
      );
    });

    test.each(['relu', 'gelu', null] as const)(
      `${channels} channels with running statistics, activation %s`,
      (activation) => {
        const mean = normals(4, [channels]);
        const variance = normals(5, [channels]).map((at) => at * at + 0.5);
        checkOp(
          'batch norm',
          [
            argument('x', 1, [4, 3, channels]),
            argument('gamma', 2, [channels], 0.3, 1),
            argument('beta', 3, [channels]),
          ],
          (x: Tensor, gamma: Tensor1D, beta: Tensor1D) =>
            kernels.batchNorm(x, {
              ...{ gamma, beta, epsilon: EPSILON, momentum: 0.1, training: false, activation },
              ...{ runningMean: tf.tensor1d(mean), runningVariance: tf.tensor1d(variance) },
            }),
          (x, gamma, beta) =>
            x.map((at, i) => {
              const c = i % channels;
              return activate(activation, ((at - mean[c]!) / Math.sqrt(variance[c]! + EPSILON)) * gamma[c]! + beta[c]!);
            }),
        );
      },
    );
  }

  test("next running statistics are PyTorch's, also where the mean is large beside the deviation", () => {
    const channels = 20;
    const x = normals(8, [5000, channels], 0.1, 100);
    const exact = statistics(Float64Array.from(x), channels);
    const runningMean = normals(9, [channels]);
    const runningVariance = normals(10, [channels]).map(Math.abs);
    let next: [Tensor1D, Tensor1D] | null = null;
    kernels.batchNorm(tf.tensor2d(x, [5000, channels]), {
      ...{ gamma: tf.ones([channels]), beta: tf.zeros([channels]), epsilon: EPSILON, momentum: 0.1, training: true },
      ...{ runningMean: tf.tensor1d(runningMean), runningVariance: tf.tensor1d(runningVariance) },
      update: (mean, variance) => {
        next = [mean, variance];
      },
    });
    const [mean, variance] = next!;
    expectClose(
      mean,
      exact.mean.map((at, c) => 0.9 * runningMean[c]! + 0.1 * at),
      'mean',
      3e-7,
    );
    const unbiased = exact.variance.map((at) => (at * exact.rows) / (exact.rows - 1));
    expectClose(
      variance,
      unbiased.map((at, c) => 0.9 * runningVariance[c]! + 0.1 * at),
      'variance',
      3e-7,
    );
  });

  test('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const made = tf.tidy(() => tf.ones([3, 4]));
    for (const update of [undefined, () => {}] as const) {
      tf.tidy(() => {
        kernels.batchNorm(made, {
          ...{ gamma: tf.ones([4]), beta: tf.zeros([4]), ...none(4), epsilon: EPSILON, momentum: 0.1, training: true },
          update,
        });
      });
    }
    made.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
