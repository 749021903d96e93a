import type { Tensor } from '@tensorflow/tfjs-core';

type Tf = typeof import('@tensorflow/tfjs-core');

/** A linear map of one axis, row by row: `rows` output positions, each a weighted sum of `columns` input positions. */
export interface AxisMap {
  readonly axis: number;
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float32Array;
}

/** An axis map by its non-zero weights: `weigh(row)` gives pairs of column and weight; equal columns add up. */
export function axisMap(
  axis: number,
  rows: number,
  columns: number,
  weigh: (row: number) => readonly (readonly [column: number, weight: number])[],
): AxisMap {
  const weights = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (const [column, weight] of weigh(row)) {
      const at = row * columns + column;
      weights[at] = (weights[at] as number) + weight;
    }
  }
  return { axis, rows, columns, weights };
}

/** Maps of different axes transposed, one after the other: from the gradient of what they give to that of what they take. */
export const pullBack = (tf: Tf, dy: Tensor, maps: readonly AxisMap[]): Tensor =>
  maps.reduce((value, map) => transposed(tf, value, map), dy);

/** One matrix product: everything before the axis is a batch, everything behind it stays together. */
function transposed(tf: Tf, x: Tensor, { axis, rows, columns, weights }: AxisMap): Tensor {
  const before = x.shape.slice(0, axis);
  const behind = x.shape.slice(axis + 1);
  const outer = before.reduce((product, side) => product * side, 1);
  const inner = behind.reduce((product, side) => product * side, 1);
  const side = x.shape[axis] as number;
  const matrix = tf.tensor2d(weights, [rows, columns]);
  // [outer, side, inner] -> [side, outer x inner], so that one product serves all
  const flat = tf.reshape(tf.transpose(tf.reshape(x, [outer, side, inner]), [1, 0, 2]), [side, outer * inner]);
  const product = tf.matMul(matrix, flat as never, true, false);
  const back = tf.transpose(tf.reshape(product, [columns, outer, inner]), [1, 0, 2]);
  return tf.reshape(back, [...before, columns, ...behind]);
}

/** Brings a gradient of a broadcast result back to an operand's shape. */
export function sumTo(tf: Tf, dy: Tensor, shape: readonly number[]): Tensor {
  if (`${dy.shape}` === `${shape}`) return dy;
  const missing = dy.rank - shape.length;
  const axes = dy.shape.flatMap((side, at) => (at < missing || (shape[at - missing] === 1 && side !== 1) ? [at] : []));
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}
