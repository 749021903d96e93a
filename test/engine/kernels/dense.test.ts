import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Precision } from '../../../src/engine/engine.js';
import type { Activation } from '../../../src/engine/ops.js';
import { type Convolution, convolve, drawn, kernelShape, outputShape, dense } from './conv-reference.js';
import { expectClose, kernels, normals, rounded, tf } from './kernels.js';

const CASES = [
  // Matrix products: one row, fewer rows than a tile has, with rests of rows and columns, several blocks of terms.
  ...[1, 5, 7, 13, 300].map((rows) => dense([rows, 1, 1, 20], 24, 1)),
  ...[1, 4, 8, 12, 16, 17, 31, 40, 97].map((outputs) => dense([30, 1, 1, 9], outputs, 1)),
  dense([26, 1, 1, 1000], 70, 1),
  // Rows so far apart that they share a set of the nearest cache, as floats and as pairs of bfloat16.
  dense([26, 1, 1, 1024], 40, 1),
  dense([26, 1, 1, 2048], 40, 1),
  // Many positions of few channels: sums in several parts.
  dense([40, 16, 16, 3], 5, 1),
  // Few positions of many channels: chunks of the outputs.
  dense([2, 2, 2, 130], 300, 3, 1, 1),
  // Windows with and without padding, wider and narrower maps than kernels, strides that leave pixels out.
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
  dense([1, 40, 60, 16], 16, 3, 1, 1),
  dense([9, 17, 16, 24], 33, 3, 2, 1),
  // By 16 products for four outputs: odd and even maps, every padding, rests of channels, several blocks of terms, many
  // tiles in several parts, few in chunks of the outputs.
  ...[0, 1, 2].flatMap((padding) => [dense([3, 9, 8, 32], 24, 3, 1, padding), dense([2, 4, 7, 29], 35, 3, 1, padding)]),
  dense([1, 2, 2, 24], 24, 3, 1, 1),
  dense([2, 4, 4, 400], 40, 3, 1, 1),
  dense([2, 3, 5, 40], 130, 3, 1, 1),
  dense([30, 14, 14, 26], 24, 3, 1, 1),
  // No sample at all: gradients of the weights are zero.
  dense([0, 4, 4, 5], 7, 3, 2, 1),
  dense([0, 4, 4, 24], 24, 3, 1, 1),
];

/** By Winograd's filtering, which stays in float32: where bfloat16, at half the time a product, would not be as fast. */
function transformed(convolution: Convolution, precision: Precision): boolean {
  const { shape, kernel, stride, padding, outputs } = convolution;
  const [, height, width] = outputShape(convolution);
  const saved = (9 * height * width) / (16 * Math.ceil(height / 2) * Math.ceil(width / 2));
  return (
    kernel === 3 &&
    stride === 1 &&
    padding <= 2 &&
    Math.min(shape[3], outputs) >= 24 &&
    saved > (precision === 'bfloat16' ? 2 : 2 / 3)
  );
}

type Factors = readonly [x: Float32Array, w: Float32Array, dy: Float32Array];

/** The convolution and its gradients in float64, of factors as a precision makes them. */
function convolveIn(precision: Precision, convolution: Convolution, [x, w, dy]: Factors) {
  const of = (...factors: Factors) => {
    const [a, b, c] = factors.map((values) => Float64Array.from(values)) as [Float64Array, Float64Array, Float64Array];
    return convolve(convolution, a, b, c);
  };
  if (precision === 'float32' || transformed(convolution, precision)) return of(x, w, dy);
  const nearest: Factors = [rounded(x), rounded(w), rounded(dy)];
  const all = of(...nearest);
  if (precision === 'bfloat16') return all;
  const rest = (values: Float32Array, near: Float32Array) => rounded(values.map((value, at) => value - near[at]!));
  const [nearX, nearW, nearDy] = nearest;
  const withX = of(rest(x, nearX), nearW, nearDy);
  const withW = of(nearX, rest(w, nearW), nearDy);
  const withDy = of(nearX, nearW, rest(dy, nearDy));
  const sum = (near: Float64Array, one: Float64Array, other: Float64Array) =>
    near.map((value, at) => value + one[at]! + other[at]!);
  return {
    y: sum(all.y, withX.y, withW.y),
    dx: sum(all.dx, withW.dx, withDy.dx),
    dw: sum(all.dw, withX.dw, withDy.dw),
  };
}

describe.each(['float32', 'bfloat16', 'bfloat16x3'] as const)('%s', (precision) => {
  // Three times as many products are summed in float32.
  const tolerance = precision === 'bfloat16x3' ? 1e-5 : undefined;

  test.each(CASES)('$shape to $outputs channels, kernel $kernel, stride $stride, padding $padding', (convolution) => {
    const { stride, padding, outputs } = convolution;
    const { x, w, bias, dy, dbias } = drawn(convolution);
    const expected = convolveIn(precision, convolution, [x, w, dy]);
    tf.tidy(() => {
      const inputs = [tf.tensor(x, [...convolution.shape]), tf.tensor(w, kernelShape(convolution)), tf.tensor(bias)];
      const op = (map: Tensor, kernel: Tensor, offset?: Tensor) => {
        const options = { bias: offset as Tensor1D | undefined, stride, padding, precision };
        return kernels.dense(map as Tensor4D, kernel as Tensor4D, options);
      };
      expectClose(op(inputs[0]!, inputs[1]!), expected.y, 'value', tolerance);
      expectClose(
        op(inputs[0]!, inputs[1]!, inputs[2]!),
        expected.y.map((value, i) => value + bias[i % outputs]!),
        'with bias',
        tolerance,
      );
      const gradients = tf.grads(op as never)(inputs, tf.tensor(dy, outputShape(convolution)));
      const [dx, dw, db] = gradients as [Tensor, Tensor, Tensor];
      expectClose(dx, expected.dx, 'gradient of x', tolerance);
      expectClose(dw, expected.dw, 'gradient of the kernel', tolerance);
      expectClose(db, dbias, 'gradient of the bias', tolerance);
    });
  });
});

describe('bfloat16x3', () => {
  const convolution = dense([70, 1, 1, 500], 90, 1);
  const { x, w, dy } = drawn(convolution);
  const in64 = (values: Float32Array, change = (value: number) => value) => Float64Array.from(values, change);
  const exact = convolve(convolution, in64(x), in64(w), in64(dy));
  const absolute = convolve(convolution, in64(x, Math.abs), in64(w, Math.abs), in64(dy, Math.abs));

  /** The greatest distance from float64, in shares of the sum of the products' sizes. */
  const distances = (precision: 'bfloat16' | 'bfloat16x3') =>
    tf.tidy(() => {
      const inputs = [tf.tensor(x, [...convolution.shape]), tf.tensor(w, kernelShape(convolution))];
      const op = (map: Tensor, kernel: Tensor) =>
        kernels.dense(map as Tensor4D, kernel as Tensor4D, { stride: 1, padding: 0, precision });
      const { value, grads } = tf.valueAndGrads(op)(inputs, tf.tensor(dy, outputShape(convolution)) as Tensor4D);
      const found = { y: value, dx: grads[0]!, dw: grads[1]! };
      return (['y', 'dx', 'dw'] as const).map((name) => {
        const wanted = exact[name];
        const values = found[name].dataSync();
        return Math.max(...wanted.map((right, at) => Math.abs((values[at] as number) - right) / absolute[name][at]!));
      });
    });

  test('products are within 3 x 2^-18 of their factors, a hundred times nearer than those of bfloat16', () => {
    const sums = 2 ** -21; // what adding up in float32 rounds away
    for (const distance of distances('bfloat16x3')) expect(distance).toBeLessThan(3 * 2 ** -18 + sums);
    const ratios = distances('bfloat16').map((far, at) => far / distances('bfloat16x3')[at]!);
    for (const ratio of ratios) expect(ratio).toBeGreaterThan(100);
  });
});

test.each([
  ['relu', 11],
  ['gelu', 11],
  ['relu', 35],
  ['gelu', 35],
] as const)('%s inside equals it outside, %i channels', (activation: Activation, channels) => {
  for (const withBias of [true, false]) {
    tf.tidy(() => {
      const convolution = dense([5, 7, 6, channels], 29, 3, 1, 1);
      const inputs = [
        tf.tensor(normals(1, convolution.shape), [...convolution.shape]),
        tf.tensor(normals(2, kernelShape(convolution), 0.1), kernelShape(convolution)),
        ...(withBias ? [tf.tensor(normals(3, [29]))] : []),
      ];
      const dy = tf.tensor(normals(4, outputShape(convolution)), outputShape(convolution));
      const run = (inside: Activation | null) => (map: Tensor, kernel: Tensor, bias?: Tensor) =>
        kernels.dense(map as Tensor4D, kernel as Tensor4D, {
          bias: bias as Tensor1D | undefined,
          activation: inside,
          stride: 1,
          padding: 1,
        });
      const outside = (map: Tensor, kernel: Tensor, bias?: Tensor) =>
        kernels.activation(run(null)(map, kernel, bias), activation);
      const fused = tf.valueAndGrads(run(activation) as never)(inputs, dy);
      const apart = tf.valueAndGrads(outside as never)(inputs, dy);
      expectClose(fused.value, apart.value.dataSync() as Float32Array, 'value', 1e-6);
      fused.grads.forEach((gradient, i) => {
        expectClose(gradient, apart.grads[i]!.dataSync() as Float32Array, `gradient ${i}`, 1e-6);
      });
    });
  }
});

test('says what does not fit', () => {
  const ones = (shape: number[]) => tf.ones(shape) as Tensor4D;
  const options = { stride: 1, padding: 0 };
  expect(() => kernels.dense(ones([1, 8, 8, 6]), ones([3, 3, 5, 6]), options)).toThrow('a kernel [k, k, 6, O]');
  expect(() => kernels.dense(ones([1, 2, 8, 6]), ones([3, 3, 6, 6]), options)).toThrow('padding 0');
});

/** Two arrays, one after the other, byte for byte. */
const bytes = (...parts: readonly (Float32Array | Int32Array | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));

// Outputs of 8 MiB and more go past the caches.
test.each([undefined, 'relu', 'gelu'] as const)(
  'a large map has the values of its halves, activation %s',
  (activation) => {
    const rows = 40_000;
    const x = normals(1, [rows, 1, 1, 6]);
    const [w, bias, back] = [normals(2, [1, 1, 6, 64]), normals(3, [64]), normals(4, [1, 1, 64, 6])];
    const compute = (begin: number, end: number) =>
      tf.tidy(() => {
        const map = tf.tensor(x.subarray(begin * 6, end * 6), [end - begin, 1, 1, 6]) as Tensor4D;
        const [wide, narrow] = [tf.tensor(w, [1, 1, 6, 64]) as Tensor4D, tf.tensor(back, [1, 1, 64, 6]) as Tensor4D];
        const window = { stride: 1, padding: 0 };
        const y = kernels.dense(map, wide, { ...window, bias: tf.tensor(bias) as Tensor1D, activation });
        const dy = tf.grad((at) => tf.square(kernels.dense(at as Tensor4D, narrow, window)))(y);
        return { y: y.dataSync(), dy: dy.dataSync() };
      });
    const whole = compute(0, rows);
    const [first, second] = [compute(0, rows / 2), compute(rows / 2, rows)];
    expect(bytes(whole.y).equals(bytes(first.y, second.y))).toBe(true);
    expect(bytes(whole.dy).equals(bytes(first.dy, second.dy))).toBe(true);
  },
);
