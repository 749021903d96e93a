import { expect, it } from 'vitest';
import { recipeSchema } from '../../src/config/recipe.js';
import { openEngine } from '../../src/engine/open.js';
import { createState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';
import type { Batch } from '../../src/data/dataset.js';
import { roadModel, valuesOf } from '../architecture/parity.js';
import { batchOf } from './batches.js';

const cut = ({ images, targets }: Batch, from: number, size: number): Batch => {
  const part = (values: Float32Array) => {
    const each = values.length / 8;
    return values.slice(from * each, (from + size) * each);
  };
  return { size, images: part(images), targets: part(targets), labels: new Int32Array(size) };
};

it('gradients of 4 parts of a batch add up to the whole batch, clipping included', async () => {
  const engine = await openEngine({ device: 'cpu' });
  // No batch norm: its statistics would be those of the parts.
  const model = roadModel('layer-scale', 32, [1, 1, 1, 1]);
  const train = async (micro: number) => {
    const recipe = recipeSchema.parse({
      name: 'test',
      epochs: 1,
      batch_size: 8,
      micro_batch_size: micro,
      optimizer: { name: 'sgd', learning_rate: 0.05, weight_decay: 0.01 },
      schedule: { name: 'constant' },
      clip_gradient_norm: 0.5,
    });
    const state = createState(engine.ops, model, recipe, 0);
    const { tf } = engine.ops;
    for (const { name, shape } of model.parameters)
      tf.tidy(() => state.weights.get(name)?.assign(tf.tensor(valuesOf(name, shape), [...shape])));
    const stepper = await createStepper({ engine, model, recipe, state, seed: 0 });
    const losses: number[] = [];
    for (let step = 0; step < 5; step++) {
      const parts = Array.from({ length: 8 / micro }, (_, at) => cut(batchOf(step, 8), at * micro, micro));
      losses.push(await stepper.step(async () => parts.shift() as Batch, step, 0.05));
    }
    return { losses, weights: [...state.weights].map(([name, variable]) => [name, variable.dataSync()] as const) };
  };
  const [whole, parts] = [await train(8), await train(2)];
  for (const [step, loss] of whole.losses.entries()) expect(parts.losses[step]).toBeCloseTo(loss, 5);
  for (const [at, [name, values]] of whole.weights.entries()) {
    const other = parts.weights[at]?.[1] as Float32Array;
    const most = Math.max(...values.map(Math.abs));
    const apart = Math.max(...values.map((value, index) => Math.abs(value - (other[index] as number))));
    expect([name, apart / most < 3e-6]).toEqual([name, true]);
  }
});
