import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Ops } from '../../../src/engine/ops.js';
import { createReferenceOps } from '../../../src/engine/reference/ops.js';
import { convolve, drawn, kernelShape, outputShape, depthwise, dense } from './conv-reference.js';
import { expectClose, normals } from './values.js';
import { wasmVariants } from './wasm-variants.js';

const variants = await wasmVariants();

const CASES = [
  // Matrix products: rests of rows, of terms and of columns, fewer terms than a tile has, several blocks of them.
  ...[1, 4, 5, 6, 300].map((rows) => dense([rows, 1, 1, 20], 24, 1)),
  ...[1, 7, 8, 9, 16, 21].map((outputs) => dense([30, 1, 1, 9], outputs, 1)),
  ...[1, 2, 4, 5, 6, 11].map((inputs) => dense([7, 3, 2, inputs], 10, 1)),
  dense([26, 1, 1, 1000], 20, 1),
  // Windows with and without padding, maps narrower than the kernel, strides that leave pixels out.
  ...[2, 3, 4, 5, 7].flatMap((kernel) => [
    dense([3, 9, 8, 6], 10, kernel),
    dense([3, 9, 8, 6], 10, kernel, 1, 1),
    dense([2, 9, 8, 6], 10, kernel, 2, kernel >> 1),
    dense([2, 11, 10, 3], 18, kernel, kernel),
    dense([2, 10, 13, 3], 18, kernel, 3),
  ]),
  dense([2, 1, 1, 8], 16, 7, 1, 3),
  dense([2, 7, 5, 8], 16, 1, 2),
  dense([2, 4, 4, 2], 3, 3, 2, 4),
  dense([1, 40, 60, 4], 8, 3, 1, 1),
  dense([2, 5, 5, 150], 9, 3, 1, 1),
  dense([1, 4, 4, 400], 9, 3, 1, 1),
  // A filter a channel: tiles of wide rows and what is left of them, single outputs of narrow ones, rests of channels.
  ...[3, 5, 7, 9, 11].flatMap((kernel) => [
    depthwise([2, 9, 7, 37], kernel),
    depthwise([2, 9, 19, 37], kernel),
    depthwise([2, 10, 13, 19], kernel, 2),
    depthwise([1, 9, 34, 12], kernel, 2),
    depthwise([3, 2, 2, 32], kernel),
    depthwise([3, 4, 4, 16], kernel, 2),
    depthwise([1, 1, 1, 5], kernel),
  ]),
  ...[1, 2, 3, 7, 8, 9, 16, 17].map((width) => depthwise([1, 3, width, 16], 7)),
  depthwise([2, 8, 19, 20], 3, 1, 0),
  depthwise([2, 8, 19, 20], 5, 2, 0),
  depthwise([2, 6, 16, 16], 3, 1, 3),
  depthwise([2, 6, 7, 16], 3, 2, 3),
  depthwise([2, 9, 9, 8], 1, 2),
  { shape: [2, 6, 7, 12], kernel: 3, stride: 2, padding: 1, groups: 3, outputs: 9 } as const,
];

describe.each(variants)('$simd SIMD', ({ ops, bare }) => {
  const { tf } = ops;

  test.each(CASES)('$shape to $outputs channels, kernel $kernel, stride $stride, padding $padding', (convolution) => {
    const { shape, stride, padding, groups, outputs } = convolution;
    const { x, w, bias, dy, dbias } = drawn(convolution);
    const expected = convolve(convolution, Float64Array.from(x), Float64Array.from(w), Float64Array.from(dy));
    tf.tidy(() => {
      // What others hold in the same memory stays as it is.
      const others = Array.from({ length: 40 }, (_, i) => tf.fill([8 << (i % 11)], i));
      others.filter((_, i) => i % 2 === 0).forEach((tensor) => tensor.dispose());
      const inputs = [tf.tensor(x, [...shape]), tf.tensor(w, kernelShape(convolution)), tf.tensor(bias)];
      const op = (map: Tensor, kernel: Tensor, offset?: Tensor) =>
        ops.conv2d(map as Tensor4D, kernel as Tensor4D, { bias: offset as Tensor1D, stride, padding, groups });
      expectClose(op(inputs[0]!, inputs[1]!), expected.y, 'value');
      expectClose(
        op(inputs[0]!, inputs[1]!, inputs[2]!),
        expected.y.map((value, i) => value + bias[i % outputs]!),
        'with bias',
      );
      const slopes = tf.tensor(dy, outputShape(convolution));
      const [dx, dw, db] = tf.grads(op as never)(inputs, slopes) as [Tensor, Tensor, Tensor];
      expectClose(dx, expected.dx, 'gradient of x');
      expectClose(dw, expected.dw, 'gradient of the kernel');
      expectClose(db, dbias, 'gradient of the bias');
      for (const [i, other] of others.entries()) {
        if (!other.isDisposed) expect(new Set(other.dataSync()), 'another tensor').toEqual(new Set([i]));
      }
    });
  });

  test('a kernel of other height than width', () => {
    // Layers have square kernels only, and the contract says so; the kernels below it take any.
    // A row of five taps is what a square of 5 x 5 does that has zeros in its other rows.
    const x = tf.tensor(normals(1, [2, 6, 11, 4]), [2, 6, 11, 4]) as Tensor4D;
    const row = tf.tensor(normals(2, [1, 5, 4, 7]), [1, 5, 4, 7]) as Tensor4D;
    const square = tf.pad(row, [
      [2, 2],
      [0, 0],
      [0, 0],
      [0, 0],
    ]) as Tensor4D;
    const options = { stride: 1, groups: 1 };
    const long = bare.conv2d(
      tf.pad(x, [
        [0, 0],
        [0, 0],
        [2, 2],
        [0, 0],
      ]) as Tensor4D,
      row,
      { ...options, padding: 0 },
    );
    expectClose(long, ops.conv2d(x, square, { ...options, padding: 2 }).dataSync() as Float32Array, 'value');
  });

  test.each([
    { heads: 2, window: 7, shift: 3, height: 14, width: 21, channels: 12 },
    { heads: 3, window: 4, shift: 0, height: 8, width: 4, channels: 48 },
    { heads: 1, window: 4, shift: 2, height: 4, width: 8, channels: 5 },
    { heads: 2, window: 2, shift: 1, height: 4, width: 4, channels: 26 },
  ])('attention in windows of $window, shift $shift, $heads heads, $channels channels', (given) => {
    const { heads, window, height, width, channels } = given;
    const reference = createReferenceOps(tf);
    tf.tidy(() => {
      const [map, offsets] = [
        [2, height, width, 3 * channels],
        [heads, window * window, window * window],
      ] as const;
      const inputs = [tf.tensor(normals(1, map), [...map]), tf.tensor(normals(2, offsets), [...offsets])];
      const dy = tf.tensor(normals(3, [2, height, width, channels]), [2, height, width, channels]);
      const by = (all: Ops) => (qkv: Tensor, bias: Tensor) => all.windowAttention(qkv as Tensor4D, bias, given);
      const close = (actual: Tensor, expected: Tensor, what: string) =>
        expectClose(actual, expected.dataSync() as Float32Array, what);
      close(by(ops)(inputs[0]!, inputs[1]!), by(reference)(inputs[0]!, inputs[1]!), 'value');
      const gradients = (all: Ops) => tf.grads(by(all) as never)(inputs, dy) as [Tensor, Tensor];
      const [dqkv, dbias] = gradients(ops);
      const [expectedQkv, expectedBias] = gradients(reference);
      close(dqkv, expectedQkv, 'gradient of queries, keys and values');
      close(dbias, expectedBias, 'gradient of the bias');
    });
  });

  const rows = 150;
  const activations = [null, 'relu', 'gelu'] as const;
  const reference = createReferenceOps(tf);

  /** Value and gradients of an operation beside the reference's. */
  function expectReference(
    op: (all: Ops) => (...inputs: Tensor[]) => Tensor,
    shapes: readonly number[][],
    y: number[],
  ) {
    tf.tidy(() => {
      const inputs = shapes.map((shape, i) => tf.tensor(normals(i + 1, shape), shape));
      const dy = tf.tensor(normals(9, y), y);
      const results = [ops, reference].map((all) => [op(all)(...inputs), ...tf.grads(op(all) as never)(inputs, dy)]);
      results[0]!.forEach((tensor, i) => {
        expectClose(tensor, results[1]![i]!.dataSync() as Float32Array, i === 0 ? 'value' : `gradient ${i}`, 1e-5);
      });
    });
  }

  test.each([3, 4, 8, 21, 40].flatMap((columns) => activations.map((activation) => ({ columns, activation }))))(
    'batch norm of $columns columns, activation $activation',
    ({ columns, activation }) => {
      const running = [tf.zeros([columns]), tf.ones([columns])] as [Tensor1D, Tensor1D];
      const fixed = { runningMean: running[0], runningVariance: running[1], epsilon: 1e-5, momentum: 0.1 };
      for (const training of [true, false]) {
        const op = (all: Ops) => (x: Tensor, gamma: Tensor, beta: Tensor) =>
          all.batchNorm(x, { gamma: gamma as Tensor1D, beta: beta as Tensor1D, ...fixed, training, activation });
        expectReference(op as never, [[rows, columns], [columns], [columns]], [rows, columns]);
      }
    },
  );

  test('statistics of a batch whose mean is large beside its deviation', () => {
    const columns = 12;
    const values = normals(1, [rows, columns], 0.5, 300);
    const statistics: Tensor[] = [];
    const [zero, one] = [tf.zeros([columns]), tf.ones([columns])] as [Tensor1D, Tensor1D];
    ops.batchNorm(tf.tensor(values, [rows, columns]), {
      ...{
        gamma: one,
        beta: zero,
        runningMean: zero,
        runningVariance: one,
        epsilon: 1e-5,
        momentum: 1,
        training: true,
      },
      update: (mean, variance) => statistics.push(mean, variance),
    });
    const column = (c: number) => Array.from({ length: rows }, (_, r) => values[r * columns + c]!);
    const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length;
    const means = Array.from({ length: columns }, (_, c) => mean(column(c)));
    const variances = means.map((m, c) => (mean(column(c).map((value) => (value - m) ** 2)) * rows) / (rows - 1));
    expectClose(statistics[0]!, means, 'mean', 1e-7);
    expectClose(statistics[1]!, variances, 'variance', 1e-6);
  });

  test.each([5, 8, 130].flatMap((outputs) => activations.map((activation) => ({ outputs, activation }))))(
    'a product to $outputs columns, activation $activation',
    ({ outputs, activation }) => {
      const op = (all: Ops) => (x: Tensor, w: Tensor, b: Tensor) => all.linear(x, w as never, b as never, activation);
      expectReference(op, [[rows * 3, 10], [10, outputs], [outputs]], [rows * 3, outputs]);
    },
  );

  test.each([true, false].flatMap((scaled) => activations.map((activation) => ({ scaled, activation }))))(
    'a residual, scaled: $scaled, activation $activation',
    ({ scaled, activation }) => {
      const keep = scaled ? tf.tensor1d([0, 1.25, 1.25]) : undefined;
      const op = (all: Ops) => (a: Tensor, b: Tensor, gamma?: Tensor) =>
        all.residual(a, b, { gamma: gamma as Tensor1D | undefined, keep, activation });
      const map = [3, 5, 7];
      expectReference(op as never, [map, map, ...(scaled ? [[7]] : [])], map);
    },
  );

  test('a NaN stays one through batch norm and activations', () => {
    const map = tf.tensor([[Number.NaN], [1], [2], [3]]);
    for (const kind of ['relu', 'gelu'] as const) expect(ops.activation(map, kind).dataSync()[0]).toBeNaN();
  });

  test('who shares the memory of a variable keeps what it held before the optimizer', () => {
    const parameter = tf.variable(tf.tensor1d([1, 2, 3, 4, 5]));
    const [buffer, shared] = [tf.variable(tf.zeros([5])), parameter.clone()];
    const update = { parameters: [parameter], gradients: [tf.ones([5])], averages: [], weightDecay: [0] };
    const hyper = tf.tensor1d([0.5, 0, 1, 0]);
    for (let step = 0; step < 2; step++)
      ops.applySgd({ ...update, learningRateScale: [1], momenta: [buffer], hyper, nesterov: false });
    expect([...parameter.dataSync()]).toEqual([0, 1, 2, 3, 4]);
    expect([...shared.dataSync()]).toEqual([1, 2, 3, 4, 5]);
  });
});
