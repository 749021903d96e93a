import { createHash } from 'node:crypto';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Feeds, Step } from '../../../src/engine/engine.js';
import { compileStep } from '../../../src/engine/tensorflow/compile/compile.js';
import { createTensorflowOps } from '../../../src/engine/tensorflow/ops/ops.js';
import { engine, kernels, normals, tf } from '../kernels/kernels.js';

const ops = createTensorflowOps(engine, kernels);
/** So many that each layer's parameters are updated by themselves. */
const CHANNELS = 600;
const LAYERS = 3;

interface Network {
  readonly variables: Variable[];
  readonly train: Step;
}

/** Linear layers, each of which is read twice on the way there, and an optimizer with moving averages. */
function networkOf(optimizer: 'adamw' | 'sgd', clip: boolean): Network {
  const copies = (at: number) =>
    Array.from({ length: LAYERS }, (_, layer) => [
      tf.variable(tf.tensor2d(normals(20 * at + layer, [CHANNELS, CHANNELS], 0.02), [CHANNELS, CHANNELS])),
      tf.variable(tf.tensor1d(normals(20 * at + layer + 10, [CHANNELS], 0.02))),
    ]).flat();
  const zeros = (like: readonly Variable[]) => like.map(({ shape }) => tf.variable(tf.zeros(shape)));
  const [parameters, averages] = [copies(1), copies(1)];
  const [first, second] = [zeros(parameters), zeros(parameters)];
  const train: Step = ({ x, hyper }) => {
    const loss = () => {
      let map = x as Tensor;
      for (let layer = 0; layer < LAYERS; layer++) {
        const [weight, bias] = parameters.slice(2 * layer) as unknown as [Tensor2D, Tensor1D];
        for (let time = 0; time < 2; time++) map = tf.add(map, ops.linear(map, weight, bias, 'gelu'));
      }
      return tf.mean(tf.square(map)) as Scalar;
    };
    const { value, grads } = tf.variableGrads(loss, parameters);
    const found = parameters.map(({ name }) => grads[name] as Tensor);
    const norm = tf.sqrt(tf.addN(found.map((gradient) => tf.sum(tf.square(gradient)))));
    const update = {
      ...{ parameters, averages, hyper: hyper as Tensor1D },
      gradients: clip ? found.map((gradient) => tf.div(gradient, norm)) : found,
      weightDecay: parameters.map((_, at) => (at % 2 ? 0 : 0.05)),
      learningRateScale: parameters.map((_, at) => 1 - at / 10),
    };
    if (optimizer === 'adamw') ops.applyAdamW({ ...update, firstMoments: first, secondMoments: second });
    else ops.applySgd({ ...update, momenta: first, nesterov: true });
    // Recorded after the parameters are written: it must see what they are then.
    return { loss: value, sum: tf.sum(parameters[0] as Tensor) };
  };
  return { variables: [...parameters, ...averages, ...first, ...second], train };
}

const hyperOf = (optimizer: 'adamw' | 'sgd', rate: number) =>
  optimizer === 'adamw' ? [rate, 0.9, 0.999, 1e-8, 0.1, 0.001, 1, 0.9] : [rate, 0.9, 1, 0.9];

const feedsOf = (optimizer: 'adamw' | 'sgd', seed: number): Feeds => ({
  x: tf.tensor2d(normals(seed, [5, CHANNELS]), [5, CHANNELS]),
  hyper: tf.tensor1d(hyperOf(optimizer, 0.01 * (1 + seed))),
});

/** Of the bits of each: comparing millions of numbers one by one takes a minute. */
const digests = (tensors: readonly Tensor[]) =>
  tensors.map((tensor) =>
    createHash('sha256')
      .update(tensor.dataSync() as Float32Array)
      .digest('hex'),
  );

describe.each(['adamw', 'sgd'] as const)('%s in parts', (optimizer) => {
  test.each([false, true])('writes what the whole writes, gradients clipped: %s', async (clip) => {
    const eager = networkOf(optimizer, clip);
    const network = networkOf(optimizer, clip);
    const compiled = compileStep(engine, network.train, network.variables, [
      feedsOf(optimizer, 1),
      feedsOf(optimizer, 2),
    ]);
    const kinds = [...compiled.origins(new Map()).values()].map(({ op }) => op);
    const updates = kinds.flatMap((op, at) => (op === (optimizer === 'adamw' ? 'AdamW' : 'Sgd') ? [at] : []));
    // Of three layers, two before the last gradient; a norm of all gradients waits for that.
    const last = kinds.lastIndexOf('DenseFilterGradient');
    expect(updates.filter((at) => at < last)).toHaveLength(clip ? 0 : LAYERS - 1);
    expect(updates.length).toBeGreaterThan(1);
    for (let step = 0; step < 3; step++) {
      const feeds = feedsOf(optimizer, step);
      const expected = tf.tidy(() => digests(Object.values(eager.train(feeds))));
      const found = await compiled.run(feeds);
      expect(digests(Object.values(found))).toEqual(expected);
      tf.dispose([found, feeds]);
    }
    expect(digests(network.variables)).toEqual(digests(eager.variables));
    compiled.dispose();
    tf.dispose([eager.variables, network.variables]);
  });
});
