import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../../ops.js';
import { outputSize } from '../../output-size.js';
import { gradient } from '../ops/gradient.js';
import { integer } from '../raw.js';
import { check } from './check.js';
import type { KernelLoad } from './library.js';

export type PoolKernels = Pick<Ops, 'maxPool' | 'globalAveragePool'>;

export function createPoolKernels({ tf, one, many }: KernelLoad): PoolKernels {
  /** Tells an op its result's height and width by a shape: TensorFlow's C interface hides attributes from shape functions. */
  const extent = (height: number, width: number) => tf.zeros([0, height, width]);

  return {
    maxPool(x, { kernel, stride, padding }) {
      check(x.rank === 4 && x.dtype === 'float32', 'maxPool', 'a float32 map [N, H, W, C]', x);
      const [, height, width] = x.shape;
      check(
        kernel <= 15 && padding * 2 <= kernel,
        'maxPool',
        `a kernel up to 15 and padding up to half of it (${kernel}, ${padding})`,
        x,
      );
      check(Math.min(height, width) + 2 * padding >= kernel, 'maxPool', `a map of at least the kernel's ${kernel}`, x);
      const attributes = [integer('stride', stride), integer('padding', padding), integer('kernel', kernel)];
      const size = (side: number) => outputSize(side, kernel, stride, padding);
      const found: Tensor[] = [];
      return gradient(
        tf,
        (map: Tensor) => {
          const [y, at] = many('MaxPool', attributes, [map, extent(size(height), size(width))], 2) as [Tensor, Tensor];
          found.push(at);
          return y;
        },
        () => found,
        (dy, [at]) => [one('MaxPoolGradient', attributes, [dy, at as Tensor, extent(height, width)])],
      )(x) as Tensor4D;
    },

    globalAveragePool(x) {
      check(x.rank === 4 && x.dtype === 'float32', 'globalAveragePool', 'a float32 map [N, H, W, C]', x);
      const [, height, width] = x.shape;
      return gradient(
        tf,
        (map: Tensor) => one('Average', [], [map]),
        () => [],
        (dy) => [one('AverageGradient', [], [dy, extent(height, width)])],
      )(x) as Tensor2D;
    },
  };
}
