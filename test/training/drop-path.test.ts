import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { hyperValues } from '../../src/training/optimizer.js';
import { createState } from '../../src/training/state.js';
import { trainingStep } from '../../src/training/steps.js';
import { roadModel, valuesOf } from '../architecture/parity.js';
import { batchOf } from './batches.js';

it.each(['resnet-50', 'convnext-tiny', 'swin-tiny'])('rates of %s rise linearly over all blocks from 0', (name) => {
  const { dropPathScale, blocks } = buildModel(namedNetwork(name) as Network);
  // torch.linspace(0, rate, sum(depths)), as the paper's code, timm's and Swin's have it.
  const depth = name === 'swin-tiny' ? 12 : name === 'resnet-50' ? 16 : 18;
  const expected = Array.from({ length: depth }, (_, at) => at / (depth - 1));
  // Swin's blocks have two branches each, dropped at one rate.
  const branches = name === 'swin-tiny' ? expected.flatMap((scale) => [scale, scale]) : expected;
  expect(blocks).toBe(branches.length);
  for (const [at, scale] of branches.entries()) expect(dropPathScale[at]).toBeCloseTo(scale, 12);
});

describe('a step', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine({ device: 'cpu', eager: true });
  });
  const model = roadModel('layer-scale', 32, [1, 2, 1, 1]);
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 1,
    batch_size: 4,
    drop_path: 0.5,
    optimizer: { name: 'adamw', learning_rate: 1e-9 },
    schedule: { name: 'constant' },
  });
  const gammas = model.parameters.map(({ name }) => name).filter((name) => name.endsWith('gamma'));

  /** The loss with these factors and the gammas of some blocks at 0. */
  function lossOf(keep: Float32Array, without: readonly number[]): number {
    const { tf } = engine.ops;
    const state = createState(engine.ops, model, recipe, 0);
    for (const { name, shape } of model.parameters) {
      const off = without.some((block) => gammas[block] === name);
      const values = off ? new Float32Array(shape[0] as number) : valuesOf(name, shape);
      (state.weights.get(name) as Variable).assign(tf.tensor(values, [...shape]));
    }
    const { images, targets } = batchOf(0, 4);
    const feeds: Record<string, Tensor> = {
      images: tf.tensor(images, [4, 32, 32, 3]),
      targets: tf.tensor(targets, [4, 5]),
      keep: tf.tensor(keep, [5, 4]),
      hyper: tf.tensor1d(hyperValues(recipe.optimizer, 1e-9, 0, 1, 0)),
    };
    const { loss } = trainingStep({ ops: engine.ops, model, recipe, state })(feeds);
    const value = (loss as Tensor).dataSync()[0] as number;
    state.dispose();
    return value;
  }

  it.each([0, 1, 2, 3, 4])('that drops block %i is one without its branch', (block) => {
    const ones = new Float32Array(20).fill(1);
    const dropped = ones.map((one, at) => (Math.floor(at / 4) === block ? 0 : one));
    const whole = lossOf(ones, []);
    expect(lossOf(dropped, [])).toBeCloseTo(lossOf(ones, [block]), 6);
    expect(Math.abs(lossOf(dropped, []) - whole)).toBeGreaterThan(1e-4);
  });

  it('that drops a block for one picture changes that picture’s share of the loss', () => {
    const ones = new Float32Array(20).fill(1);
    const whole = lossOf(ones, []);
    const changes = [0, 1, 2, 3].map(
      (picture) =>
        lossOf(
          ones.map((one, at) => (at === 8 + picture ? 0 : one)),
          [],
        ) - whole,
    );
    const all =
      lossOf(
        ones.map((one, at) => (Math.floor(at / 4) === 2 ? 0 : one)),
        [],
      ) - whole;
    expect(changes.reduce((sum, change) => sum + change, 0)).toBeCloseTo(all, 5);
    for (const change of changes) expect(Math.abs(change)).toBeGreaterThan(1e-6);
  });
});
