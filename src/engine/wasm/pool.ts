import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';
import { dilate, tap } from './taps.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** Lower than any activation; wasm's pool does not take -infinity. */
const LOWEST = -3e38;

/** Max pool whose gradient goes to the first of equal maxima in a window, as PyTorch's does. */
export function createMaxPool(tf: Tf): Ops['maxPool'] {
  return (x, { kernel, stride, padding }) => {
    const sides: [number, number] = [padding, padding];
    const padded = (padding > 0 ? tf.pad(x, [[0, 0], sides, sides, [0, 0]], LOWEST) : x) as Tensor4D;
    return tf.customGrad((...given: unknown[]) => {
      const [input, save] = given as [Tensor4D, (tensors: Tensor[]) => void];
      const y = tf.maxPool(input, kernel, stride, 'valid');
      save([input, y]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) =>
        spread(dy as Tensor4D, saved[0] as Tensor4D, saved[1] as Tensor4D, kernel, stride);
      return { value: y, gradFunc };
    })(padded) as Tensor4D;
  };

  function spread(dy: Tensor4D, x: Tensor4D, y: Tensor4D, kernel: number, stride: number): Tensor {
    const [, height, width] = x.shape;
    const sliding = { stride, outHeight: dy.shape[1], outWidth: dy.shape[2] };
    let open: Tensor = tf.onesLike(dy);
    let sum: Tensor | null = null;
    for (let row = 0; row < kernel; row++) {
      for (let column = 0; column < kernel; column++) {
        const taken = tf.mul(tf.cast(tf.equal(tap(tf, x, row, column, sliding), y), 'float32'), open);
        open = tf.sub(open, taken);
        const placed = dilate(tf, tf.mul(taken, dy) as Tensor4D, stride);
        const rows: [number, number] = [row, height - row - placed.shape[1]];
        const columns: [number, number] = [column, width - column - placed.shape[2]];
        const part = tf.pad(placed, [[0, 0], rows, columns, [0, 0]]);
        sum = sum ? tf.add(sum, part) : part;
      }
    }
    return sum as Tensor;
  }
}
