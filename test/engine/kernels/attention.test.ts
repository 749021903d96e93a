import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { createReferenceOps } from '../../../src/engine/reference/ops.js';
import { argument, checkOp, expectClose, kernels, normals, tf } from './kernels.js';

interface Case {
  /** N, H, W. */
  readonly map: readonly [number, number, number];
  readonly heads: number;
  /** Channels of a head. */
  readonly size: number;
  readonly window: number;
  readonly shift: number;
}

const SMALL: readonly Case[] = [
  { map: [2, 4, 4], heads: 2, size: 3, window: 2, shift: 1 },
  { map: [1, 3, 6], heads: 1, size: 8, window: 3, shift: 2 },
  { map: [1, 6, 3], heads: 3, size: 4, window: 3, shift: 0 },
  { map: [3, 2, 3], heads: 2, size: 5, window: 1, shift: 0 },
  { map: [1, 4, 4], heads: 1, size: 17, window: 4, shift: 2 },
];

/** The paper's windows and heads, one window a map, a window alone in a row, several tasks' worth of samples. */
const LARGE: readonly Case[] = [
  { map: [2, 14, 14], heads: 3, size: 32, window: 7, shift: 3 },
  { map: [3, 7, 7], heads: 4, size: 32, window: 7, shift: 0 },
  { map: [1, 24, 24], heads: 2, size: 32, window: 12, shift: 6 },
  { map: [2, 8, 24], heads: 2, size: 6, window: 8, shift: 4 },
  { map: [70, 8, 8], heads: 3, size: 8, window: 4, shift: 2 },
];

const shapeOf = ({ map, heads, size }: Case): [number, number, number, number] => [...map, 3 * heads * size];
const biasShape = ({ heads, window }: Case): [number, number, number] => [heads, window ** 2, window ** 2];

/** By the definition: position (h, v) of the map shifted by -shift is in window (h / window, v / window). */
function attend({ map: [N, H, W], heads, size, window, shift }: Case, qkv: Float64Array, bias: Float64Array) {
  const C = heads * size;
  const y = new Float64Array(N * H * W * C);
  const region = (at: number, side: number) => (at < side - window || shift === 0 ? 0 : at < side - shift ? 1 : 2);
  const places = Array.from({ length: H * W }, (_, at) => ({ row: Math.floor(at / W), column: at % W }));
  const inWindow = ({ row, column }: { row: number; column: number }) => (row % window) * window + (column % window);
  for (let n = 0; n < N; n++)
    for (let head = 0; head < heads; head++)
      for (const query of places) {
        const at = (place: { row: number; column: number }) =>
          (n * H + ((place.row + shift) % H)) * W + ((place.column + shift) % W);
        const keys = places.filter(
          ({ row, column }) =>
            Math.floor(row / window) === Math.floor(query.row / window) &&
            Math.floor(column / window) === Math.floor(query.column / window),
        );
        const scores = keys.map((key) => {
          let product = 0;
          for (let i = 0; i < size; i++)
            product += qkv[at(query) * 3 * C + head * size + i]! * qkv[at(key) * 3 * C + C + head * size + i]!;
          const same = region(key.row, H) === region(query.row, H) && region(key.column, W) === region(query.column, W);
          const offset = bias[(head * window ** 2 + inWindow(query)) * window ** 2 + inWindow(key)]!;
          return product / Math.sqrt(size) + offset - (same ? 0 : 100);
        });
        const greatest = Math.max(...scores);
        const weights = scores.map((score) => Math.exp(score - greatest));
        const sum = weights.reduce((total, weight) => total + weight, 0);
        keys.forEach((key, k) => {
          for (let i = 0; i < size; i++)
            y[at(query) * C + head * size + i]! +=
              (weights[k]! / sum) * qkv[at(key) * 3 * C + 2 * C + head * size + i]!;
        });
      }
  return y;
}

describe('window attention', () => {
  test.each(SMALL)('map $map, $heads heads of $size, window $window, shift $shift: by the definition', (given) => {
    checkOp(
      'attention',
      [argument('qkv', 1, shapeOf(given)), argument('bias', 2, biasShape(given))],
      (qkv: Tensor4D, bias: Tensor) => kernels.windowAttention(qkv, bias, given),
      (qkv, bias) => attend(given, qkv, bias),
    );
  });

  test.each(LARGE)('map $map, $heads heads of $size, window $window, shift $shift: as the reference', (given) => {
    const reference = createReferenceOps(tf);
    tf.tidy(() => {
      const qkv = tf.tensor(normals(1, shapeOf(given), 1.5), shapeOf(given)) as Tensor4D;
      const bias = tf.tensor(normals(2, biasShape(given)), biasShape(given));
      const shape = [...given.map, given.heads * given.size];
      const dy = tf.tensor(normals(3, shape), shape);
      const [found, expected] = [kernels, reference].map((ops) => {
        const op = (map: Tensor, offsets: Tensor) => ops.windowAttention(map as Tensor4D, offsets, given);
        return [op(qkv, bias), ...tf.grads(op)([qkv, bias], dy)];
      }) as [Tensor[], Tensor[]];
      ['value', 'gradient of qkv', 'gradient of the bias'].forEach((what, at) => {
        expectClose(found[at]!, expected[at]!.dataSync() as Float32Array, what);
      });
    });
  });

  test('a value that is not a number stays in its window and head, and does not vanish there', () => {
    const given = { map: [1, 4, 4], heads: 2, size: 4, window: 2, shift: 0 } as const;
    const values = normals(1, shapeOf(given));
    values[0] = Number.NaN;
    tf.tidy(() => {
      const qkv = tf.tensor(values, shapeOf(given)) as Tensor4D;
      const y = kernels.windowAttention(qkv, tf.zeros(biasShape(given)), given).arraySync();
      // The query of position 0 in head 0.
      const wrong = y.flat(2).map((channels) => channels.map(Number.isNaN));
      expect(wrong[0]).toEqual([true, true, true, true, false, false, false, false]);
      expect(wrong.slice(1).flat()).not.toContain(true);
    });
  });

  test('says what does not fit', () => {
    const ones = (...shape: number[]) => tf.ones(shape) as Tensor4D;
    const options = { heads: 2, window: 2, shift: 1 };
    const bias = tf.ones([2, 4, 4]);
    expect(() => kernels.windowAttention(ones(1, 4, 4, 8), bias, options)).toThrow(
      'windowAttention: expected queries, keys and values of 2 heads, found float32 [1,4,4,8]',
    );
    expect(() => kernels.windowAttention(ones(1, 4, 5, 12), bias, options)).toThrow(
      'a map that windows of 2x2 divide, found float32 [1,4,5,12]',
    );
    expect(() => kernels.windowAttention(ones(1, 4, 4, 12), bias, { ...options, shift: 2 })).toThrow(
      "a shift from 0 to less than the window's 2 (2)",
    );
    expect(() => kernels.windowAttention(ones(1, 4, 4, 12), tf.ones([2, 4]), options)).toThrow(
      'a float32 bias [2,4,4], found float32 [2,4]',
    );
  });
});
