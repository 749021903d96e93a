import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { activate, argument, checkOp, expectClose, gelu, kernels, tf } from './kernels.js';

/** Channels that are whole vectors, a rest of one, fewer than a vector, and one. */
const CHANNELS = [64, 37, 5, 1];
const ACTIVATIONS = ['relu', 'gelu', null] as const;

describe('activations', () => {
  test('GELU is exact to an absolute 2e-6 from -10 to 10, its derivative too', () => {
    const x = Float32Array.from({ length: 20003 }, (_, i) => -10 + (20 * i) / 20002);
    const tensor = tf.tensor1d(x);
    const values = kernels.activation(tensor, 'gelu').dataSync();
    const slopes = tf
      .grad((at: Tensor) => kernels.activation(at, 'gelu'))(tensor)
      .dataSync();
    let worst = 0;
    x.forEach((at, i) => {
      const slope = (gelu(at + 1e-4) - gelu(at - 1e-4)) / 2e-4;
      worst = Math.max(worst, Math.abs(values[i]! - gelu(at)), Math.abs(slopes[i]! - slope));
    });
    expect(worst).toBeLessThan(2e-6);
  });

  test('GELU far from zero is its input, or nothing', () => {
    const values = kernels
      .activation(tf.tensor1d([100, -100, 1e30, -1e30, Number.POSITIVE_INFINITY]), 'gelu')
      .dataSync();
    expect(Array.from(values, (value) => value + 0)).toEqual([100, 0, Math.fround(1e30), 0, Number.POSITIVE_INFINITY]);
    expect(kernels.activation(tf.tensor1d([Number.NaN]), 'gelu').dataSync()[0]).toBeNaN();
  });

  test.each(['relu', 'gelu'] as const)('%s and its gradient', (kind) => {
    checkOp(
      kind,
      [argument('x', 1, [3, 5, 7])],
      (x: Tensor) => kernels.activation(x, kind),
      (x) => x.map((at) => activate(kind, at)),
    );
  });
});

describe('bias', () => {
  for (const channels of CHANNELS) {
    test.each(ACTIVATIONS)(`${channels} channels, activation %s`, (kind) => {
      checkOp(
        'bias',
        [argument('x', 2, [4, 9, channels]), argument('bias', 3, [channels])],
        (x: Tensor, bias: Tensor1D) => kernels.biasActivation(x, bias, kind),
        (x, bias) => x.map((at, i) => activate(kind, at + bias[i % channels]!)),
      );
    });
  }

  test('over more rows than a chunk', () => {
    const x = argument('x', 4, [3000, 33]);
    const dy = tf.tensor(x.values, [3000, 33]);
    const [dx, dbias] = tf.grads((map: Tensor, bias: Tensor) => kernels.biasActivation(map, bias as Tensor1D, null))(
      [tf.zeros([3000, 33]), tf.zeros([33])],
      dy,
    ) as [Tensor, Tensor];
    const sums = new Float64Array(33);
    x.values.forEach((value, i) => {
      sums[i % 33]! += value;
    });
    expectClose(dx, x.values, 'dx');
    expectClose(dbias, sums, 'dbias');
  });
});

describe('residual', () => {
  const cases = [
    { gamma: true, keep: true, bias: true },
    { gamma: true, keep: true, bias: false },
    { gamma: false, keep: true, bias: false },
    { gamma: false, keep: false, bias: false },
    { gamma: false, keep: false, bias: true },
  ];
  const factors = [0, 1.25, 1.25];
  for (const channels of CHANNELS) {
    for (const given of cases) {
      test.each(ACTIVATIONS)(`${channels} channels, ${JSON.stringify(given)}, activation %s`, (kind) => {
        const shape = [3, 2, 3, channels];
        const keep = given.keep ? tf.tensor1d(factors) : undefined;
        const perChannel = ['gamma', 'bias'].filter((name) => given[name as 'gamma' | 'bias']);
        checkOp(
          'residual',
          [
            argument('shortcut', 5, shape),
            argument('branch', 6, shape),
            ...perChannel.map((name, i) => argument(name, 7 + i, [channels])),
          ],
          (shortcut: Tensor, branch: Tensor, ...rest: Tensor1D[]) =>
            kernels.residual(shortcut, branch, {
              gamma: given.gamma ? rest[0] : undefined,
              bias: given.bias ? rest.at(-1) : undefined,
              keep,
              activation: kind,
            }),
          (shortcut, branch, ...rest) =>
            shortcut.map((at, i) => {
              const gamma = given.gamma ? rest[0]![i % channels]! : 1;
              const bias = given.bias ? rest.at(-1)![i % channels]! : 0;
              const factor = given.keep ? factors[Math.floor(i / (6 * channels))]! : 1;
              return activate(kind, at + factor * gamma * (branch[i]! + bias));
            }),
        );
      });
    }
  }

  test('says what does not fit', () => {
    expect(() => kernels.residual(tf.ones([2, 3]), tf.ones([2, 4]), {})).toThrow(
      'residual: expected shortcut and branch of one shape, float32, found float32 [2,3], float32 [2,4]',
    );
    expect(() => kernels.biasActivation(tf.ones([2, 3]), tf.ones([4]))).toThrow(
      'bias with 3 values, found float32 [4]',
    );
  });
});
