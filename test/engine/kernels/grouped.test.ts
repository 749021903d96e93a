import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Convolution, convolve, drawn, kernelShape, outputShape } from './conv-reference.js';
import { expectClose, kernels, tf } from './kernels.js';

interface Shape {
  readonly N?: number;
  readonly H?: number;
  readonly W?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly padding?: number;
}

const grouped = (groups: number, inputs: number, outputs = inputs, shape: Shape = {}): Convolution => {
  const { N = 2, H = 6, W = 7, kernel = 3, stride = 1, padding = (kernel - 1) / 2 } = shape;
  return { shape: [N, H, W, groups * inputs], kernel, stride, padding, groups, outputs: groups * outputs };
};

const CASES = [
  // Groups of 1 to 64 channels: several to a vector, with a rest, one to a vector, several vectors to a group.
  ...[1, 2, 3, 4, 5, 8, 12, 16, 20, 32, 48, 64].map((channels) => grouped(channels > 16 ? 2 : 7, channels)),
  ...[4, 8, 16, 24].map((channels) => grouped(6, channels, channels, { stride: 2, H: 9, W: 8 })),
  // Wider or narrower on the way out.
  grouped(3, 4, 8),
  grouped(3, 8, 4),
  grouped(5, 2, 6, { stride: 2 }),
  grouped(2, 20, 16),
  grouped(2, 16, 40, { stride: 2 }),
  grouped(1, 5, 9),
  ...[5, 7].flatMap((kernel) => [grouped(8, 4, 4, { kernel }), grouped(3, 16, 16, { kernel, stride: 2 })]),
  grouped(32, 4, 4, { N: 1, H: 1, W: 1 }),
  grouped(32, 1, 1, { N: 3, H: 2, W: 2, kernel: 7 }),
  grouped(4, 4, 4, { N: 0 }),
  grouped(2, 48, 48, { N: 0 }),
  grouped(4, 4, 4, { padding: 0, H: 8 }),
  grouped(4, 16, 16, { padding: 2, stride: 2 }),
  // More rows than one band lays out.
  grouped(4, 8, 8, { N: 1, H: 40, W: 60 }),
  grouped(4, 8, 8, { N: 1, H: 41, W: 60, stride: 2 }),
];

test.each(CASES)(
  '$shape, $groups groups, $outputs outputs, kernel $kernel, stride $stride, padding $padding',
  (convolution) => {
    const { stride, padding, groups, outputs } = convolution;
    const { x, w, bias, dy, dbias } = drawn(convolution);
    const expected = convolve(convolution, Float64Array.from(x), Float64Array.from(w), Float64Array.from(dy));
    tf.tidy(() => {
      const inputs = [tf.tensor(x, [...convolution.shape]), tf.tensor(w, kernelShape(convolution)), tf.tensor(bias)];
      const op = (map: Tensor, kernel: Tensor, offset?: Tensor) =>
        kernels.groupedConv(map as Tensor4D, kernel as Tensor4D, offset as Tensor1D | undefined, {
          stride,
          padding,
          groups,
        });

      expectClose(op(inputs[0]!, inputs[1]!), expected.y, 'value');
      expectClose(
        op(inputs[0]!, inputs[1]!, inputs[2]!),
        expected.y.map((value, i) => value + bias[i % outputs]!),
        'with bias',
      );
      const [dx, dw, db] = tf.grads(op as never)(inputs, tf.tensor(dy, outputShape(convolution))) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      expectClose(dx, expected.dx, 'gradient of x');
      expectClose(dw, expected.dw, 'gradient of the kernel');
      expectClose(db, dbias, 'gradient of the bias');
    });
  },
);

test('says what does not fit', () => {
  const ones = (shape: number[]) => tf.ones(shape) as Tensor4D;
  expect(() =>
    kernels.groupedConv(ones([1, 8, 8, 6]), ones([3, 3, 2, 6]), null, { stride: 1, padding: 1, groups: 4 }),
  ).toThrow('channels that fall into 4 groups');
});
