import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Feeds, Step } from '../../../src/engine/engine.js';
import { kernels, normals, tf } from '../kernels/kernels.js';
import { inPrecision, opsAsEager } from './as-eager.js';

type Activation = 'relu' | 'gelu' | null;

interface Block {
  readonly activation: Activation;
  readonly keep?: boolean;
  readonly gamma?: boolean;
  readonly channels: number;
  /** The shortcut is normed too, or the very branch. */
  readonly shortcut?: 'normed' | 'branch';
}

function feedsOf(seed: number, C: number): Feeds {
  const tensor = (at: number, shape: number[]) => tf.tensor(normals(10 * seed + at, shape), shape);
  return {
    x: tensor(1, [3, 5, 7, C]),
    branch: tensor(2, [3, 5, 7, C]),
    gamma: tensor(3, [C]),
    beta: tensor(4, [C]),
    scale: tensor(5, [C]),
    mean: tensor(6, [C]),
    keep: tf.tensor([0, 1.25, 1.25]),
    dy: tensor(7, [3, 5, 7, C]),
  };
}

/** A sum over the block's output, its norm's running statistics, and gradients. */
const stepOf =
  ({ activation, keep = false, gamma = false, shortcut }: Block): Step =>
  (feeds) =>
    tf.tidy(() => {
      const of = (name: string) => feeds[name] as Tensor;
      const kept: Record<string, Tensor> = {};
      const end = (x: Tensor, branch: Tensor, scale: Tensor, offset: Tensor, layerScale: Tensor): Tensor => {
        const norm = (map: Tensor, update?: (mean: Tensor1D, variance: Tensor1D) => void) =>
          kernels.batchNorm(map as Tensor4D, {
            ...{ gamma: scale as Tensor1D, beta: offset as Tensor1D, epsilon: 1e-5, momentum: 0.1, training: true },
            ...{ runningMean: of('mean') as Tensor1D, runningVariance: tf.ones([scale.size]) as Tensor1D },
            ...{ activation: null, update },
          });
        const normed = norm(branch, (mean, variance) => {
          Object.assign(kept, { mean: tf.keep(mean), variance: tf.keep(variance) });
        });
        const other = shortcut === 'normed' ? norm(x) : shortcut === 'branch' ? normed : x;
        return kernels.residual(other, normed, {
          activation,
          ...(keep ? { keep: of('keep') as Tensor1D } : {}),
          ...(gamma ? { gamma: layerScale as Tensor1D } : {}),
        });
      };
      const given = [of('x'), of('branch'), of('gamma'), of('beta'), of('scale')] as const;
      // What is no input of the block has a gradient too.
      const value = (...all: Tensor[]) => {
        const [x, branch, scale, offset, layerScale] = all as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const y = end(x, branch, scale, offset, layerScale);
        return tf.add(tf.sum(tf.mul(y, of('dy'))), tf.addN(all.map((one) => tf.sum(one))));
      };
      const { value: sum, grads: slopes } = tf.valueAndGrads(value)([...given]);
      return { ...kept, sum, ...Object.fromEntries(slopes.map((slope, at) => [`slope${at}`, slope])) };
    });

const opsOf = (precision: string, block: Block): Promise<readonly string[]> =>
  opsAsEager(inPrecision(precision, stepOf(block)), [feedsOf(1, block.channels), feedsOf(2, block.channels)]);

const BLOCKS: readonly Block[] = ([null, 'relu'] as const).flatMap((activation) =>
  [5, 40].flatMap((channels) => [false, true].map((keep) => ({ activation, channels, keep }))),
);

describe.each(['float32', 'bfloat16'])('maps of %s', (precision) => {
  test.each(BLOCKS)('a norm and the end of its block are one op, with the bits of two: %o', async (block) => {
    const kinds = await opsOf(precision, block);
    expect(kinds).toContain(`BatchNormResidual${block.activation ? 'Relu' : ''}`);
    expect(kinds).not.toContain('BatchNorm');
    expect(kinds).not.toContain(`Residual${block.activation ? 'Relu' : ''}`);
  });

  test('the norm of a shortcut stays by itself', async () => {
    const block = { activation: 'relu', channels: 40, shortcut: 'normed' } as const;
    const kinds = await opsOf(precision, block);
    expect(kinds.filter((kind) => kind === 'BatchNorm')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'BatchNormResidualRelu')).toHaveLength(1);
  });

  test.each([
    ['GELU, whose gradient reads the norm', { activation: 'gelu', channels: 40 }],
    ['a branch that is the shortcut as well', { activation: 'relu', shortcut: 'branch', channels: 40 }],
    ['layer scale, whose gradient reads the norm', { activation: null, gamma: true, channels: 40 }],
  ] as const)('but for %s', async (_, block) => {
    const kinds = await opsOf(precision, block);
    expect(kinds).toContain('BatchNorm');
    expect(kinds.some((kind) => kind.startsWith('BatchNormResidual'))).toBe(false);
  });
});
