import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops, WindowAttentionOptions } from '../ops.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/**
 * Attention in windows as Swin has it: shift the map cyclically, cut it into windows, attend within each head, put the
 * windows back and undo the shift. Pairs that the shift made neighbours are masked with -100, as in the authors' code.
 */
export function createWindowAttention(tf: Tf): Ops['windowAttention'] {
  return (qkv, bias, options) => {
    const { heads, window, shift } = options;
    const [batch, height, width, tripled] = qkv.shape;
    const channels = tripled / 3;
    const size = channels / heads;
    const positions = window * window;
    const windows = (height / window) * (width / window);

    // [N, H, W, 3C] -> [N x windows, positions, 3, heads, size] -> 3 of [N x windows, heads, positions, size]
    const cut = tf.reshape(partition(roll(qkv, -shift), window), [batch * windows, positions, 3, heads, size]);
    const [query, key, value] = tf.unstack(tf.transpose(cut, [2, 0, 3, 1, 4])) as [Tensor, Tensor, Tensor];
    let scores = tf.add(tf.matMul(tf.mul(query, size ** -0.5), key, false, true), bias);
    if (shift > 0) {
      const perWindow = tf.reshape(scores, [batch, windows, heads, positions, positions]);
      scores = tf.reshape(tf.add(perWindow, shiftMask(height, width, options)), scores.shape);
    }
    const attended = tf.matMul(tf.softmax(scores), value);
    // [N x windows, heads, positions, size] -> [N x windows, positions, C]
    const joined = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [batch * windows, window, window, channels]);
    return roll(unpartition(joined as Tensor4D, batch, height, width, window), shift);
  };

  function roll(x: Tensor4D, by: number): Tensor4D {
    if (by === 0) return x;
    const turn = (value: Tensor, axis: 1 | 2): Tensor => {
      const side = value.shape[axis] as number;
      const [head, tail] = tf.split(value, by < 0 ? [-by, side + by] : [side - by, by], axis) as [Tensor, Tensor];
      return tf.concat([tail, head], axis);
    };
    return turn(turn(x, 1), 2) as Tensor4D;
  }

  function partition(x: Tensor4D, window: number): Tensor {
    const [batch, height, width, channels] = x.shape;
    const split = tf.reshape(x, [batch, height / window, window, width / window, window, channels]);
    return tf.transpose(split, [0, 1, 3, 2, 4, 5]);
  }

  function unpartition(x: Tensor4D, batch: number, height: number, width: number, window: number): Tensor4D {
    const split = tf.reshape(x, [batch, height / window, width / window, window, window, x.shape[3]]);
    return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [batch, height, width, x.shape[3]]);
  }

  /** `[windows, 1, positions, positions]`: -100 between positions of different regions of the unshifted map. */
  function shiftMask(height: number, width: number, { window, shift }: WindowAttentionOptions): Tensor {
    const region = (at: number, side: number): number => (at < side - window ? 0 : at < side - shift ? 1 : 2);
    const positions = window * window;
    const across = width / window;
    const windows = (height / window) * across;
    const mask = new Float32Array(windows * positions * positions);
    const regionOf = (windowAt: number, position: number): number => {
      const row = Math.floor(windowAt / across) * window + Math.floor(position / window);
      const column = (windowAt % across) * window + (position % window);
      return 3 * region(row, height) + region(column, width);
    };
    let at = 0;
    for (let windowAt = 0; windowAt < windows; windowAt++) {
      for (let query = 0; query < positions; query++) {
        for (let key = 0; key < positions; key++)
          mask[at++] = regionOf(windowAt, query) === regionOf(windowAt, key) ? 0 : -100;
      }
    }
    return tf.tensor(mask, [windows, 1, positions, positions]);
  }
}
