import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Precision } from '../../engine.js';
import type { Activation, Ops } from '../../ops.js';
import type { OpAttribute } from '../binding.js';
import { flag, floatType, INT32, integer, type Raw, text } from '../raw.js';
import type { Kernels } from '../kernels.js';
import type { Activations } from './activation.js';
import { gradient } from './gradient.js';

type Tf = typeof import('@tensorflow/tfjs-core');

export interface ConvolutionOptions {
  readonly kernels: Kernels | null;
  /** What factors of dense convolutions and matrix products are made of: the fused kernels' only. */
  readonly precision: Precision;
}

/**
 * Convolutions and linear layers by the fused kernels where they are, else by TensorFlow's own ops and their gradients by
 * name.
 */
export function createConvolutions(
  tf: Tf,
  raw: Raw,
  { activation }: Activations,
  { kernels, precision }: ConvolutionOptions,
): Pick<Ops, 'conv2d' | 'linear'> {
  const format = text('data_format', 'NHWC');

  const biasAdd = gradient(
    tf,
    (x: Tensor, bias: Tensor) => raw.one('BiasAdd', [floatType(), format], [x, bias]),
    () => [],
    (dy) => [dy, raw.one('BiasAddGrad', [floatType(), format], [dy])],
  );

  const product = (a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor =>
    raw.one('MatMul', [floatType(), flag('transpose_a', transposeA), flag('transpose_b', transposeB)], [a, b]);

  /** [M, K] x [K, N]. */
  const matMul = gradient(
    tf,
    (x: Tensor, weight: Tensor) => product(x, weight, false, false),
    (x, weight) => [x, weight],
    (dy, [x, weight]) => [product(dy, weight as Tensor, false, true), product(x as Tensor, dy, true, false)],
  );

  function windowAttributes(kernel: number, stride: number, padding: number): OpAttribute[] {
    const window = [floatType(), integer('strides', [1, stride, stride, 1]), format];
    if (padding === 0) return [...window, text('padding', 'VALID')];
    // At stride 1 both paddings are the same, and this one's gradients take TensorFlow's faster path.
    if (stride === 1 && 2 * padding + 1 === kernel) return [...window, text('padding', 'SAME')];
    const explicit = [0, 0, padding, padding, padding, padding, 0, 0];
    return [...window, text('padding', 'EXPLICIT'), integer('explicit_paddings', explicit)];
  }

  /** One of TensorFlow's families of three ops: forward, input gradient, filter gradient. */
  function convolution(family: 'Conv2D' | 'DepthwiseConv2dNative', kernel: number, stride: number, padding: number) {
    const attributes = windowAttributes(kernel, stride, padding);
    const sizes = (tensor: Tensor) => tf.tensor1d([...tensor.shape], 'int32');
    return gradient(
      tf,
      (x: Tensor, weights: Tensor) => raw.one(family, attributes, [x, weights]),
      (x, weights) => [x, weights],
      (dy, [x, weights]) => [
        raw.one(`${family}BackpropInput`, attributes, [sizes(x as Tensor), weights as Tensor, dy]),
        raw.one(`${family}BackpropFilter`, attributes, [x as Tensor, sizes(weights as Tensor), dy]),
      ],
    );
  }

  /** Every stride-th row and column. */
  function subsample(x: Tensor, stride: number): Tensor {
    const bounds = (values: readonly number[]) => tf.tensor1d([...values], 'int32');
    const range = () => [bounds([0, 0, 0, 0]), bounds(x.shape), bounds([1, stride, stride, 1])];
    const attributes = [floatType(), { name: 'Index', type: 4, value: INT32 }];
    return gradient(
      tf,
      (map: Tensor) => raw.one('StridedSlice', attributes, [map, ...range()]),
      () => [],
      (dy) => [raw.one('StridedSliceGrad', attributes, [bounds(x.shape), ...range(), dy])],
    )(x);
  }

  /** A matrix product; TensorFlow's own gradient of a strided 1x1 convolution writes out of bounds on the CPU. */
  function pointwise(map: Tensor4D, kernel: Tensor4D, stride: number): Tensor {
    const x = stride === 1 ? map : subsample(map, stride);
    const [, , inputs, outputs] = kernel.shape;
    const y = matMul(tf.reshape(x, [-1, inputs]), tf.reshape(kernel, [inputs, outputs]));
    return tf.reshape(y, [...x.shape.slice(0, 3), outputs]);
  }

  function convolve(x: Tensor4D, kernel: Tensor4D, stride: number, padding: number, groups: number): Tensor {
    const [height, width, , outputs] = kernel.shape;
    if (groups === 1 && height === 1 && width === 1 && padding === 0) return pointwise(x, kernel, stride);
    if (groups === 1) return convolution('Conv2D', height, stride, padding)(x, kernel);
    if (groups === x.shape[3] && groups === outputs) {
      const filter = tf.reshape(kernel, [height, width, groups, 1]);
      return convolution('DepthwiseConv2dNative', height, stride, padding)(x, filter);
    }
    const dense = convolution('Conv2D', height, stride, padding);
    const parts = tf.split(x, groups, 3);
    return tf.concat(
      tf.split(kernel, groups, 3).map((part, at) => dense(parts[at] as Tensor, part)),
      3,
    );
  }

  function finish(y: Tensor, bias: Tensor1D | null | undefined, kind: Activation | null | undefined): Tensor {
    if (bias && kernels) return kernels.biasActivation(y, bias, kind ?? null);
    const biased = bias ? biasAdd(y, bias) : y;
    return kind ? activation(biased, kind) : biased;
  }

  return {
    conv2d(x, kernel, { stride, padding, groups, bias, activation: kind }) {
      const depthwise = groups === x.shape[3] && groups === kernel.shape[3];
      if (kernels && depthwise && kernels.servesDepthwise(kernel.shape[0], stride)) {
        const y = kernels.depthwise(x, kernel, bias, { stride, padding });
        return (kind ? activation(y, kind) : y) as Tensor4D;
      }
      if (kernels && groups > 1 && kernels.servesGrouped(kernel.shape[0], stride)) {
        const y = kernels.groupedConv(x, kernel, bias, { stride, padding, groups });
        return (kind ? activation(y, kind) : y) as Tensor4D;
      }
      if (kernels && groups === 1 && kernels.servesDense(kernel.shape[0])) {
        return kernels.dense(x, kernel, { stride, padding, bias, activation: kind, precision });
      }
      return finish(convolve(x, kernel, stride, padding, groups), bias, kind) as Tensor4D;
    },

    linear(x: Tensor, weight: Tensor2D, bias?: Tensor1D | null, kind: Activation | null = null) {
      const [inputs, outputs] = weight.shape;
      const shape = [...x.shape.slice(0, -1), outputs];
      if (kernels) {
        const rows = tf.reshape(x, [-1, 1, 1, inputs]) as Tensor4D;
        const kernel = tf.reshape(weight, [1, 1, inputs, outputs]) as Tensor4D;
        // A classifier, which has one row a sample, stays float32: two classes' scores in bfloat16 would often be equal.
        const ofClasses = x.rank <= 2;
        const options = { stride: 1, padding: 0, bias, activation: kind, precision: ofClasses ? 'float32' : precision };
        return tf.reshape(kernels.dense(rows, kernel, options), shape);
      }
      return tf.reshape(finish(matMul(tf.reshape(x, [-1, inputs]), weight), bias, kind), shape);
    },
  };
}
