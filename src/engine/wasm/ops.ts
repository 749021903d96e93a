import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Ops } from '../ops.js';
import { createReferenceOps } from '../reference/ops.js';
import { createConvolution, createDepthwise } from './conv.js';
import { createMaxPool } from './pool.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/**
 * The reference's composites, with what the backend lacks or gets wrong supplied: the filter gradients of convolutions,
 * both gradients of depthwise ones, and that of max pool. Each is composed from the backend's own fast kernels.
 */
export function createWasmOps(tf: Tf): Ops {
  const reference = createReferenceOps(tf);
  const convolution = createConvolution(tf);
  const depthwise = createDepthwise(tf);

  function convolve(x: Tensor4D, kernel: Tensor4D, stride: number, groups: number): Tensor4D {
    const [height, width, , outputs] = kernel.shape;
    if (groups === 1) return convolution(x, kernel, stride);
    if (groups === x.shape[3] && groups === outputs) {
      return depthwise(x, tf.reshape(kernel, [height, width, groups, 1]) as Tensor4D, stride);
    }
    const parts = tf.split(x, groups, 3);
    const kernels = tf.split(kernel, groups, 3);
    const made = parts.map((part, at) => convolution(part as Tensor4D, kernels[at] as Tensor4D, stride));
    return tf.concat(made, 3) as Tensor4D;
  }

  return {
    ...reference,
    conv2d(x, kernel, { stride, padding, groups, bias, activation }) {
      const sides: [number, number] = [padding, padding];
      const padded = (padding > 0 ? tf.pad(x, [[0, 0], sides, sides, [0, 0]]) : x) as Tensor4D;
      const y: Tensor = convolve(padded, kernel, stride, groups);
      const biased = bias ? tf.add(y, bias) : y;
      return (activation ? reference.activation(biased, activation) : biased) as Tensor4D;
    },
    maxPool: createMaxPool(tf),
  };
}
