import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvOptions, Ops } from '../ops.js';
import { outputSize } from '../output-size.js';
import { gradient, gradientOnDemand } from '../tensorflow/ops/gradient.js';
import type { Elementwise } from './elementwise.js';
import type { WasmKernels } from './kernels.js';

type Window = Pick<ConvOptions, 'stride' | 'padding'>;

/** Floats in which a kernel lays out its geometry, to say how much scratch memory it needs: HEAD in native/wasm/kernels/grid.ts. */
const GEOMETRY = 128;

/** Convolutions and linear layers by our own kernels, gradients included. */
export function createConvolutions(
  { tf, output, run, count, scratch }: WasmKernels,
  { activation }: Elementwise,
): Pick<Ops, 'conv2d' | 'linear'> {
  /** Sums of dy's channels: the gradient of a bias. */
  function biasGradient(dy: Tensor): Tensor {
    const columns = dy.shape.at(-1) as number;
    const sums = output([columns]);
    run('columnSums', dy, sums, scratch(4 * columns), dy.size / columns, columns);
    return sums;
  }

  /** dy before the GELU of `value`, and the sums of its channels. */
  function beforeGelu(value: Tensor, dy: Tensor): { readonly dx: Tensor; readonly sums: Tensor } {
    const columns = dy.shape.at(-1) as number;
    const [dx, sums] = [output(dy.shape), output([columns])];
    run('geluColumnGradient', value, dy, dx, sums, scratch(4 * columns), dy.size / columns, columns);
    return { dx, sums };
  }

  /** `[N, H, W, C]` by `[rows, columns, C, O]` and a bias `[O]`, if there is one; GELU after it in the same pass. */
  function dense(
    x: Tensor4D,
    kernel: Tensor4D,
    bias: Tensor1D | null,
    { stride, padding }: Window,
    gelu = false,
  ): Tensor4D {
    const [rows, columns, , outputs] = kernel.shape;
    const [samples, height, width] = x.shape;
    const sides = [outputSize(height, rows, stride, padding), outputSize(width, columns, stride, padding)] as const;
    const sizes = [...x.shape, ...sides, outputs, rows, columns, stride, padding];
    const call = (
      name: 'convolution' | 'convolutionInputGradient' | 'convolutionFilterGradient',
      ...tensors: readonly (Tensor | null)[]
    ): void => {
      const floats = count(`${name}Scratch`, scratch(GEOMETRY), ...sizes);
      run(name, ...tensors, scratch(floats), ...sizes);
    };
    const before: Tensor[] = [];
    return gradientOnDemand(
      tf,
      (map: Tensor, weights: Tensor, ...offset: Tensor[]) => {
        const y = output([samples, ...sides, outputs]);
        const activated = gelu ? output(y.shape) : null;
        if (activated) before.push(y);
        call('convolution', map, weights, offset[0] ?? null, y, activated);
        return activated ?? y;
      },
      (map, ...rest) => [map, rest[0] as Tensor, ...before],
      (dy, kept) => {
        const [map, weights, value] = kept as [Tensor, Tensor, Tensor | undefined];
        const { dx: dvalue, sums } = value ? beforeGelu(value, dy) : { dx: dy, sums: null };
        const product = (name: 'convolutionInputGradient' | 'convolutionFilterGradient', by: Tensor, like: Tensor) => {
          const result = output(like.shape);
          call(name, dvalue, by, result);
          return result;
        };
        return [
          () => product('convolutionInputGradient', weights, map),
          () => product('convolutionFilterGradient', map, weights),
          () => sums ?? biasGradient(dy),
        ];
      },
    )(x, kernel, ...(bias ? [bias] : [])) as Tensor4D;
  }

  /** `[N, H, W, C]` by `[rows, columns, 1, C]`, a filter a channel. */
  function depthwise(x: Tensor4D, kernel: Tensor4D, bias: Tensor1D | null, { stride, padding }: Window): Tensor4D {
    const [rows, columns] = kernel.shape;
    const [samples, height, width, channels] = x.shape;
    const sides = [outputSize(height, rows, stride, padding), outputSize(width, columns, stride, padding)] as const;
    const taps = [rows, columns, stride, padding];
    const floats = count('depthwiseScratch', height, width, channels, ...sides, columns, stride);
    return gradient(
      tf,
      (map: Tensor, weights: Tensor, ...offset: Tensor[]) => {
        const y = output([samples, ...sides, channels]);
        const tensors = [map, weights, offset[0] ?? null, y];
        run('depthwise', ...tensors, scratch(floats), ...x.shape, ...sides, ...taps, 0);
        return y;
      },
      (map, ...rest) => [map, rest[0] as Tensor],
      (dy, kept) => {
        const [map, weights] = kept as [Tensor, Tensor];
        const [dx, dkernel] = [output(x.shape), output(kernel.shape)];
        const room = scratch(floats);
        run('depthwise', dy, weights, null, dx, room, ...dy.shape, height, width, ...taps, 1);
        run('depthwiseFilterGradient', dy, map, dkernel, room, ...x.shape, ...sides, ...taps);
        return [dx, dkernel, ...(bias ? [biasGradient(dy)] : [])];
      },
    )(x, kernel, ...(bias ? [bias] : [])) as Tensor4D;
  }

  function convolve(x: Tensor4D, kernel: Tensor4D, bias: Tensor1D | null, groups: number, window: Window): Tensor4D {
    const [rows, columns, , outputs] = kernel.shape;
    if (groups === 1) return dense(x, kernel, bias, window);
    if (groups === x.shape[3] && groups === outputs) {
      return depthwise(x, tf.reshape(kernel, [rows, columns, groups, 1]) as Tensor4D, bias, window);
    }
    const maps = tf.split(x, groups, 3);
    const biases = bias && tf.split(bias, groups);
    const parts = tf
      .split(kernel, groups, 3)
      .map((part, at) =>
        dense(maps[at] as Tensor4D, part as Tensor4D, (biases?.[at] ?? null) as Tensor1D | null, window),
      );
    return tf.concat(parts, 3) as Tensor4D;
  }

  return {
    conv2d(x, kernel, { bias, activation: kind, groups, ...window }) {
      if (groups === 1 && kind === 'gelu') return dense(x, kernel, bias ?? null, window, true);
      const y = convolve(x, kernel, bias ?? null, groups, window);
      return (kind ? activation(y, kind) : y) as Tensor4D;
    },
    linear(x, weight, bias, kind) {
      const [inputs, outputs] = weight.shape;
      const rows = tf.reshape(x, [-1, 1, 1, inputs]) as Tensor4D;
      const kernel = tf.reshape(weight, [1, 1, inputs, outputs]) as Tensor4D;
      const value = dense(rows, kernel, bias ?? null, { stride: 1, padding: 0 }, kind === 'gelu');
      const y = tf.reshape(value, [...x.shape.slice(0, -1), outputs]);
      return kind === 'relu' ? activation(y, kind) : y;
    },
  };
}
