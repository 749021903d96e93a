import type { Tensor4D } from '@tensorflow/tfjs-core';
import { defineLayer, LayerError } from './layer.js';

export interface WindowPaddingOptions {
  readonly window: number;
}

/**
 * Rows and columns of zeros at the end of a map, so that windows of a fixed size cut it without a rest: `[H, W, C]` ->
 * both sides up to the next multiple of `window`. As torchvision's `shifted_window_attention` and the authors' code for
 * detection have it: before the queries, keys and values, and before the shift.
 */
export const windowPadding = defineLayer<WindowPaddingOptions>({
  kind: 'window-padding',
  outputShape({ window }, input) {
    const [height, width, channels] = input as [number, number, number];
    return [upTo(height, window), upTo(width, window), channels];
  },
  parameters: () => [],
  operations: () => ({}),
  forward({ window }, x, { ops: { tf } }) {
    const [, height, width] = x.shape as [number, number, number, number];
    const rows = upTo(height, window) - height;
    const columns = upTo(width, window) - width;
    return tf.pad4d(x as Tensor4D, [
      [0, 0],
      [0, rows],
      [0, columns],
      [0, 0],
    ]);
  },
});

export interface CropOptions {
  readonly height: number;
  readonly width: number;
}

/** The first `height` rows and `width` columns of a map: what padding for windows had added goes. */
export const crop = defineLayer<CropOptions>({
  kind: 'crop',
  outputShape({ height, width }, input) {
    const [rows, columns, channels] = input as [number, number, number];
    if (height > rows || width > columns) {
      throw new LayerError(`a ${rows}x${columns} map has no ${height}x${width} of it to keep`);
    }
    return [height, width, channels];
  },
  parameters: () => [],
  operations: () => ({}),
  forward({ height, width }, x, { ops: { tf } }) {
    return tf.slice4d(x as Tensor4D, [0, 0, 0, 0], [-1, height, width, -1]);
  },
});

const upTo = (side: number, window: number): number => Math.ceil(side / window) * window;
