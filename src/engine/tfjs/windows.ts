import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { type AxisMap, axisMap, pullBack } from './linear-maps.js';
import { type Attributes, type OpGradient, ownGradient, type Tf } from './register.js';

/** One axis of a window: its taps lie `dilation` apart, it moves by `stride`, and the map has `before` zeros ahead of it. */
interface WindowAxis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

export interface Window {
  readonly rows: WindowAxis;
  readonly columns: WindowAxis;
}

type ConvInfo = ReturnType<Tf['backend_util']['computeConv2DInfo']>;

const windowOf = (info: ConvInfo): Window => ({
  rows: {
    input: info.inHeight,
    output: info.outHeight,
    kernel: info.filterHeight,
    stride: info.strideHeight,
    dilation: info.dilationHeight,
    before: info.padInfo.top,
  },
  columns: {
    input: info.inWidth,
    output: info.outWidth,
    kernel: info.filterWidth,
    stride: info.strideWidth,
    dilation: info.dilationWidth,
    before: info.padInfo.left,
  },
});

type Shape4 = [number, number, number, number];

/** Convolutions and pools tap by tap: what their gradients come to wherever a backend has none, or a wrong one. */
export function windowGradients(tf: Tf) {
  const { backend_util } = tf;

  /** What one tap of the window sees: `[N, H', W', C]` of `[N, H, W, C]`; `outside` stands where there is no map. */
  function seen(x: Tensor, { rows, columns }: Window, row: number, column: number, outside: number): Tensor {
    const [batch, , , channels] = x.shape as Shape4;
    const cut = (axis: WindowAxis, tap: number): { begin: number; size: number; pad: [number, number] } => {
      const first = tap * axis.dilation - axis.before;
      const last = first + (axis.output - 1) * axis.stride;
      const pad: [number, number] = [Math.max(0, -first), Math.max(0, last - axis.input + 1)];
      return { begin: first + pad[0], size: last - first + 1, pad };
    };
    const [down, across] = [cut(rows, row), cut(columns, column)];
    const padded = tf.pad(x, [[0, 0], down.pad, across.pad, [0, 0]], outside);
    const part = tf.slice(padded, [0, down.begin, across.begin, 0], [batch, down.size, across.size, channels]);
    if (rows.stride === 1 && columns.stride === 1) return part;
    return tf.stridedSlice(part, [0, 0, 0, 0], part.shape, [1, rows.stride, columns.stride, 1]);
  }

  /** Back from what a tap saw to the map. */
  function returned(part: Tensor, { rows, columns }: Window, row: number, column: number): Tensor {
    const place = (axis: number, along: WindowAxis, tap: number): AxisMap =>
      axisMap(axis, along.output, along.input, (at) => {
        const position = at * along.stride + tap * along.dilation - along.before;
        return position >= 0 && position < along.input ? [[position, 1]] : [];
      });
    return pullBack(tf, part, [place(1, rows, row), place(2, columns, column)]);
  }

  const taps = ({ rows, columns }: Window): (readonly [number, number])[] =>
    Array.from({ length: rows.kernel * columns.kernel }, (_, at) => [
      Math.floor(at / columns.kernel),
      at % columns.kernel,
    ]);

  const tapOf = (filter: Tensor, row: number, column: number): Tensor => {
    const [, , inputs, outputs] = filter.shape as Shape4;
    return tf.reshape(tf.slice(filter, [row, column, 0, 0], [1, 1, inputs, outputs]), [inputs, outputs]);
  };

  /** Adds up term by term, so that only one is there beside the sum. */
  function added(terms: readonly (() => Tensor)[]): Tensor {
    let sum: Tensor | null = null;
    for (const term of terms) {
      const before: Tensor | null = sum;
      sum = tf.tidy(() => (before ? tf.add(before, term()) : term()));
      before?.dispose();
    }
    return sum as Tensor;
  }

  const denseInput = (dy: Tensor, filter: Tensor, window: Window): Tensor =>
    added(
      taps(window).map(([row, column]) => () => {
        const [batch, height, width, outputs] = dy.shape as Shape4;
        const weights = tapOf(filter, row, column);
        const part = tf.matMul(tf.reshape(dy, [-1, outputs]), weights as never, false, true);
        return returned(tf.reshape(part, [batch, height, width, weights.shape[0] as number]), window, row, column);
      }),
    );

  const denseFilter = (x: Tensor, dy: Tensor, window: Window): Tensor => {
    const [inputs, outputs] = [x.shape[3] as number, dy.shape[3] as number];
    const parts = taps(window).map(([row, column]) => {
      const part = tf.reshape(seen(x, window, row, column, 0), [-1, inputs]);
      return tf.matMul(part, tf.reshape(dy, [-1, outputs]), true, false);
    });
    return tf.reshape(tf.stack(parts), [window.rows.kernel, window.columns.kernel, inputs, outputs]);
  };

  /** `[N, H', W', C x M]` -> `[N, H', W', C, M]` */
  const byChannel = (dy: Tensor, channels: number): Tensor =>
    tf.reshape(dy, [...dy.shape.slice(0, 3), channels, (dy.shape[3] as number) / channels]);

  const depthwiseInput = (dy: Tensor, filter: Tensor, window: Window): Tensor =>
    added(
      taps(window).map(([row, column]) => () => {
        const weighted = tf.mul(byChannel(dy, filter.shape[2] as number), tapOf(filter, row, column));
        return returned(tf.sum(weighted, -1), window, row, column);
      }),
    );

  const depthwiseFilter = (x: Tensor, dy: Tensor, window: Window): Tensor => {
    const channels = x.shape[3] as number;
    const slopes = byChannel(dy, channels);
    const parts = taps(window).map(([row, column]) => {
      const part = tf.expandDims(seen(x, window, row, column, 0), -1);
      return tf.sum(tf.mul(part, slopes), [0, 1, 2]);
    });
    const multiplier = slopes.shape[4] as number;
    return tf.reshape(tf.stack(parts), [window.rows.kernel, window.columns.kernel, channels, multiplier]);
  };

  /** To the first of equal maxima in a window, row by row, as in PyTorch. */
  function maxPoolInput(dy: Tensor, x: Tensor, y: Tensor, window: Window): Tensor {
    // 1 until a tap has been found to hold the window's maximum.
    let free = tf.onesLike(y);
    const terms = taps(window).map(([row, column]) => {
      const hit = tf.mul(tf.cast(tf.equal(seen(x, window, row, column, LOWEST), y), 'float32'), free);
      free = tf.sub(free, hit);
      return returned(tf.mul(dy, hit), window, row, column);
    });
    return terms.reduce((sum, term) => tf.add(sum, term));
  }

  /** Means over what a window has of the map, per axis. */
  const averages = (axis: number, along: WindowAxis): AxisMap =>
    axisMap(axis, along.output, along.input, (at) => {
      const first = at * along.stride - along.before;
      const within = Array.from({ length: along.kernel }, (_, tap) => first + tap * along.dilation).filter(
        (position) => position >= 0 && position < along.input,
      );
      return within.map((position) => [position, 1 / within.length] as const);
    });

  const pool2d = (shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): Window =>
    windowOf(backend_util.computePool2DInfo(shape as Shape4, filterSize, strides, 1, pad, dimRoundingMode));

  const conv2d = (x: readonly number[], filter: readonly number[], attributes: Attributes, depthwise: boolean) => {
    const { strides, pad, dimRoundingMode, dilations = 1 } = attributes;
    return windowOf(
      backend_util.computeConv2DInfo(
        x as Shape4,
        filter as Shape4,
        strides,
        dilations,
        pad,
        dimRoundingMode,
        depthwise,
      ),
    );
  };

  return {
    pool2d,
    conv2d,
    denseInput,
    denseFilter,
    depthwiseInput,
    depthwiseFilter,
    maxPoolInput: (dy: Tensor, x: Tensor, y: Tensor, window: Window): Tensor =>
      tf.tidy(() => maxPoolInput(dy, x, y, window)),
    averagePoolInput: (dy: Tensor, { rows, columns }: Window): Tensor =>
      pullBack(tf, dy, [averages(1, rows), averages(2, columns)]),
    averagePool3dInput(dy: Tensor, shape: readonly number[], attributes: Attributes): Tensor {
      const { filterSize, strides, pad, dimRoundingMode } = attributes;
      const info = backend_util.computePool3DInfo(shape as never, filterSize, strides, 1, pad, dimRoundingMode);
      const axis = (input: number, output: number, kernel: number, stride: number, before: number): WindowAxis => ({
        ...{ input, output, kernel, stride, dilation: 1, before },
      });
      return pullBack(tf, dy, [
        averages(1, axis(info.inDepth, info.outDepth, info.filterDepth, info.strideDepth, info.padInfo.front)),
        averages(2, axis(info.inHeight, info.outHeight, info.filterHeight, info.strideHeight, info.padInfo.top)),
        averages(3, axis(info.inWidth, info.outWidth, info.filterWidth, info.strideWidth, info.padInfo.left)),
      ]);
    },
  };
}

export type Windows = ReturnType<typeof windowGradients>;

/** Below every float32, but no infinity: 0 times it is 0. */
const LOWEST = -3.4028234663852886e38;

/** Convolutions with dilation or padding by numbers, which tfjs's gradients refuse; all others keep tfjs's gradient. */
export function convolutionGradients(tf: Tf, windows: Windows): OpGradient[] {
  const kind = (op: string, depthwise: boolean): OpGradient => {
    const own = ownGradient(tf, op);
    return {
      op,
      inputs: ['x', 'filter'],
      backward: (dy, saved, attributes) => {
        const [x, filter] = saved as [Tensor4D, Tensor4D];
        const { dilations, pad, dataFormat } = attributes;
        const plain = [dilations ?? 1].flat().every((dilation) => dilation === 1) && typeof pad === 'string';
        if (plain || dataFormat === 'NCHW') return own(dy, saved, attributes);
        const window = windows.conv2d(x.shape, filter.shape, attributes, depthwise);
        return depthwise
          ? {
              x: () => windows.depthwiseInput(dy, filter, window),
              filter: () => windows.depthwiseFilter(x, dy, window),
            }
          : { x: () => windows.denseInput(dy, filter, window), filter: () => windows.denseFilter(x, dy, window) };
      },
    };
  };
  return [kind('Conv2D', false), kind('DepthwiseConv2dNative', true)];
}
