import type { Batch } from '../../src/data/dataset.js';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Engine } from '../../src/engine/engine.js';
import { modelOf } from '../../src/experiment/network.js';
import { createGenerator } from '../../src/random/generator.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';
import { createState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';

/** Networks that use, between them, every operation, in small. */
export const NETWORKS = {
  'resnet-50': { base: 'resnet-50', steps: [] },
  resnext: { base: 'resnet-50', steps: [{ id: 'depthwise-conv', options: { groups: 4 } }] },
  'convnext-t': { base: 'convnext-t', steps: [] },
  'swin-t': { base: 'swin-t', steps: [] },
} as const;

export type NetworkName = keyof typeof NETWORKS;

const SIZE = 4;

/** What some training steps from fresh, seeded state leave behind. */
export interface Trained {
  readonly losses: readonly number[];
  /** Every variable, optimizer moments and averages included. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** Tensors alive after each step. */
  readonly tensors: readonly number[];
}

/** Trains a network on pictures of its own, with masks, averages and both kinds of optimizer. */
export async function trainSteps(
  engine: Engine,
  name: NetworkName,
  optimizer: 'adamw' | 'sgd',
  steps: number,
): Promise<Trained> {
  const { base, steps: road } = NETWORKS[name];
  const spec = {
    base,
    steps: road,
    resolution: 32,
    width: 1 / 4,
    stemStride: 2,
    classes: 10,
  };
  const model = modelOf(spec, createCatalogue());
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 1,
    batch_size: SIZE,
    optimizer:
      optimizer === 'adamw'
        ? { name: 'adamw', learning_rate: 1e-3, weight_decay: 0.05 }
        : { name: 'sgd', learning_rate: 0.01 },
    schedule: { name: 'constant' },
    drop_path: 0.2,
    ema: { decay: 0.9 },
  });
  const state = createState(engine.ops, model, recipe, 3);
  const stepper = await createStepper({ engine, model, recipe, state, seed: 3 });
  const losses: number[] = [];
  const tensors: number[] = [];
  for (let number = 0; number < steps; number++) {
    losses.push(await stepper.step(async () => randomBatch(number), number, 1e-3));
    tensors.push(engine.ops.tf.memory().numTensors);
  }
  const values = new Map<string, Float32Array>();
  for (const [key, variable] of state.all) values.set(key, Float32Array.from(await variable.data()));
  stepper.dispose();
  state.dispose();
  return { losses, values, tensors };
}

function randomBatch(number: number): Batch {
  const generator = createGenerator(number, 'pictures');
  const size = SIZE;
  const labels = Int32Array.from({ length: size }, (_, at) => (at + number) % 10);
  const targets = new Float32Array(size * 10).fill(0.01);
  for (const [at, label] of labels.entries()) targets[at * 10 + label] = 0.91;
  return { size, images: Float32Array.from({ length: size * 32 * 32 * 3 }, () => generator.normal()), targets, labels };
}
