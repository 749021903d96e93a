import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { batchFeeds } from '../../src/training/feeds.js';
import { hyperValues } from '../../src/training/optimizer.js';
import { createState, type TrainingState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';
import { trainingStep } from '../../src/training/steps.js';
import { roadModel } from '../architecture/parity.js';
import { batchOf } from './batches.js';

const recipe = recipeSchema.parse({
  name: 'test',
  epochs: 1,
  batch_size: 8,
  drop_path: 0.4,
  optimizer: { name: 'adamw', learning_rate: 1e-3, weight_decay: 0.05 },
  schedule: { name: 'constant' },
});

/** Losses of some steps and a digest of everything that they left behind. */
async function train(engine: Engine, network: string, recompute: 'none' | 'blocks') {
  const model = roadModel(network, 32, [1, 2, 1, 1]);
  const state = createState(engine.ops, model, recipe, 0);
  const stepper = await createStepper({ engine, model, recipe, state, seed: 0, recompute });
  const before = engine.ops.tf.memory().numTensors;
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) losses.push(await stepper.step(async () => batchOf(step, 8), step, 1e-3));
  expect(engine.ops.tf.memory().numTensors).toBe(before);
  stepper.dispose();
  const left = await digestsOf(state);
  state.dispose();
  return { losses, left };
}

async function digestsOf(state: TrainingState): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const [name, variable] of state.all) {
    const values = (await variable.data()) as Float32Array;
    digests[name] = createHash('sha256').update(values).digest('hex');
  }
  return digests;
}

describe.each([
  { device: 'cpu', eager: false },
  { device: 'cpu', eager: true },
  { device: 'wasm', eager: true },
] as const)('blocks computed again on $device, eager: $eager', (options) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(options);
  });

  // With running statistics, with layer norm and layer scale; stochastic depth in both.
  it.each(['resnet-50', 'layer-scale'])('give %s the same losses, weights, moments and statistics', async (network) => {
    expect(await train(engine, network, 'blocks')).toEqual(await train(engine, network, 'none'));
  });

  it.runIf(options.eager)('take less than half of the memory in a deep network', async () => {
    const peak = async (recompute: 'none' | 'blocks') => {
      const { ops } = engine;
      const model = roadModel('layer-scale', 32, [12, 1, 1, 1]);
      const state = createState(ops, model, recipe, 0);
      const step = trainingStep({ ops, model, recipe, state, recompute });
      const hyper = ops.tf.tensor1d(hyperValues(recipe.optimizer, 1e-3, 0, 1, 0));
      const feeds = { ...batchFeeds(ops, model, recipe, batchOf(0, 32), 0, 0), hyper };
      const { peakBytes } = await ops.tf.profile(() => {
        step(feeds);
        return [];
      });
      ops.tf.dispose(feeds as never);
      state.dispose();
      return peakBytes;
    };
    const kept = await peak('none');
    expect(await peak('blocks')).toBeLessThan(kept / 2);
  });
});
