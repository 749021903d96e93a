import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../../src/engine/engine.js';
import { kernels, normals, tf } from '../kernels/kernels.js';
import { inPrecision, opsAsEager } from './as-eager.js';

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outputs: number;
}

const CASES: readonly Case[] = [
  { shape: [3, 6, 7, 40], kernel: 1, stride: 1, padding: 0, outputs: 72 },
  { shape: [2, 9, 8, 32], kernel: 3, stride: 1, padding: 1, outputs: 24 },
  { shape: [2, 9, 8, 24], kernel: 3, stride: 2, padding: 1, outputs: 33 },
  // Most positions are no output's: they keep what the other reader gave them.
  { shape: [2, 8, 9, 16], kernel: 1, stride: 2, padding: 0, outputs: 32 },
  { shape: [2, 8, 9, 5], kernel: 2, stride: 3, padding: 0, outputs: 7 },
];

/** The gradient of a map that a convolution and something else read. */
function stepOf({ stride, padding }: Case): Step {
  return ({ x, w, dy, other }) =>
    tf.tidy(() => {
      const value = (map: Tensor) => {
        const y = kernels.dense(map as Tensor4D, w as Tensor4D, { stride, padding, precision: 'bfloat16' });
        return tf.add(
          tf.sum(tf.mul(y, dy as Tensor)),
          tf.sum(tf.mul(kernels.activation(map, 'gelu'), other as Tensor)),
        );
      };
      return { dx: tf.grad(value)(x as Tensor) };
    });
}

function feedsOf({ shape, kernel, stride, padding, outputs }: Case, seed: number) {
  const [samples, height, width, channels] = shape;
  const size = (side: number) => Math.floor((side + 2 * padding - kernel) / stride) + 1;
  const tensor = (at: number, sides: readonly number[]) => tf.tensor(normals(10 * seed + at, [...sides]), [...sides]);
  return {
    x: tensor(1, shape),
    w: tensor(2, [kernel, kernel, channels, outputs]),
    dy: tensor(3, [samples, size(height), size(width), outputs]),
    other: tensor(4, shape),
  };
}

describe.each(['float32', 'bfloat16'])('a sum of gradients of %s', (precision) => {
  test.each(CASES)('$shape, kernel $kernel, stride $stride is one op with the bits of two', async (convolution) => {
    const step = inPrecision(precision, stepOf(convolution));
    const ops = await opsAsEager(step, [feedsOf(convolution, 1), feedsOf(convolution, 2)]);
    expect(ops).toContain('DenseInputGradientOnto');
  });
});
