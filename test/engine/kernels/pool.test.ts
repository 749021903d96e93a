import type { Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { argument, checkOp, kernels, tf } from './kernels.js';

interface MaxPoolCase {
  readonly shape: readonly [number, number, number, number];
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

function maxPool(x: Float64Array, { shape: [N, H, W, C], kernel, stride, padding }: MaxPoolCase): Float64Array {
  const size = (side: number) => Math.floor((side + 2 * padding - kernel) / stride) + 1;
  const y = new Float64Array(N * size(H) * size(W) * C).fill(-Infinity);
  for (let n = 0; n < N; n++)
    for (let oh = 0; oh < size(H); oh++)
      for (let ow = 0; ow < size(W); ow++)
        for (let i = 0; i < kernel; i++)
          for (let j = 0; j < kernel; j++) {
            const [h, w] = [oh * stride + i - padding, ow * stride + j - padding];
            if (h < 0 || w < 0 || h >= H || w >= W) continue;
            for (let c = 0; c < C; c++) {
              const at = ((n * size(H) + oh) * size(W) + ow) * C + c;
              y[at] = Math.max(y[at]!, x[((n * H + h) * W + w) * C + c]!);
            }
          }
  return y;
}

describe('max pool', () => {
  test.each<MaxPoolCase>([
    { shape: [2, 8, 8, 64], kernel: 3, stride: 2, padding: 1 },
    { shape: [2, 7, 9, 37], kernel: 3, stride: 2, padding: 1 },
    { shape: [1, 5, 6, 3], kernel: 2, stride: 2, padding: 0 },
    { shape: [1, 5, 5, 16], kernel: 3, stride: 1, padding: 1 },
    { shape: [1, 1, 1, 5], kernel: 3, stride: 2, padding: 1 },
    { shape: [1, 9, 9, 4], kernel: 5, stride: 3, padding: 2 },
  ])('$shape, kernel $kernel, stride $stride, padding $padding', (pool) => {
    checkOp(
      'max pool',
      [argument('x', 1, pool.shape)],
      (x: Tensor4D) => kernels.maxPool(x, pool),
      (x) => maxPool(x, pool),
    );
  });

  test('a tie goes to the first, as PyTorch has it, and NaN is passed on', () => {
    const x = tf.tensor4d([2, 2, Number.NaN, 1, 2, 2, 0, 0], [1, 2, 4, 1]);
    const options = { kernel: 2, stride: 2, padding: 0 };
    expect([...kernels.maxPool(x, options).dataSync()]).toEqual([2, Number.NaN]);
    const dx = tf.grad((map) => kernels.maxPool(map as Tensor4D, options))(x, tf.ones([1, 1, 2, 1]));
    expect([...dx.dataSync()]).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
  });
});

describe('global average pool', () => {
  test.each([
    [2, 7, 7, 37],
    [3, 1, 1, 64],
    [1, 5, 3, 16],
  ] as const)('[%i, %i, %i, %i]', (N, H, W, C) => {
    checkOp(
      'average',
      [argument('x', 2, [N, H, W, C])],
      (x: Tensor4D) => kernels.globalAveragePool(x),
      (x) => {
        const y = new Float64Array(N * C);
        x.forEach((at, i) => {
          y[Math.floor(i / (H * W * C)) * C + (i % C)]! += at / (H * W);
        });
        return y;
      },
    );
  });
});
