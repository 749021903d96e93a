import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine, Feeds } from '../engine/engine.js';
import type { OpTime, Profiler } from '../engine/profile.js';
import type { MachineRates } from './profile.js';

/** A product whose factors lie in the caches, of as many sums as keep the multipliers busy. */
const positions = 2048;
const channels = 1024;
/** Floats of each map of an addition: far more than a core's caches hold. */
const floats = 16 * 2 ** 20;
const repeats = 5;

/** What this engine's kernels reach on this machine with one large product and one addition of large maps: the best of some. */
export async function measureRates(engine: Engine, profiler: Profiler): Promise<MachineRates> {
  const { tf } = engine.ops;
  const best = async (
    make: () => Feeds,
    step: (feeds: Feeds) => Tensor,
    rate: (op: OpTime) => number,
    op: string,
  ): Promise<number> => {
    const examples = [make(), make()] as const;
    const prepared = await engine.prepare((feeds) => ({ sum: tf.sum(step(feeds)) }), [], examples);
    profiler.start();
    for (let time = 0; time < repeats; time++) tf.dispose(Object.values(await prepared.run(examples[0])));
    const { ops } = profiler.take();
    tf.dispose(examples.map((feeds) => Object.values(feeds)));
    prepared.dispose();
    return Math.max(...ops.filter((one) => one.op === op).map(rate));
  };
  /** `rows`: a linear layer of one row a sample is a classifier, which stays float32. */
  const product = (rows: readonly number[]) =>
    best(
      () => ({ x: tf.randomNormal([1, positions, channels]), w: tf.randomNormal([channels, channels]) }),
      ({ x, w }) => engine.ops.linear(tf.reshape(x as Tensor, [...rows]), w as Tensor as never),
      ({ products, seconds }) => products / seconds,
      'Dense',
    );
  const float32 = await product([positions, channels]);
  const map = () => tf.randomNormal([1, 1, floats / channels, channels]) as Tensor4D;
  const bytes = await best(
    () => ({ a: map(), b: map() }),
    ({ a, b }) => engine.ops.residual(a as Tensor, b as Tensor, { activation: 'relu' }),
    (op) => op.bytes / op.seconds,
    'ResidualRelu',
  );
  const inFloat32 = engine.description.precision === 'float32';
  const bfloat16 = inFloat32 ? float32 : await product([1, positions, channels]);
  return { float32, bfloat16, bytes };
}
