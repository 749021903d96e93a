import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Precision } from '../../engine.js';
import type { Activation } from '../../ops.js';
import { gradient } from '../ops/gradient.js';
import { integer } from '../raw.js';
import { check } from './check.js';
import { suffix } from './elementwise.js';
import type { KernelLoad } from './library.js';
import { checkWindow, type WindowOptions } from './window.js';

export interface DenseOptions extends WindowOptions {
  readonly bias?: Tensor1D | null | undefined;
  readonly activation?: Activation | null | undefined;
  /**
   * What factors are made of, also the gradients'; sums, bias and activation stay float32, as do factors of 3x3
   * convolutions where Winograd's filtering saves more than half of the products, or for bfloat16x3 any. Of that a product is
   * within 3 x 2^-18 of itself.
   */
  readonly precision?: Precision;
}

export interface DenseKernels {
  /** Whether `dense` serves such a convolution: kernels up to 16. */
  servesDense(kernel: number): boolean;
  /**
   * activation(convolution of x `[N, H, W, C]` by kernel `[k, k, C, O]` + bias `[O]`). A matrix product is a window of
   * kernel 1 over `[rows, 1, 1, C]`.
   */
  dense(x: Tensor4D, kernel: Tensor4D, options: DenseOptions): Tensor4D;
}

/** How many pieces of bfloat16 factors are made of (native/kernels/bfloat16.h). */
const PIECES: Readonly<Record<Precision, number>> = { float32: 0, bfloat16: 1, bfloat16x3: 2 };

export function createDenseKernels({ tf, one, many }: KernelLoad): DenseKernels {
  const none = () => tf.tensor1d([], 'float32');
  const extent = (height: number, width: number) => tf.zeros([0, height, width]);
  const servesDense = (kernel: number) => kernel >= 1 && kernel <= 16;

  return {
    servesDense,

    dense(x, kernel, { bias, activation: kind, stride, padding, precision = 'float32' }) {
      const outputs = checkWindow('dense', x, kernel, { stride, padding });
      const [size, , inputs, channels] = kernel.shape;
      check(inputs === x.shape[3], 'dense', `a kernel [k, k, ${x.shape[3]}, O]`, kernel);
      check(!bias || bias.size === channels, 'dense', `a bias with ${channels} values`, bias);
      check(servesDense(size), 'dense', 'a kernel of at most 16', kernel);
      const pieces = integer('pieces', PIECES[precision]);
      const attributes = [integer('stride', stride), integer('padding', padding), pieces];
      const [, height, width] = x.shape;
      const name = `Dense${suffix(kind)}`;
      /** What GELU's gradient needs: the convolution before its bias. */
      const before: Tensor[] = [];

      function throughActivation(dy: Tensor, at: Tensor | undefined, offset: Tensor): [Tensor, Tensor | null] {
        if (kind === 'relu') return [one('ReluGradient', [], [dy, at as Tensor]), null];
        if (kind !== 'gelu') return [dy, null];
        if (!bias) return [one('GeluGradient', [], [dy, at as Tensor]), null];
        return many('BiasGeluGradient', [], [dy, at as Tensor, offset], 2) as [Tensor, Tensor];
      }

      return gradient(
        tf,
        (map: Tensor, filter: Tensor, ...offset: Tensor[]) => {
          const given = [map, filter, offset[0] ?? none(), extent(...outputs)];
          const [y, ...rest] = many(name, attributes, given, kind === 'gelu' ? 2 : 1) as [Tensor, ...Tensor[]];
          before.push(...rest);
          return y;
        },
        (...tensors) => [
          ...tensors.slice(0, 2),
          ...(kind === 'gelu' ? before : kind === 'relu' ? tensors.slice(-1) : []),
        ],
        (dy, [map, filter, at]) => {
          const offset = bias ?? none();
          const [slopes, summed] = throughActivation(dy, at, offset);
          const dx = one('DenseInputGradient', attributes, [slopes, filter as Tensor, extent(height, width)]);
          const like = summed ? none() : offset;
          const given = [slopes, map as Tensor, filter as Tensor, like];
          const [dkernel, dbias] = many('DenseFilterGradient', attributes, given, 2) as [Tensor, Tensor];
          return bias ? [dx, dkernel, summed ?? dbias] : [dx, dkernel];
        },
      )(x, kernel, ...(bias ? [bias] : [])) as Tensor4D;
    },
  };
}
