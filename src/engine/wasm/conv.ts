import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { dilate, padForInput, type Sliding, tap, transposedProduct } from './taps.js';

type Tf = typeof import('@tensorflow/tfjs-core');
type Convolve = (x: Tensor4D, kernel: Tensor4D, stride: number) => Tensor4D;
type Save = (tensors: Tensor[]) => void;

/** Dense convolution of an unpadded map, with both gradients from matrix products and convolutions. */
export function createConvolution(tf: Tf): Convolve {
  return (x, kernel, stride) =>
    tf.customGrad((...given: unknown[]) => {
      const [input, weights, save] = given as [Tensor4D, Tensor4D, Save];
      save([input, weights]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const [at, filter] = saved as [Tensor4D, Tensor4D];
        return [
          inputGradient(dy as Tensor4D, filter, at.shape, stride),
          filterGradient(at, dy as Tensor4D, filter.shape, stride),
        ];
      };
      return { value: forward(input, weights, stride), gradFunc };
    })(x, kernel) as Tensor4D;

  function forward(x: Tensor4D, kernel: Tensor4D, stride: number): Tensor {
    const [height, width, inputs, outputs] = kernel.shape;
    if (height > 1 || width > 1 || stride > 1) return tf.conv2d(x, kernel, stride, 'valid');
    const y = tf.matMul(tf.reshape(x, [-1, inputs]), tf.reshape(kernel, [inputs, outputs]));
    return tf.reshape(y, [...x.shape.slice(0, 3), outputs]);
  }

  function filterGradient(x: Tensor4D, dy: Tensor4D, shape: readonly number[], stride: number): Tensor {
    const [height, width, inputs, outputs] = shape as [number, number, number, number];
    const sliding: Sliding = { stride, outHeight: dy.shape[1], outWidth: dy.shape[2] };
    const taps: Tensor[] = [];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        taps.push(tf.reshape(tap(tf, x, row, column, sliding), [-1, inputs]));
      }
    }
    const patches = taps.length > 1 ? tf.concat(taps, 1) : (taps[0] as Tensor);
    return tf.reshape(transposedProduct(tf, patches, tf.reshape(dy, [-1, outputs])), [...shape]);
  }

  function inputGradient(dy: Tensor4D, kernel: Tensor4D, shape: readonly number[], stride: number): Tensor {
    const [kernelHeight, kernelWidth, inputs, outputs] = kernel.shape;
    const [batch, height, width] = shape as [number, number, number];
    const patches = kernelHeight === stride && kernelWidth === stride;
    if (patches && height === dy.shape[1] * stride && width === dy.shape[2] * stride) {
      return patchGradient(dy, kernel, stride);
    }
    if (kernelHeight === 1 && kernelWidth === 1) {
      const flat = tf.matMul(tf.reshape(dy, [-1, outputs]), tf.transpose(tf.reshape(kernel, [inputs, outputs])));
      const spread = dilate(tf, tf.reshape(flat, [batch, dy.shape[1], dy.shape[2], inputs]) as Tensor4D, stride);
      return tf.pad(spread, [
        [0, 0],
        [0, height - spread.shape[1]],
        [0, width - spread.shape[2]],
        [0, 0],
      ]);
    }
    const flipped = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]) as Tensor4D;
    const padded = padForInput(tf, dilate(tf, dy, stride), [kernelHeight, kernelWidth], height, width);
    return tf.conv2d(padded, flipped, 1, 'valid');
  }

  /** Windows that do not overlap: one matrix product, then every patch back to its place. */
  function patchGradient(dy: Tensor4D, kernel: Tensor4D, stride: number): Tensor {
    const [, , inputs, outputs] = kernel.shape;
    const [batch, height, width] = dy.shape;
    const weights = tf.reshape(tf.transpose(kernel, [3, 0, 1, 2]), [outputs, stride * stride * inputs]);
    const patches = tf.matMul(tf.reshape(dy, [-1, outputs]), weights);
    const placed = tf.transpose(
      tf.reshape(patches, [batch, height, width, stride, stride, inputs]),
      [0, 1, 3, 2, 4, 5],
    );
    return tf.reshape(placed, [batch, height * stride, width * stride, inputs]);
  }
}

/** Depthwise convolution of an unpadded map; kernel `[kh, kw, C, 1]`. */
export function createDepthwise(tf: Tf): Convolve {
  return (x, kernel, stride) =>
    tf.customGrad((...given: unknown[]) => {
      const [input, weights, save] = given as [Tensor4D, Tensor4D, Save];
      save([input, weights]);
      const gradFunc = (dy: Tensor, saved: Tensor[]) => {
        const [at, filter] = saved as [Tensor4D, Tensor4D];
        return [
          inputGradient(dy as Tensor4D, filter, at.shape, stride),
          filterGradient(at, dy as Tensor4D, filter.shape, stride),
        ];
      };
      return { value: tf.depthwiseConv2d(input, weights, stride, 'valid'), gradFunc };
    })(x, kernel) as Tensor4D;

  function inputGradient(dy: Tensor4D, kernel: Tensor4D, shape: readonly number[], stride: number): Tensor {
    const [height, width] = [shape[1] as number, shape[2] as number];
    const padded = padForInput(tf, dilate(tf, dy, stride), [kernel.shape[0], kernel.shape[1]], height, width);
    return tf.depthwiseConv2d(padded, tf.reverse(kernel, [0, 1]), 1, 'valid');
  }

  function filterGradient(x: Tensor4D, dy: Tensor4D, shape: readonly number[], stride: number): Tensor {
    const [height, width, channels] = shape as [number, number, number];
    const [batch, outHeight, outWidth] = dy.shape;
    // A product with ones sums over positions several times faster than the backend's Sum.
    const ones = tf.ones([1, batch * outHeight * outWidth]);
    const sums: Tensor[] = [];
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const seen = tap(tf, x, row, column, { stride, outHeight, outWidth });
        sums.push(tf.tidy(() => tf.matMul(ones, tf.reshape(tf.mul(seen, dy), [-1, channels]))));
      }
    }
    return tf.reshape(tf.concat(sums, 0), [...shape]);
  }
}
