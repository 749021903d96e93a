import type { Scalar, Tensor1D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Feeds, Step } from '../../../src/engine/engine.js';
import { engineOn } from '../../../src/engine/tensorflow/engine.js';
import { kernels, engine as loaded, normals, tf } from '../kernels/kernels.js';

it('tells a kernel by its name and layer, also where what it computes leaves the step', async () => {
  const { ops, prepare, profiler } = engineOn(loaded, kernels, {});
  const filter = tf.variable(tf.tensor4d(normals(1, [3, 3, 4, 8]), [3, 3, 4, 8]));
  const vector = (value: number): Variable => tf.variable(tf.fill([8], value));
  const [gamma, beta, mean, variance] = [vector(1), vector(0), vector(0), vector(1)] as Variable[] & Tensor1D[];
  const step: Step = ({ x }) => {
    const map = ops.conv2d(x as Tensor4D, filter as unknown as Tensor4D, {
      ...{ stride: 1, padding: 1, groups: 1, bias: null, activation: null },
    });
    const y = ops.batchNorm(map, {
      ...{ gamma: gamma!, beta: beta!, runningMean: mean!, runningVariance: variance! },
      ...{ epsilon: 1e-5, momentum: 0.1, training: true, activation: 'relu' },
      update: (...next) => [mean, variance].forEach((running, at) => running!.assign(next[at]!)),
    });
    return { loss: tf.mean(y) as Scalar };
  };
  const feeds = [2, 3].map((seed): Feeds => ({ x: tf.tensor4d(normals(seed, [2, 6, 6, 4]), [2, 6, 6, 4]) }));
  const compiled = await prepare(step, [filter, gamma!, beta!, mean!, variance!], feeds as [Feeds, Feeds]);
  const names = [[filter.name, 'stem.conv.weight'] as const, [gamma!.name, 'stem.norm.weight'] as const];
  profiler?.start(new Map(names));
  await compiled.run(feeds[0]!);
  expect(profiler?.take().ops.map(({ op, layer }) => [op, layer])).toEqual([
    ['Dense', 'stem.conv'],
    ['BatchNormRelu', 'stem.norm'],
  ]);
});
