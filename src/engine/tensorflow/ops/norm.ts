import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Ops } from '../../ops.js';
import { flag, float, floatType, type Raw, text } from '../raw.js';
import type { Activations } from './activation.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** Batch norm by FusedBatchNormV2 and its gradient; layer norm with its backward pass in closed form. */
export function createNorms(tf: Tf, raw: Raw, { activation }: Activations): Pick<Ops, 'batchNorm' | 'layerNorm'> {
  const attributes = (epsilon: number, training: boolean) => [
    floatType('T'),
    floatType('U'),
    float('epsilon', epsilon),
    text('data_format', 'NHWC'),
    flag('is_training', training),
  ];

  /** y of `[N, H, W, C]` and, in training, the batch's mean and unbiased variance. */
  function fused(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    statistics: readonly [Tensor, Tensor] | null,
    epsilon: number,
  ) {
    const training = statistics === null;
    const own = attributes(epsilon, training);
    const batch: Tensor[] = [];
    const y = tf.customGrad((...given: unknown[]) => {
      const [input, scale, offset, save] = given as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      const [mean, variance] = statistics ?? [tf.tensor1d([]), tf.tensor1d([])];
      // V2 rather than V3, whose last output has no static shape for a compiled step to know.
      const outputs = raw.many('FusedBatchNormV2', own, [input, scale, offset, mean, variance], 5);
      const [value, batchMean, batchVariance, reserve1, reserve2] = outputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
      // The tape tidies away all but the value: whoever takes the statistics disposes of them.
      if (training) batch.push(tf.keep(batchMean), tf.keep(batchVariance));
      // With running statistics the reserves are not written; the gradient takes the statistics themselves.
      save([input, scale, ...(statistics ?? [reserve1, reserve2])]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) =>
        raw.many('FusedBatchNormGradV2', own, [dy, ...saved], 5).slice(0, 3);
      return { value, gradFunc };
    })(x, gamma, beta);
    return { y, batch };
  }

  const layerNormWith = (epsilon: number) =>
    tf.customGrad((...given: unknown[]) => {
      const [x, gamma, beta, save] = given as [Tensor, Tensor, Tensor, (tensors: Tensor[]) => void];
      const mean = tf.mean(x, -1, true);
      const squares = raw.one('SquaredDifference', [floatType()], [x, mean]);
      const inverse = tf.rsqrt(tf.add(tf.mean(squares, -1, true), epsilon));
      const normal = tf.mul(tf.sub(x, mean), inverse);
      save([normal, inverse, gamma]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const [hat, scale, weight] = saved as [Tensor, Tensor, Tensor];
        const channels = weight.shape[0] as number;
        const rows = tf.reshape(dy, [-1, channels]);
        const hats = tf.reshape(hat, [-1, channels]);
        const weighted = tf.mul(dy, weight);
        const along = tf.mul(hat, tf.mean(tf.mul(weighted, hat), -1, true));
        const dx = tf.mul(tf.sub(tf.sub(weighted, tf.mean(weighted, -1, true)), along), scale);
        return [dx, tf.sum(tf.mul(rows, hats), 0), tf.sum(rows, 0)];
      };
      return { value: tf.add(tf.mul(normal, gamma), beta), gradFunc };
    });

  return {
    batchNorm(x, { gamma, beta, runningMean, runningVariance, epsilon, momentum, training, update, activation: kind }) {
      const map = x.rank === 4 ? x : tf.reshape(x, [-1, 1, 1, x.shape.at(-1) as number]);
      const { y, batch } = fused(map, gamma, beta, training ? null : [runningMean, runningVariance], epsilon);
      if (training && update) {
        const blend = (running: Tensor1D, found: Tensor) =>
          tf.add(tf.mul(running, 1 - momentum), tf.mul(found, momentum)) as Tensor1D;
        update(blend(runningMean, batch[0] as Tensor), blend(runningVariance, batch[1] as Tensor));
      }
      tf.dispose(batch);
      const shaped = x.rank === 4 ? y : tf.reshape(y, x.shape);
      return kind ? activation(shaped, kind) : shaped;
    },

    layerNorm: (x, gamma, beta, epsilon) => layerNormWith(epsilon)(x, gamma, beta),
  };
}
