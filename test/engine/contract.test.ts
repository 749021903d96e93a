import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import type { Ops } from '../../src/engine/ops.js';

const engines: readonly (readonly [string, Engine])[] = [
  ['tensorflow', await openEngine({ device: 'cpu', eager: true })],
  ['wasm', await openEngine({ device: 'wasm' })],
];

const conv = { stride: 1, padding: 1, groups: 1 };

/** What an operation does not take, and what it must say. Tensors are typed by rank: a plug-in in JavaScript is not. */
const misuses: readonly (readonly [string, (ops: Any, tf: Ops['tf']) => unknown, RegExp])[] = [
  ['an int32 map', ({ activation }, tf) => activation(tf.ones([2, 3], 'int32'), 'relu'), /float32 .* int32 \[2,3\]/],
  ['a bool map', ({ globalAveragePool }, tf) => globalAveragePool(tf.ones([1, 2, 2, 3], 'bool')), /float32 .* bool/],
  [
    'an int32 map in a convolution',
    ({ conv2d }, tf) => conv2d(tf.ones([1, 4, 4, 8], 'int32'), tf.ones([3, 3, 8, 8]), conv),
    /ops\.conv2d expects the map as a float32 tensor/,
  ],
  [
    'a kernel of other channels',
    ({ conv2d }, tf) => conv2d(tf.ones([1, 4, 4, 8]), tf.ones([3, 3, 4, 8]), conv),
    /a kernel of 8 input channels a group, found float32 \[3,3,4,8\]/,
  ],
  [
    'groups that do not divide',
    ({ conv2d }, tf) => conv2d(tf.ones([1, 4, 4, 8]), tf.ones([3, 3, 2, 6]), { ...conv, groups: 4 }),
    /output channels that 4 groups divide/,
  ],
  [
    'a bias that is too short',
    ({ conv2d }, tf) => conv2d(tf.ones([1, 4, 4, 8]), tf.ones([3, 3, 8, 8]), { ...conv, bias: tf.ones([4]) }),
    /the bias \[8\], found float32 \[4\]/,
  ],
  [
    'a kernel larger than the map',
    ({ conv2d }, tf) => conv2d(tf.ones([1, 4, 4, 8]), tf.ones([7, 7, 8, 8]), { ...conv, padding: 0 }),
    /a map that a kernel of 7 fits into/,
  ],
  [
    'an oblong kernel',
    ({ conv2d }, tf) => conv2d(tf.ones([1, 4, 4, 8]), tf.ones([1, 3, 8, 8]), conv),
    /a square kernel, found float32 \[1,3,8,8\]/,
  ],
  [
    'a stride of a half',
    ({ conv2d }, tf) => conv2d(tf.ones([1, 4, 4, 8]), tf.ones([3, 3, 8, 8]), { ...conv, stride: 0.5 }),
    /stride as a whole number from 1 on, found 0\.5/,
  ],
  ['a weight of other inputs', ({ linear }, tf) => linear(tf.ones([2, 8]), tf.ones([4, 3])), /a weight \[8, out\]/],
  [
    'a linear bias that is too long',
    ({ linear }, tf) => linear(tf.ones([2, 8]), tf.ones([8, 3]), tf.ones([4])),
    /the bias \[3\]/,
  ],
  [
    'a gamma that is too short',
    ({ layerNorm }, tf) => layerNorm(tf.ones([2, 8]), tf.ones([4]), tf.ones([8]), 1e-6),
    /ops\.layerNorm expects gamma \[8\], found float32 \[4\]/,
  ],
  [
    'a batch norm without a running mean',
    ({ batchNorm }, tf) =>
      batchNorm(tf.ones([2, 8]), { gamma: tf.ones([8]), beta: tf.ones([8]), epsilon: 1e-5, training: false }),
    /ops\.batchNorm expects runningMean/,
  ],
  [
    'a pool that is too large',
    ({ maxPool }, tf) => maxPool(tf.ones([1, 2, 2, 3]), { kernel: 3, stride: 1, padding: 0 }),
    /a map that a kernel of 3 fits into/,
  ],
  ['a map of three axes', ({ globalAveragePool }, tf) => globalAveragePool(tf.ones([2, 2, 3])), /a map \[N, H, W, C\]/],
  [
    'a branch of another shape',
    ({ residual }, tf) => residual(tf.ones([2, 4]), tf.ones([2, 5]), {}),
    /a branch \[2,4\], as the shortcut, found float32 \[2,5\]/,
  ],
  [
    'a keep that is too short',
    ({ residual }, tf) => residual(tf.ones([2, 4]), tf.ones([2, 4]), { keep: tf.ones([1]) }),
    /keep \[2\], found float32 \[1\]/,
  ],
  [
    'a window that does not divide',
    ({ windowAttention }, tf) =>
      windowAttention(tf.ones([1, 5, 4, 6]), tf.ones([1, 4, 4]), { heads: 1, window: 2, shift: 0 }),
    /a map that windows of 2 divide/,
  ],
  [
    'a bias of one head for two',
    ({ windowAttention }, tf) =>
      windowAttention(tf.ones([1, 4, 4, 6]), tf.ones([1, 4, 4]), { heads: 2, window: 2, shift: 0 }),
    /queries, keys and values of 2 heads|a bias \[2,4,4\]/,
  ],
  ['no tensor', ({ activation }) => activation([1, 2], 'relu'), /float32 tensor, found 1,2/],
  [
    'an unknown activation',
    ({ activation }, tf) => activation(tf.ones([2, 2]), 'swish'),
    /'relu' or 'gelu', found swish/,
  ],
];

// biome-ignore lint/suspicious/noExplicitAny: misuse is what these are about
type Any = any;

describe.each(engines)('operations of the %s engine', (name, { ops }) => {
  test.each(misuses)('refuse %s', async (_, misuse, message) => {
    await ops.tf.setBackend(name);
    expect(() => ops.tf.tidy(() => misuse(ops, ops.tf) as Tensor)).toThrow(message);
  });
});
