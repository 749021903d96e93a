import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { Elementwise } from './elementwise.js';
import type { Programs } from './program.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** Norms with gradients in closed form: two or three passes over the map instead of the tape's dozen. */
export function createNorms(
  tf: Tf,
  { run, columnSums, rowMeans }: Programs,
  { activation }: Elementwise,
): Pick<Ops, 'layerNorm' | 'batchNorm'> {
  function layerNorm(x: Tensor, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Tensor {
    const columns = gamma.size;
    const rows = x.size / columns;
    const normal = `(x[at] - statistics[2 * row]) * inverseSqrt(statistics[2 * row + 1] + uniforms.epsilon)`;
    const place = 'let at = index; let row = index / uniforms.columns; let column = index % uniforms.columns;';
    let statistics: Tensor;
    return gradient(
      tf,
      (map: Tensor, scale: Tensor, offset: Tensor) => {
        const deviation = '(x[at] - first)';
        statistics = rowMeans({
          name: 'rowMoments',
          inputs: { x: map },
          rows,
          columns,
          values: ['x[at]', `${deviation} * ${deviation}`],
        });
        return run({
          name: 'layerNorm',
          inputs: { x: map, statistics, scale, offset },
          shape: map.shape,
          sizes: { columns },
          numbers: { epsilon },
          body: `${place} result[index] = ${normal} * scale[column] + offset[column];`,
        });
      },
      (map, scale) => [map, scale, statistics],
      (dy, kept) => {
        const [map, scale, statistics] = kept as [Tensor, Tensor, Tensor];
        const numbers = { epsilon };
        const means = rowMeans({
          name: 'layerNormMeans',
          inputs: { x: map, dy, scale, statistics },
          rows,
          columns,
          numbers,
          values: ['dy[at] * scale[column]', `dy[at] * scale[column] * ${normal}`],
        });
        const dx = run({
          name: 'layerNormGradient',
          inputs: { x: map, dy, scale, statistics, means },
          shape: map.shape,
          sizes: { columns },
          numbers,
          body: `${place}
            let slope = dy[at] * scale[column] - means[2 * row] - ${normal} * means[2 * row + 1];
            result[index] = slope * inverseSqrt(statistics[2 * row + 1] + uniforms.epsilon);`,
        });
        const sums = { rows, columns };
        return [
          dx,
          columnSums({
            ...sums,
            name: 'layerNormScaleGradient',
            inputs: { x: map, dy, statistics },
            numbers,
            value: `dy[at] * ${normal}`,
          }),
          columnSums({ ...sums, name: 'biasGradient', inputs: { dy }, value: 'dy[at]' }),
        ];
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
  ): Tensor {
    const columns = gamma.size;
    const rows = x.size / columns;
    const numbers = { epsilon };
    const normal = '(x[at] - mean[column]) * inverseSqrt(variance[column] + uniforms.epsilon)';
    const place = 'let at = index; let column = index % uniforms.columns;';
    return gradient(
      tf,
      (map: Tensor, scale: Tensor, offset: Tensor) =>
        run({
          name: 'batchNorm',
          inputs: { x: map, mean, variance, scale, offset },
          shape: map.shape,
          sizes: { columns },
          numbers,
          body: `${place} result[index] = ${normal} * scale[column] + offset[column];`,
        }),
      (map, scale) => [map, scale, mean, variance],
      (dy, kept) => {
        const [map, scale, mean, variance] = kept as [Tensor, Tensor, Tensor, Tensor];
        const dbeta = columnSums({ name: 'biasGradient', inputs: { dy }, rows, columns, value: 'dy[at]' });
        const dgamma = columnSums({
          name: 'batchNormScaleGradient',
          inputs: { x: map, dy, mean, variance },
          rows,
          columns,
          numbers,
          value: `dy[at] * ${normal}`,
        });
        const slope = frozen ? 'dy[at]' : `dy[at] - (dbeta[column] + ${normal} * dgamma[column]) / f32(uniforms.rows)`;
        const dx = run({
          name: `batchNormGradient${frozen ? ' frozen' : ''}`,
          inputs: { dy, scale, variance, ...(frozen ? {} : { x: map, mean, dbeta, dgamma }) },
          shape: map.shape,
          sizes: { columns, ...(frozen ? {} : { rows }) },
          numbers,
          body: `${place}
            result[index] = (${slope}) * scale[column] * inverseSqrt(variance[column] + uniforms.epsilon);`,
        });
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
        const means = { rows, columns, mean: true };
        mean = columnSums({ ...means, name: 'columnMeans', inputs: { x }, value: 'x[at]' });
        const deviation = '(x[at] - mean[column])';
        const value = `${deviation} * ${deviation}`;
        variance = columnSums({ ...means, name: 'columnVariances', inputs: { x, mean }, value });
        const blend = (running: Tensor, batch: Tensor, unbiased: number) =>
          run({
            name: 'blend',
            inputs: { running, batch },
            shape: running.shape,
            numbers: { kept: 1 - momentum, share: momentum * unbiased },
            body: 'result[index] = running[index] * uniforms.kept + batch[index] * uniforms.share;',
          }) as Tensor1D;
        update?.(blend(runningMean, mean, 1), blend(runningVariance, variance, rows / Math.max(1, rows - 1)));
      }
      const y = normalise(x, gamma, beta, mean, variance, epsilon, !training);
      return kind ? activation(y, kind) : y;
    },
  };
}
