import type { Tensor } from '@tensorflow/tfjs-core';
import { axesOf, type OpGradient, type Tf } from './register.js';

/** Along axes: maxima, products, running sums and products, the k largest. */
export function reductionGradients(tf: Tf): OpGradient[] {
  /** Equal extrema share the gradient in equal parts, as in PyTorch's `amax`. */
  const extremum = (op: 'Max' | 'Min', attribute: 'reductionIndices' | 'axis'): OpGradient => ({
    op,
    inputs: ['x'],
    outputs: [true],
    backward: (dy, [x, y], attributes) => ({
      x: () => {
        const axes = axesOf(tf, attributes[attribute], x!.shape);
        const kept = x!.shape.map((side, at) => (axes.includes(at) ? 1 : side));
        const equal = tf.cast(tf.equal(x!, tf.reshape(y!, kept)), 'float32');
        return tf.mul(tf.div(equal, tf.sum(equal, axes, true)), tf.reshape(dy, kept));
      },
    }),
  });

  /** `[..., n]` with the axes brought together at the end, and the way back. */
  function gathered(x: Tensor, axes: readonly number[]): { rows: Tensor; back: (rows: Tensor) => Tensor } {
    const others = x.shape.map((_, at) => at).filter((at) => !axes.includes(at));
    const order = [...others, ...axes];
    const moved = tf.transpose(x, order);
    const size = axes.reduce((product, at) => product * (x.shape[at] as number), 1);
    return {
      rows: tf.reshape(moved, [-1, size]),
      back: (rows) => tf.transpose(tf.reshape(rows, moved.shape), inverse(order)),
    };
  }

  return [
    extremum('Max', 'reductionIndices'),
    extremum('Min', 'axis'),
    {
      op: 'Prod',
      inputs: ['x'],
      backward: (dy, [x], { axis }) => ({
        x: () => {
          const { rows, back } = gathered(x!, axesOf(tf, axis, x!.shape));
          // The product of all others: of those before times of those behind. A zero needs no case of its own.
          const others = tf.mul(tf.cumprod(rows, 1, true, false), tf.cumprod(rows, 1, true, true));
          return back(tf.mul(others, tf.reshape(dy, [-1, 1])));
        },
      }),
    },
    {
      op: 'Cumsum',
      inputs: ['x'],
      backward: (dy, [x], { axis, exclusive, reverse }) => ({
        x: () => tf.cumsum(dy, axesOf(tf, axis, x!.shape)[0] as number, exclusive, !reverse),
      }),
    },
    {
      op: 'Cumprod',
      inputs: ['x'],
      backward: (dy, [x], { axis, exclusive, reverse }) => ({
        x: () => {
          const along = axesOf(tf, axis, x!.shape);
          const { rows, back } = gathered(x!, along);
          const side = rows.shape[1] as number;
          // Without one factor at a time: [rows, left out, n], so that a zero needs no division.
          const leftOut = tf.expandDims(tf.eye(side), 0);
          const factors = tf.add(tf.mul(tf.expandDims(rows, 1), tf.sub(1, leftOut)), leftOut);
          const products = tf.cumprod(factors, 2, exclusive, reverse);
          // A factor has part in the products from its own place on; exclusive ones begin behind it.
          const part = tf.tensor2d(membership(side, exclusive, reverse), [side, side]);
          const weighted = tf.mul(tf.mul(products, part), tf.expandDims(gathered(dy, along).rows, 1));
          return back(tf.sum(weighted, 2));
        },
      }),
    },
    {
      op: 'TopK',
      inputs: ['x'],
      outputs: [false, true],
      backward: (dys, [x, indices]) => ({
        x: () => {
          // [..., k, n]: each of the k goes back to its place
          const places = tf.cast(tf.oneHot(indices!, x!.shape.at(-1) as number), 'float32');
          return tf.sum(tf.mul(places, tf.expandDims(dys[0] as Tensor, -1)), -2);
        },
      }),
    },
  ];
}

const inverse = (order: readonly number[]): number[] => order.map((_, at) => order.indexOf(at));

/** `[factor, product]`: 1 where a running product contains the factor. */
function membership(side: number, exclusive: boolean, reverse: boolean): Float32Array {
  return Float32Array.from({ length: side * side }, (_, at) => {
    const factor = Math.floor(at / side);
    const product = at % side;
    const within = reverse ? product <= factor : product >= factor;
    return Number(within && !(exclusive && product === factor));
  });
}
