import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { convolve, drawn, kernelShape, outputShape, depthwise } from './conv-reference.js';
import { expectClose, kernels, tf } from './kernels.js';

/** Every width's own tile, whole vectors of channels and rests, maps smaller than the kernel, one sample, one position. */
const CASES = [
  ...[3, 5, 7, 9, 11].flatMap((kernel) => [
    depthwise([2, 9, 7, 37], kernel, 1),
    depthwise([2, 10, 13, 19], kernel, 2),
    depthwise([3, 2, 2, 32], kernel, 1),
    depthwise([3, 4, 4, 16], kernel, 2),
    depthwise([1, 1, 1, 5], kernel, 1),
  ]),
  ...[1, 2, 3, 5, 8, 14, 16, 17, 28, 33].map((width) => depthwise([1, 3, width, 16], 7, 1)),
  ...[4, 9, 14, 28, 31].map((width) => depthwise([1, 5, width, 16], 3, 2)),
  depthwise([2, 8, 9, 20], 3, 1, 0),
  depthwise([2, 8, 9, 20], 5, 2, 0),
  depthwise([2, 6, 6, 16], 3, 1, 3),
  depthwise([2, 6, 7, 16], 3, 2, 3),
  depthwise([1, 20, 20, 48], 7, 1),
  depthwise([0, 6, 6, 16], 3, 1),
  // Outputs of 8 MiB and more go past the caches.
  depthwise([1, 66, 66, 512], 3, 1),
  depthwise([1, 66, 66, 512], 3, 2),
];

test.each(CASES)('$shape, kernel $kernel, stride $stride, padding $padding', (convolution) => {
  const { shape, stride, padding } = convolution;
  const { x, w, bias, dy, dbias } = drawn(convolution);
  const expected = convolve(convolution, Float64Array.from(x), Float64Array.from(w), Float64Array.from(dy));
  tf.tidy(() => {
    const inputs = [tf.tensor(x, [...shape]), tf.tensor(w, kernelShape(convolution)), tf.tensor(bias)];
    const slopes = tf.tensor(dy, outputShape(convolution));
    const op = (map: Tensor, kernel: Tensor, offset?: Tensor) =>
      kernels.depthwise(map as Tensor4D, kernel as Tensor4D, offset as Tensor1D | undefined, { stride, padding });

    expectClose(op(inputs[0]!, inputs[1]!), expected.y, 'value');
    expectClose(
      op(inputs[0]!, inputs[1]!, inputs[2]!),
      expected.y.map((value, i) => value + bias[i % shape[3]]!),
      'with bias',
    );
    const [dx, dw, db] = tf.grads(op as never)(inputs, slopes) as [Tensor, Tensor, Tensor];
    expectClose(dx, expected.dx, 'gradient of x');
    expectClose(dw, expected.dw, 'gradient of the kernel');
    expectClose(db, dbias, 'gradient of the bias');
    const [again, weights] = tf.grads(op as never)(inputs.slice(0, 2), slopes) as [Tensor, Tensor];
    expectClose(again, expected.dx, 'gradient of x without bias');
    expectClose(weights, expected.dw, 'gradient of the kernel without bias');
  });
});

test('says what it does not serve', () => {
  const ones = (shape: number[]) => tf.ones(shape) as Tensor4D;
  const options = { stride: 1, padding: 1 };
  expect(() => kernels.depthwise(ones([1, 8, 8, 4]), ones([4, 4, 1, 4]), null, options)).toThrow(
    'an odd kernel from 3 to 11',
  );
  expect(() => kernels.depthwise(ones([1, 8, 8, 4]), ones([3, 3, 1, 5]), null, options)).toThrow(
    'a kernel [k, k, 1, 4]',
  );
});
