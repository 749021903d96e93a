import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { checkWhole, defineLayer, LayerError, type ParameterSpec, type Shape } from './layer.js';

export interface ConvOptions {
  readonly out: number;
  readonly kernel: number;
  readonly stride: number;
  /** Zeros on every side; PyTorch's symmetric padding. */
  readonly padding: number;
  readonly groups: number;
  readonly bias: boolean;
}

/** Output side of a window of `kernel` pixels: PyTorch's floor((size + 2 padding - kernel) / stride) + 1. */
export function windowedSide(size: number, kernel: number, stride: number, padding: number): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/** 2-D convolution with any number of groups: dense, grouped or depthwise. */
export const conv = defineLayer<ConvOptions>({
  kind: 'conv',
  fusesActivation: true,

  outputShape({ out, kernel, stride, padding, groups }, input) {
    checkWhole({ out, kernel, stride, padding, groups }, { out: 1, kernel: 1, stride: 1, padding: 0, groups: 1 });
    const [height, width, channels] = spatial(input);
    if (channels % groups !== 0 || out % groups !== 0) {
      throw new LayerError(`${groups} groups divide neither ${channels} input nor ${out} output channels evenly`);
    }
    const shape = [windowedSide(height, kernel, stride, padding), windowedSide(width, kernel, stride, padding), out];
    if ((shape[0] as number) < 1 || (shape[1] as number) < 1) {
      throw new LayerError(
        `a ${kernel}x${kernel} convolution with stride ${stride} does not fit a ${height}x${width} map`,
      );
    }
    return shape;
  },

  parameters({ out, kernel, groups, bias }, input): ParameterSpec[] {
    const fanIn = (spatial(input)[2] / groups) * kernel * kernel;
    const init = { kind: 'fan-in-uniform', fanIn } as const;
    const weight = {
      name: 'weight',
      shape: [kernel, kernel, spatial(input)[2] / groups, out],
      init,
      decay: true,
      trainable: true,
    };
    return bias ? [weight, { name: 'bias', shape: [out], init, decay: false, trainable: true }] : [weight];
  },

  operations({ out, kernel, stride, padding, groups, bias }, input) {
    const [height, width, channels] = spatial(input);
    const positions =
      windowedSide(height, kernel, stride, padding) * windowedSide(width, kernel, stride, padding) * out;
    return { macs: positions * kernel * kernel * (channels / groups), bias: bias ? positions : 0 };
  },

  window: ({ kernel, stride }) => ({ kernel, stride }),

  forward({ stride, padding, groups, bias }, x, { ops, parameter }, activation) {
    return ops.conv2d(x as Tensor4D, parameter('weight') as Tensor4D, {
      stride,
      padding,
      groups,
      bias: bias ? (parameter('bias') as Tensor1D) : undefined,
      activation,
    });
  },
});

function spatial(shape: Shape): [number, number, number] {
  if (shape.length !== 3) throw new LayerError(`expected a map [H, W, C], found [${shape.join(', ')}]`);
  return shape as unknown as [number, number, number];
}
