import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { gradient } from '../ops/gradient.js';
import { integer } from '../raw.js';
import { check, checkChannels } from './check.js';
import type { KernelLoad } from './library.js';
import { checkWindow, type WindowOptions } from './window.js';

export interface ConvolutionKernels {
  /** Whether `depthwise` serves such a convolution: odd kernels from 3 to 11, strides 1 and 2. */
  servesDepthwise(kernel: number, stride: number): boolean;
  /** x `[N, H, W, C]`, kernel `[k, k, 1, C]`, bias `[C]`. */
  depthwise(x: Tensor4D, kernel: Tensor4D, bias: Tensor1D | null | undefined, options: WindowOptions): Tensor4D;
  /** Whether `groupedConv` serves such a convolution: kernels 3, 5, 7, strides 1 and 2. */
  servesGrouped(kernel: number, stride: number): boolean;
  /** x `[N, H, W, C]`, kernel `[k, k, C / groups, O]`, bias `[O]`; time in proportion to the products. */
  groupedConv(x: Tensor4D, kernel: Tensor4D, bias: Tensor1D | null | undefined, options: GroupedOptions): Tensor4D;
}

export interface GroupedOptions extends WindowOptions {
  readonly groups: number;
}

export function createConvolutionKernels({ tf, one, many }: KernelLoad): ConvolutionKernels {
  const none = () => tf.tensor1d([], 'float32');
  const extent = (height: number, width: number) => tf.zeros([0, height, width]);
  const servesDepthwise = (kernel: number, stride: number) =>
    kernel % 2 === 1 && kernel >= 3 && kernel <= 11 && (stride === 1 || stride === 2);

  const servesGrouped = (kernel: number, stride: number) =>
    [3, 5, 7].includes(kernel) && (stride === 1 || stride === 2);

  return {
    servesDepthwise,

    depthwise(x, kernel, bias, options) {
      const outputs = checkWindow('depthwise', x, kernel, options);
      checkChannels('depthwise', x, { bias });
      const [size, , one_, channels] = kernel.shape;
      check(one_ === 1 && channels === x.shape[3], 'depthwise', `a kernel [k, k, 1, ${x.shape[3]}]`, kernel);
      check(
        servesDepthwise(size, options.stride),
        'depthwise',
        `an odd kernel from 3 to 11 and stride 1 or 2 (${options.stride})`,
        kernel,
      );
      const attributes = [integer('stride', options.stride), integer('padding', options.padding)];
      const [, height, width] = x.shape;
      return gradient(
        tf,
        (map: Tensor, filter: Tensor, ...offset: Tensor[]) =>
          one('Depthwise', attributes, [map, filter, offset[0] ?? none(), extent(...outputs)]),
        (...tensors) => tensors.slice(0, 2),
        (dy, kept) => {
          const [map, filter] = kept as [Tensor, Tensor];
          const dx = one('DepthwiseInputGradient', attributes, [dy, filter, extent(height, width)]);
          const like = bias ? tf.zeros([channels]) : none();
          const [dkernel, dbias] = many('DepthwiseFilterGradient', attributes, [dy, map, filter, like], 2) as [
            Tensor,
            Tensor,
          ];
          return bias ? [dx, dkernel, dbias] : [dx, dkernel];
        },
      )(x, kernel, ...(bias ? [bias] : [])) as Tensor4D;
    },

    servesGrouped,

    groupedConv(x, kernel, bias, options) {
      const { stride, padding, groups } = options;
      const outputs = checkWindow('groupedConv', x, kernel, options);
      const [size, , inputs, channels] = kernel.shape;
      const [, height, width, all] = x.shape;
      const fits = all % groups === 0 && channels % groups === 0 && inputs === all / groups;
      check(fits, 'groupedConv', `channels that fall into ${groups} groups`, x, kernel);
      check(!bias || bias.size === channels, 'groupedConv', `a bias with ${channels} values`, bias);
      check(servesGrouped(size, stride), 'groupedConv', `a kernel of 3, 5 or 7 and stride 1 or 2 (${stride})`, kernel);
      const attributes = [integer('stride', stride), integer('padding', padding), integer('groups', groups)];
      return gradient(
        tf,
        (map: Tensor, filter: Tensor, ...offset: Tensor[]) =>
          one('Grouped', attributes, [map, filter, offset[0] ?? none(), extent(...outputs)]),
        (...tensors) => tensors.slice(0, 2),
        (dy, kept) => {
          const [map, filter] = kept as [Tensor, Tensor];
          const dx = one('GroupedInputGradient', attributes, [dy, filter, tf.zeros([0, height, width, all])]);
          const dkernel = one('GroupedFilterGradient', attributes, [dy, map, filter]);
          return [dx, dkernel, ...(bias ? [one('BiasGradient', [], [dy])] : [])];
        },
      )(x, kernel, ...(bias ? [bias] : [])) as Tensor4D;
    },
  };
}
