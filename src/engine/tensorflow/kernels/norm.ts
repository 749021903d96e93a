import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { BatchNormOptions, Ops } from '../../ops.js';
import { gradient } from '../ops/gradient.js';
import { float, integer } from '../raw.js';
import { checkChannels } from './check.js';
import { suffix } from './elementwise.js';
import type { KernelLoad } from './library.js';

export type NormKernels = Pick<Ops, 'layerNorm' | 'batchNorm'>;

export function createNormKernels({ tf, one, many }: KernelLoad): NormKernels {
  function layerNorm(x: Tensor, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Tensor {
    checkChannels('layerNorm', x, { gamma, beta });
    const statistics: Tensor[] = [];
    return gradient(
      tf,
      (...inputs: [Tensor, Tensor, Tensor]) => {
        const [y, ...found] = many('LayerNorm', [float('epsilon', epsilon)], inputs, 3) as [Tensor, Tensor, Tensor];
        statistics.push(...found);
        return y;
      },
      (input, scale) => [input, scale, ...statistics],
      (dy, kept) => many('LayerNormGradient', [], [dy, ...kept], 3),
    )(x, gamma, beta);
  }

  function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
    const { gamma, beta, runningMean, runningVariance, epsilon, momentum, training, update, activation } = options;
    checkChannels('batchNorm', x, { gamma, beta, runningMean, runningVariance });
    const name = `BatchNorm${suffix(activation)}`;
    if (!training) return withRunningStatistics(name, x, options);

    const statistics: Tensor[] = [];
    const next: Tensor[] = [];
    const attributes = [float('epsilon', epsilon), float('momentum', momentum)];
    const y = gradient(
      tf,
      (...inputs: [Tensor, Tensor, Tensor]) => {
        const outputs = many(name, attributes, [...inputs, runningMean, runningVariance], 5) as [Tensor, ...Tensor[]];
        statistics.push(...outputs.slice(1, 3));
        // The tape tidies away what is neither the value nor kept.
        next.push(...outputs.slice(3).map((tensor) => tf.keep(tensor)));
        return outputs[0];
      },
      (input, scale, offset) => [input, scale, offset, ...statistics],
      (dy, kept) => many(`${name}Gradient`, [integer('frozen', 0)], [dy, ...kept], 3),
    )(x, gamma, beta);
    const [nextMean, nextVariance] = next.map((tensor) => tf.clone(tensor)) as [Tensor1D, Tensor1D];
    tf.dispose(next);
    if (update) update(nextMean, nextVariance);
    else tf.dispose([nextMean, nextVariance]);
    return y;
  }

  function withRunningStatistics(name: string, x: Tensor, options: BatchNormOptions): Tensor {
    const { gamma, beta, runningMean, runningVariance, epsilon } = options;
    return gradient(
      tf,
      (...inputs: [Tensor, Tensor, Tensor]) =>
        one(`${name}Inference`, [float('epsilon', epsilon)], [...inputs, runningMean, runningVariance]),
      (input, scale, offset) => [input, scale, offset, runningMean, runningVariance],
      (dy, kept) => {
        const rstd = tf.rsqrt(tf.add(kept[4] as Tensor, epsilon));
        return many(`${name}Gradient`, [integer('frozen', 1)], [dy, ...kept.slice(0, 4), rstd], 3);
      },
    )(x, gamma, beta);
  }

  return { layerNorm, batchNorm };
}
