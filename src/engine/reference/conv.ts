import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Activation, Ops } from '../ops.js';

type Tf = typeof import('@tensorflow/tfjs-core');
type Activate = (x: Tensor, kind: Activation | null | undefined) => Tensor;

/**
 * Convolution with PyTorch's padding: pad, then 'valid', since tfjs's gradients do not take explicit padding. Depthwise
 * where every channel is a group of its own; other groups one after the other, over slices of the channels.
 */
export function createConv2d(tf: Tf, activate: Activate): Ops['conv2d'] {
  return (x, kernel, { stride, padding, groups, bias, activation }) => {
    const sides: [number, number] = [padding, padding];
    const padded = (padding > 0 ? tf.pad(x, [[0, 0], sides, sides, [0, 0]]) : x) as Tensor4D;
    const y = convolve(padded, kernel, stride, groups);
    return activate(bias ? tf.add(y, bias) : y, activation) as Tensor4D;
  };

  function convolve(x: Tensor4D, kernel: Tensor4D, stride: number, groups: number): Tensor4D {
    if (groups === 1) return tf.conv2d(x, kernel, stride, 'valid');
    const [height, width, , outputs] = kernel.shape;
    if (groups === x.shape[3] && groups === outputs) {
      return tf.depthwiseConv2d(x, tf.reshape(kernel, [height, width, groups, 1]) as Tensor4D, stride, 'valid');
    }
    const inputs = tf.split(x, groups, 3);
    const kernels = tf.split(kernel, groups, 3);
    return tf.concat(
      inputs.map((part, at) => tf.conv2d(part as Tensor4D, kernels[at] as Tensor4D, stride, 'valid')),
      3,
    ) as Tensor4D;
  }
}
