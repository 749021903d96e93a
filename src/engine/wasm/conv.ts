import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvOptions, Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import type { Elementwise } from './elementwise.js';
import type { WasmKernels } from './kernels.js';
import { dilate, padForInput } from './taps.js';

type Window = Pick<ConvOptions, 'stride' | 'padding' | 'groups'>;

/**
 * Convolutions and linear layers: forward and input gradients by the backend's convolutions and matrix products, filter
 * gradients and transpositions by our own kernels.
 */
export function createConvolutions(
  kernels: WasmKernels,
  { biasActivation }: Elementwise,
): Pick<Ops, 'conv2d' | 'linear'> {
  const { tf, output, run } = kernels;

  /** [rows, columns] -> [columns, rows]; the backend's own is many times slower, and slower still inside its product. */
  function transposed(x: Tensor, rows: number, columns: number): Tensor2D {
    const y = output([columns, rows]);
    run('transpose', x, y, rows, columns);
    return y as Tensor2D;
  }

  /** [M, K] x [K, N]. */
  const product = gradient(
    tf,
    (x: Tensor, weight: Tensor) => tf.matMul(x, weight),
    (x, weight) => [x, weight],
    (dy, [x, weight]) => {
      const [rows, inputs] = (x as Tensor).shape as [number, number];
      const outputs = dy.shape[1] as number;
      const dweight = output([inputs, outputs]);
      run('productGradient', x as Tensor, dy, dweight, rows, inputs, outputs);
      return [tf.matMul(dy as Tensor2D, transposed(weight as Tensor, inputs, outputs)), dweight];
    },
  );

  const padded = (x: Tensor4D, padding: number): Tensor4D => {
    const sides: [number, number] = [padding, padding];
    return (padding > 0 ? tf.pad(x, [[0, 0], sides, sides, [0, 0]]) : x) as Tensor4D;
  };

  function dense(x: Tensor4D, kernel: Tensor4D, { stride, padding, groups }: Window): Tensor4D {
    if (groups === 1) return tf.conv2d(padded(x, padding), kernel, stride, 'valid');
    const parts = tf.split(padded(x, padding), groups, 3);
    const convolved = tf
      .split(kernel, groups, 3)
      .map((part, at) => tf.conv2d(parts[at] as Tensor4D, part as Tensor4D, stride, 'valid'));
    return tf.concat(convolved, 3) as Tensor4D;
  }

  const convolution = (window: Window) =>
    gradient(
      tf,
      (x: Tensor, kernel: Tensor) => dense(x as Tensor4D, kernel as Tensor4D, window),
      (x, kernel) => [x, kernel],
      (dy, kept) => {
        const [x, kernel] = kept as [Tensor4D, Tensor4D];
        const slope = dy as Tensor4D;
        const dkernel = output(kernel.shape);
        const [rows, columns] = kernel.shape;
        const { stride, padding, groups } = window;
        run(
          'filterGradient',
          x,
          slope,
          dkernel,
          ...x.shape,
          ...slope.shape.slice(1),
          rows,
          columns,
          stride,
          padding,
          groups,
        );
        return [inputGradient(slope, kernel, x, window), dkernel];
      },
    );

  function inputGradient(dy: Tensor4D, kernel: Tensor4D, x: Tensor4D, { stride, padding, groups }: Window): Tensor {
    const [rows, columns] = kernel.shape;
    const [, height, width] = x.shape;
    const patches = rows === stride && columns === stride && padding === 0 && groups === 1;
    if (patches && height === dy.shape[1] * stride && width === dy.shape[2] * stride)
      return patchGradient(dy, kernel, stride);
    const whole = padForInput(tf, dilate(tf, dy, stride), [rows, columns], height, width, padding);
    const flip = (part: Tensor) => tf.transpose(tf.reverse(part, [0, 1]), [0, 1, 3, 2]) as Tensor4D;
    if (groups === 1) return tf.conv2d(whole, flip(kernel), 1, 'valid');
    const parts = tf.split(whole, groups, 3);
    const slopes = tf
      .split(kernel, groups, 3)
      .map((part, at) => tf.conv2d(parts[at] as Tensor4D, flip(part), 1, 'valid'));
    return tf.concat(slopes, 3);
  }

  /** Windows that do not overlap: one matrix product, then every patch back to its place. */
  function patchGradient(dy: Tensor4D, kernel: Tensor4D, stride: number): Tensor {
    const [, , inputs, outputs] = kernel.shape;
    const [batch, height, width] = dy.shape;
    const columns = stride * stride * inputs;
    const patches = tf.matMul(tf.reshape(dy, [-1, outputs]) as Tensor2D, transposed(kernel, columns, outputs));
    const split = tf.reshape(patches, [batch, height, width, stride, stride, inputs]);
    return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [batch, height * stride, width * stride, inputs]);
  }

  const depthwise = ({ stride, padding }: Window) =>
    gradient(
      tf,
      (x: Tensor, kernel: Tensor) =>
        tf.depthwiseConv2d(padded(x as Tensor4D, padding), kernel as Tensor4D, stride, 'valid'),
      (x, kernel) => [x, kernel],
      (dy, kept) => {
        const [x, kernel] = kept as [Tensor4D, Tensor4D];
        const slope = dy as Tensor4D;
        const dkernel = output(kernel.shape);
        const [rows, columns] = kernel.shape;
        const [, height, width] = x.shape;
        run(
          'depthwiseFilterGradient',
          x,
          slope,
          dkernel,
          ...x.shape,
          ...slope.shape.slice(1, 3),
          rows,
          columns,
          stride,
          padding,
        );
        const whole = padForInput(tf, dilate(tf, slope, stride), [rows, columns], height, width, padding);
        return [tf.depthwiseConv2d(whole, tf.reverse(kernel, [0, 1]), 1, 'valid'), dkernel];
      },
    );

  function convolve(x: Tensor4D, kernel: Tensor4D, window: Window): Tensor {
    const [rows, columns, inputs, outputs] = kernel.shape;
    const { stride, padding, groups } = window;
    if (groups === 1 && rows === 1 && columns === 1 && stride === 1 && padding === 0) {
      const y = product(tf.reshape(x, [-1, inputs]), tf.reshape(kernel, [inputs, outputs]));
      return tf.reshape(y, [...x.shape.slice(0, 3), outputs]);
    }
    if (groups > 1 && groups === x.shape[3] && groups === outputs) {
      return depthwise(window)(x, tf.reshape(kernel, [rows, columns, groups, 1]));
    }
    return convolution(window)(x, kernel);
  }

  return {
    conv2d: (x, kernel, { bias, activation, ...window }) =>
      biasActivation(convolve(x, kernel, window), bias, activation) as Tensor4D,
    linear(x, weight, bias, activation) {
      const [inputs, outputs] = weight.shape;
      const y = biasActivation(product(tf.reshape(x, [-1, inputs]), weight), bias, activation);
      return tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
    },
  };
}
