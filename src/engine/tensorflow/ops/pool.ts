import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../../ops.js';
import { floatType, integer, type Raw, text } from '../raw.js';
import { gradient } from './gradient.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** Max pool over a map padded with -infinity, and the mean over positions. */
export function createPools(tf: Tf, raw: Raw): Pick<Ops, 'maxPool' | 'globalAveragePool'> {
  return {
    maxPool(x, { kernel, stride, padding }) {
      const sides: [number, number] = [padding, padding];
      const padded = padding > 0 ? tf.pad(x, [[0, 0], sides, sides, [0, 0]], Number.NEGATIVE_INFINITY) : x;
      const attributes = [
        floatType(),
        integer('ksize', [1, kernel, kernel, 1]),
        integer('strides', [1, stride, stride, 1]),
        text('padding', 'VALID'),
        text('data_format', 'NHWC'),
      ];
      return gradient(
        tf,
        (input: Tensor) => raw.one('MaxPool', attributes, [input]),
        (input, output) => [input, output],
        (dy, kept) => [raw.one('MaxPoolGrad', attributes, [...kept, dy])],
      )(padded) as Tensor4D;
    },

    globalAveragePool: (x) => tf.mean(x, [1, 2]) as Tensor2D,
  };
}
