import type { Tensor4D } from '@tensorflow/tfjs-core';
import { windowedSide } from './conv.js';
import { checkWhole, defineLayer, LayerError } from './layer.js';

export interface MaxPoolOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Max pool, padded with -infinity as PyTorch's. */
export const maxPool = defineLayer<MaxPoolOptions>({
  kind: 'max-pool',
  outputShape({ kernel, stride, padding }, input) {
    checkWhole({ kernel, stride, padding }, { kernel: 1, stride: 1, padding: 0 });
    const [height, width, channels] = input as [number, number, number];
    const shape = [
      windowedSide(height, kernel, stride, padding),
      windowedSide(width, kernel, stride, padding),
      channels,
    ];
    if ((shape[0] as number) < 1 || (shape[1] as number) < 1) {
      throw new LayerError(`a ${kernel}x${kernel} pool with stride ${stride} does not fit a ${height}x${width} map`);
    }
    return shape;
  },
  parameters: () => [],
  operations: (_, input) => ({ maxPool: input.reduce((product, side) => product * side, 1) }),
  window: ({ kernel, stride }) => ({ kernel, stride }),
  forward: (options, x, { ops }) => ops.maxPool(x as Tensor4D, options),
});

/** Mean over all positions: `[H, W, C]` -> `[C]`. */
export const globalAveragePool = defineLayer<null>({
  kind: 'global-average-pool',
  outputShape: (_, input) => [input.at(-1) as number],
  parameters: () => [],
  operations: (_, input) => ({ globalPool: input.reduce((product, side) => product * side, 1) }),
  forward: (_, x, { ops }) => ops.globalAveragePool(x as Tensor4D),
});
