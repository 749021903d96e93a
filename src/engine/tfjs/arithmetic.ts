import type { Tensor } from '@tensorflow/tfjs-core';
import { sumTo } from './linear-maps.js';
import { type OpGradient, ownGradient, type Tf } from './register.js';

/** Element by element and products: broadcast operands, ties and corners as PyTorch has them. */
export function arithmeticGradients(tf: Tf): OpGradient[] {
  const float = (mask: Tensor): Tensor => tf.cast(mask, 'float32');
  const product = ownGradient(tf, 'BatchMatMul');
  const batchNorm = ownGradient(tf, 'FusedBatchNorm');

  /** The chosen operand gets the gradient; of two equal ones each gets half. */
  const choice = (op: 'Maximum' | 'Minimum'): OpGradient => ({
    op,
    inputs: ['a', 'b'],
    backward: (dy, [a, b]) => {
      const share = (mine: Tensor, other: Tensor) => () => {
        const chosen = op === 'Maximum' ? tf.greater(mine, other) : tf.less(mine, other);
        const weight = tf.add(float(chosen), tf.mul(float(tf.equal(mine, other)), 0.5));
        return sumTo(tf, tf.mul(dy, weight), mine.shape);
      };
      return { a: share(a!, b!), b: share(b!, a!) };
    },
  });

  return [
    choice('Maximum'),
    choice('Minimum'),
    {
      op: 'SquaredDifference',
      inputs: ['a', 'b'],
      backward: (dy, [a, b]) => {
        const slope = (mine: Tensor, other: Tensor) => () =>
          sumTo(tf, tf.mul(dy, tf.mul(tf.sub(mine, other), 2)), mine.shape);
        return { a: slope(a!, b!), b: slope(b!, a!) };
      },
    },
    {
      op: 'RealDiv',
      inputs: ['a', 'b'],
      backward: (dy, [a, b]) => {
        // Where nothing is asked for nothing comes back, also over 0: divNoNan's masked places.
        const over = (x: Tensor) => tf.where(tf.equal(dy, 0), tf.zerosLike(x), tf.div(x, b!));
        return {
          a: () => sumTo(tf, over(dy), a!.shape),
          b: () => sumTo(tf, tf.neg(over(tf.div(tf.mul(dy, a!), b!))), b!.shape),
        };
      },
    },
    {
      // A step's slope is 0; tfjs hands on the quotient's.
      op: 'FloorDiv',
      inputs: ['a', 'b'],
      backward: (_, [a, b]) => ({ a: () => tf.zerosLike(a!), b: () => tf.zerosLike(b!) }),
    },
    { op: 'Abs', inputs: ['x'], backward: (dy, [x]) => ({ x: () => tf.mul(dy, tf.sign(x!)) }) },
    {
      op: 'Relu6',
      inputs: ['x'],
      backward: (dy, [x]) => ({ x: () => tf.mul(dy, float(tf.logicalAnd(tf.greater(x!, 0), tf.less(x!, 6)))) }),
    },
    {
      op: 'ClipByValue',
      inputs: ['x'],
      backward: (dy, [x], { clipValueMin, clipValueMax }) => ({
        x: () => tf.mul(dy, float(tf.logicalAnd(tf.greater(x!, clipValueMin), tf.less(x!, clipValueMax)))),
      }),
    },
    {
      op: 'Select',
      inputs: ['condition', 't', 'e'],
      backward: (dy, [condition, t, e]) => ({
        condition: () => tf.zeros(condition!.shape),
        t: () => sumTo(tf, tf.where(condition!, dy, tf.zerosLike(dy)), t!.shape),
        e: () => sumTo(tf, tf.where(condition!, tf.zerosLike(dy), dy), e!.shape),
      }),
    },
    {
      op: 'BatchMatMul',
      inputs: ['a', 'b'],
      backward: (dy, saved, attributes) => {
        const { a, b } = product(dy, saved, attributes) as { a: () => Tensor; b: () => Tensor };
        const [left, right] = saved as [Tensor, Tensor];
        return { a: () => sumTo(tf, a(), left.shape), b: () => sumTo(tf, b(), right.shape) };
      },
    },
    {
      op: 'FusedBatchNorm',
      inputs: ['x', 'mean', 'variance', 'scale'],
      // Without a scale tfjs keeps a tensor that is not there.
      backward: (dy, [x, mean, variance, scale], attributes) =>
        batchNorm(dy, [x!, mean!, variance!, scale ?? tf.onesLike(mean!)], attributes),
    },
  ];
}
