import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

type Tf = typeof import('@tensorflow/tfjs-core');

/** A window that slides over an unpadded map. */
export interface Sliding {
  readonly stride: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** What kernel position (row, column) saw of x: `[N, H, W, C]` -> `[N, OH, OW, C]`. */
export function tap(
  tf: Tf,
  x: Tensor4D,
  row: number,
  column: number,
  { stride, outHeight, outWidth }: Sliding,
): Tensor4D {
  const [batch, , , channels] = x.shape;
  if (stride === 1) return tf.slice(x, [0, row, column, 0], [batch, outHeight, outWidth, channels]);
  const end = [batch, row + (outHeight - 1) * stride + 1, column + (outWidth - 1) * stride + 1, channels];
  return tf.stridedSlice(x, [0, row, column, 0], end, [1, stride, stride, 1]) as Tensor4D;
}

/** Puts stride - 1 zeros between neighbours: `[N, OH, OW, C]` -> `[N, (OH - 1) stride + 1, (OW - 1) stride + 1, C]`. */
export function dilate(tf: Tf, dy: Tensor4D, stride: number): Tensor4D {
  if (stride === 1) return dy;
  const [batch, height, width, channels] = dy.shape;
  const gap: [number, number] = [0, stride - 1];
  const none: [number, number] = [0, 0];
  const columns = tf.pad(tf.reshape(dy, [batch * height, width, 1, channels]), [none, none, gap, none]);
  const wide = tf.reshape(columns, [batch * height, 1, width * stride, channels]);
  const rows = tf.pad(wide, [none, gap, none, none]);
  const spread = tf.reshape(rows, [batch, height * stride, width * stride, channels]) as Tensor4D;
  return tf.slice(spread, [0, 0, 0, 0], [batch, (height - 1) * stride + 1, (width - 1) * stride + 1, channels]);
}

/** Pads a dilated output gradient so that a flipped kernel slid over it gives the gradient of an `height` x `width` map. */
export function padForInput(
  tf: Tf,
  dilated: Tensor4D,
  kernel: readonly [number, number],
  height: number,
  width: number,
): Tensor4D {
  const [rows, columns] = [dilated.shape[1], dilated.shape[2]];
  const [top, left] = [kernel[0] - 1, kernel[1] - 1];
  return tf.pad(dilated, [
    [0, 0],
    [top, height - rows],
    [left, width - columns],
    [0, 0],
  ]) as Tensor4D;
}

/** [M, K]^T x [M, N]: an explicit transposition, since the backend's transposed product is 50 times slower. */
export function transposedProduct(tf: Tf, a: Tensor, b: Tensor): Tensor {
  return tf.matMul(tf.transpose(a), b);
}
