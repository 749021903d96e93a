import type { Scalar, Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Feeds, Step } from '../../../src/engine/engine.js';
import { loadTensorflow } from '../../../src/engine/tensorflow/load.js';

export const engine = loadTensorflow({ threads: 2 });
const { tf } = engine;

/** A generator of its own, so that two networks of one seed are equal. */
export function uniform(seed: number): (shape: number[], scale?: number) => Tensor {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff - 0.5;
  };
  return (shape, scale = 0.1) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * scale * next()),
      shape,
    );
}

export interface TinyNetwork {
  readonly parameters: Variable[];
  readonly variables: Variable[];
  readonly train: Step;
  readonly evaluate: Step;
}

/** Convolution, batch norm with running statistics, pooling, SGD with momentum: composites of tfjs only. */
export function tinyNetwork(seed = 7): TinyNetwork {
  const random = uniform(seed);
  const make = (initial: Tensor): Variable => {
    const variable = tf.variable(initial);
    initial.dispose();
    return variable;
  };
  const first = make(random([3, 3, 3, 8]));
  const second = make(random([3, 3, 8, 16]));
  const head = make(random([16, 10]));
  const gamma = make(tf.ones([8]));
  const beta = make(tf.zeros([8]));
  const runningMean = make(tf.zeros([8]));
  const runningVariance = make(tf.ones([8]));
  const parameters = [first, second, head, gamma, beta];
  const momenta = parameters.map((parameter) => make(tf.zeros(parameter.shape)));

  const logits = (x: Tensor, mean: Tensor, variance: Tensor, h = stem(x)): Tensor2D => {
    const normed = tf.batchNorm(h, mean as Variable, variance as Variable, beta, gamma, 1e-5) as Tensor4D;
    const pooled = tf.maxPool(tf.relu(normed), 2, 2, 'same');
    const deep = tf.relu(tf.conv2d(pooled, second as unknown as Tensor4D, 2, 'same'));
    return tf.matMul(tf.mean(deep, [1, 2]) as Tensor2D, head as unknown as Tensor2D);
  };
  const stem = (x: Tensor): Tensor4D => tf.conv2d(x as Tensor4D, first as unknown as Tensor4D, 1, 'same');

  const train: Step = (feeds) => {
    const { value, grads } = tf.variableGrads(() => {
      const h = stem(feeds['images']!);
      const { mean, variance } = tf.moments(h, [0, 1, 2]);
      runningMean.assign(tf.add(tf.mul(runningMean, 0.9), tf.mul(mean, 0.1)));
      runningVariance.assign(tf.add(tf.mul(runningVariance, 0.9), tf.mul(variance, 0.1)));
      const log = tf.logSoftmax(logits(feeds['images']!, mean, variance, h));
      return tf.neg(tf.mean(tf.sum(tf.mul(log, feeds['targets']!), -1))) as Scalar;
    }, parameters);
    parameters.forEach((parameter, i) => {
      momenta[i]!.assign(tf.add(tf.mul(momenta[i]!, 0.9), grads[parameter.name]!));
      parameter.assign(tf.sub(parameter, tf.mul(momenta[i]!, feeds['learningRate']!)));
    });
    return { loss: value };
  };
  const evaluate: Step = (feeds) => ({ logits: logits(feeds['images']!, runningMean, runningVariance) });
  return { parameters, variables: [...parameters, ...momenta, runningMean, runningVariance], train, evaluate };
}

export function tinyFeeds(seed: number, batch = 4): Feeds {
  return tf.tidy(() => ({
    images: uniform(100 + seed)([batch, 16, 16, 3], 1),
    targets: tf.oneHot(tf.range(seed, seed + batch, 1, 'int32').mod(tf.scalar(10, 'int32')), 10).toFloat(),
    learningRate: tf.scalar(0.05 * (1 + seed / 10)),
  }));
}

export const imagesOf = ({ images }: Feeds): Feeds => ({ images: images! });
