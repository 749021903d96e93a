import type { Tensor4D } from '@tensorflow/tfjs-core';

type Tf = typeof import('@tensorflow/tfjs-core');

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

/**
 * Pads a dilated output gradient so that a flipped kernel slid over it gives the gradient of a `height` x `width` map
 * that was itself padded; padding beyond the kernel's reach cuts instead.
 */
export function padForInput(
  tf: Tf,
  dilated: Tensor4D,
  [kernelHeight, kernelWidth]: readonly [number, number],
  height: number,
  width: number,
  padding: number,
): Tensor4D {
  const [batch, rows, columns, channels] = dilated.shape;
  const top = kernelHeight - 1 - padding;
  const left = kernelWidth - 1 - padding;
  const bottom = height + kernelHeight - 1 - rows - top;
  const right = width + kernelWidth - 1 - columns - left;
  const wide = tf.pad(dilated, [
    [0, 0],
    [Math.max(0, top), Math.max(0, bottom)],
    [Math.max(0, left), Math.max(0, right)],
    [0, 0],
  ]) as Tensor4D;
  if (Math.min(top, bottom, left, right) >= 0) return wide;
  const size: [number, number, number, number] = [batch, height + kernelHeight - 1, width + kernelWidth - 1, channels];
  return tf.slice(wide, [0, Math.max(0, -top), Math.max(0, -left), 0], size);
}
