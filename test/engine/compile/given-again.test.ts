import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Feeds, Step } from '../../../src/engine/engine.js';
import { createTensorflowOps } from '../../../src/engine/tensorflow/ops/ops.js';
import { engine, kernels, normals, tf } from '../kernels/kernels.js';
import { inPrecision, opsAsEager } from './as-eager.js';

const ops = createTensorflowOps(engine, kernels, 'bfloat16');
const CHANNELS = 40;

const normed = (x: Tensor, { gamma, beta }: Feeds, activation: 'relu' | 'gelu' | null): Tensor4D =>
  kernels.batchNorm(x, {
    ...{ gamma: gamma as Tensor1D, beta: beta as Tensor1D, epsilon: 1e-5, momentum: 0.1, training: true, activation },
    ...{ runningMean: tf.zeros([CHANNELS]) as Tensor1D, runningVariance: tf.ones([CHANNELS]) as Tensor1D },
  }) as Tensor4D;
const layerNormed = (x: Tensor, { gamma, beta }: Feeds): Tensor =>
  kernels.layerNorm(x, gamma as Tensor1D, beta as Tensor1D, 1e-6);
const dense = (x: Tensor, { w }: Feeds): Tensor =>
  kernels.dense(x as Tensor4D, w as Tensor4D, { stride: 1, padding: 0, precision: 'bfloat16' });
const convolved = (x: Tensor, filter: Tensor | undefined, groups: number, padding: number): Tensor =>
  ops.conv2d(x as Tensor4D, filter as Tensor4D, { stride: 1, padding, groups });
const linear = (x: Tensor, { m, gamma }: Feeds, activation: 'gelu' | null): Tensor =>
  ops.linear(x, m as Tensor2D, gamma as Tensor1D, activation);

/** A map that its op's gradient gives again for the convolution after it: what reads it, and that gradient. */
const CASES: readonly [name: string, gradient: string, (x: Tensor, feeds: Feeds) => Tensor][] = [
  ['layer norm, dense', 'LayerNorm', (x, feeds) => dense(layerNormed(x, feeds), feeds)],
  ['layer norm, linear', 'LayerNorm', (x, feeds) => linear(layerNormed(x, feeds), feeds, null)],
  ['batch norm, dense', 'BatchNorm', (x, feeds) => dense(normed(x, feeds, null), feeds)],
  ['batch norm, ReLU, 3x3', 'BatchNormRelu', (x, feeds) => convolved(normed(x, feeds, 'relu'), feeds['w3'], 1, 1)],
  [
    'batch norm, GELU, depthwise',
    'BatchNormGelu',
    (x, feeds) => convolved(normed(x, feeds, 'gelu'), feeds['d'], 40, 3),
  ],
  ['batch norm, ReLU, grouped', 'BatchNormRelu', (x, feeds) => convolved(normed(x, feeds, 'relu'), feeds['g'], 4, 1)],
  ['GELU, dense', 'Gelu', (x, feeds) => dense(kernels.activation(dense(x, feeds), 'gelu'), feeds)],
  ['linear with GELU, linear', 'BiasGelu', (x, feeds) => linear(linear(x, feeds, 'gelu'), feeds, null)],
];

function feedsOf(seed: number): Feeds {
  const tensor = (at: number, shape: number[]) => tf.tensor(normals(10 * seed + at, shape), shape);
  return {
    x: tensor(1, [2, 9, 8, CHANNELS]),
    dy: tensor(2, [2, 9, 8, CHANNELS]),
    gamma: tensor(3, [CHANNELS]),
    beta: tensor(4, [CHANNELS]),
    w: tensor(5, [1, 1, CHANNELS, CHANNELS]),
    w3: tensor(6, [3, 3, CHANNELS, CHANNELS]),
    d: tensor(7, [7, 7, 1, CHANNELS]),
    g: tensor(8, [3, 3, CHANNELS / 4, CHANNELS]),
    m: tensor(9, [CHANNELS, CHANNELS]),
  };
}

/** The value's gradients by all of the feeds that it reads. */
const stepOf =
  (layers: (x: Tensor, feeds: Feeds) => Tensor): Step =>
  (feeds) =>
    tf.tidy(() => {
      const names = Object.keys(feeds).filter((name) => name !== 'dy');
      const value = (...given: Tensor[]) => {
        const own = Object.fromEntries(names.map((name, at) => [name, given[at] as Tensor]));
        const y = tf.sum(tf.mul(layers(own['x'] as Tensor, own), feeds['dy'] as Tensor));
        // So that every feed has a gradient.
        return tf.add(y, tf.addN(given.map((one) => tf.sum(one))));
      };
      const slopes = tf.grads(value)(names.map((name) => feeds[name] as Tensor));
      return Object.fromEntries(names.map((name, at) => [name, slopes[at] as Tensor]));
    });

const opsOf = (step: Step): Promise<readonly string[]> => opsAsEager(step, [feedsOf(1), feedsOf(2)]);

describe.each(['float32', 'bfloat16'])('maps of %s', (precision) => {
  test.each(CASES)('%s: given again, with the bits of those that were kept', async (_, gradient, layers) => {
    const kinds = await opsOf(inPrecision(precision, stepOf(layers)));
    expect(kinds).toContain(`${gradient}GradientAgain`);
    expect(kinds).not.toContain(`${gradient}Gradient`);
  });

  test('kept where something else reads them as late', async () => {
    const kinds = await opsOf(
      inPrecision(
        precision,
        stepOf((x, feeds) => {
          const y = layerNormed(x, feeds);
          return tf.add(tf.square(y), dense(y, feeds));
        }),
      ),
    );
    expect(kinds).toContain('LayerNormGradient');
    expect(kinds).not.toContain('LayerNormGradientAgain');
  });
});

test('kept where they are a result', async () => {
  const step: Step = (feeds) =>
    tf.tidy(() => {
      const given: Tensor[] = [];
      const value = (w: Tensor) => {
        const y = tf.keep(layerNormed(feeds['x'] as Tensor, feeds));
        given.push(y);
        return tf.sum(dense(y, { w }));
      };
      return { slope: tf.grad(value)(feeds['w'] as Tensor), y: given[0] as Tensor };
    });
  expect(await opsOf(step)).not.toContain('LayerNormGradientAgain');
});
