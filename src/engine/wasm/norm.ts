import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { Elementwise } from './elementwise.js';
import type { WasmKernels } from './kernels.js';

export function createNorms(
  { tf, output, run }: WasmKernels,
  { activation }: Elementwise,
): Pick<Ops, 'layerNorm' | 'batchNorm'> {
  function layerNorm(x: Tensor, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Tensor {
    const columns = gamma.size;
    const rows = x.size / columns;
    const kept: Tensor[] = [];
    return gradient(
      tf,
      (map: Tensor, scale: Tensor, offset: Tensor) => {
        const y = output(x.shape);
        const statistics = output([rows, 2]);
        kept.push(statistics);
        run('layerNorm', map, scale, offset, y, statistics, rows, columns, epsilon);
        return y;
      },
      (map, scale) => [map, scale, ...kept],
      (dy, saved) => {
        const [dx, dgamma, dbeta] = [output(dy.shape), output([columns]), output([columns])];
        run('layerNormGradient', dy, ...(saved as Tensor[]), dx, dgamma, dbeta, rows, columns);
        return [dx, dgamma, dbeta];
      },
    )(x, gamma, beta);
  }

  /** With given statistics; they get no gradient of their own: where they are the batch's, x's holds it. */
  function normalise(
    x: Tensor,
    gamma: Tensor1D,
    beta: Tensor1D,
    mean: Tensor,
    variance: Tensor,
    epsilon: number,
    frozen: boolean,
    relu: boolean,
  ): Tensor {
    const columns = gamma.size;
    const rows = x.size / columns;
    const factor = tf.rsqrt(tf.add(variance, epsilon));
    return gradient(
      tf,
      (map: Tensor, scale: Tensor, offset: Tensor) => {
        const y = output(x.shape);
        run('normalise', map, mean, tf.mul(scale, factor), offset, y, rows, columns, relu ? 1 : 0);
        return y;
      },
      (map, scale, _, y) => [map, scale, mean, factor, ...(relu ? [y] : [])],
      (dy, [map, scale, means, factors, y]) => {
        const [dx, dgamma, dbeta] = [output(dy.shape), output([columns]), output([columns])];
        const slope = y ? output(dy.shape) : dy;
        if (y) run('reluGradient', y, dy, slope, dy.size);
        run(
          'normaliseGradient',
          slope,
          ...([map, scale, means, factors] as Tensor[]),
          dx,
          dgamma,
          dbeta,
          rows,
          columns,
          frozen ? 1 : 0,
        );
        return [dx, dgamma, dbeta];
      },
    )(x, gamma, beta);
  }

  return {
    layerNorm,

    batchNorm(x, { gamma, beta, runningMean, runningVariance, epsilon, momentum, training, update, activation: kind }) {
      let [mean, variance]: [Tensor, Tensor] = [runningMean, runningVariance];
      if (training) {
        const columns = gamma.size;
        const rows = x.size / columns;
        [mean, variance] = [output([columns]), output([columns])];
        run('columnMoments', x, mean, variance, rows, columns);
        const blend = (running: Tensor, batch: Tensor, unbiased: number) =>
          tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum * unbiased)) as Tensor1D;
        update?.(blend(runningMean, mean, 1), blend(runningVariance, variance, rows / Math.max(1, rows - 1)));
      }
      const y = normalise(x, gamma, beta, mean, variance, epsilon, !training, kind === 'relu');
      return kind === 'gelu' ? activation(y, kind) : y;
    },
  };
}
