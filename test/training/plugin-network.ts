import { buildModel } from '../../src/architecture/build.js';
import type { Model } from '../../src/architecture/model.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork } from '../../src/architecture/network.js';
import { leaf } from '../../src/architecture/tree.js';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Engine } from '../../src/engine/engine.js';
import { defineLayer, type LayerKind } from '../../src/layers/layer.js';
import { createState } from '../../src/training/state.js';
import { createStepper, type Stepper } from '../../src/training/stepper.js';
import { exampleBatch } from '../../src/training/try-out.js';

/** A layer that gives its map's shape and needs nothing, but for what a test says. */
export const layer = (own: Partial<LayerKind<null>>): LayerKind<null> =>
  defineLayer<null>({
    kind: 'mine',
    outputShape: (_, input) => input,
    parameters: () => [],
    operations: () => ({}),
    forward: (_, x) => x,
    ...own,
  });

/** A ConvNeXt of a block a stage, 1/16 as wide, on 32 pixels, with a layer behind each depthwise convolution. */
export function networkWith(kind: LayerKind<null>): Model {
  const network = namedNetwork('convnext-tiny', { resolution: 32, widthScale: 1 / 16, classes: 4 }) as ConvNetwork;
  const slots = { ...network.block.slots, afterSpatial: [() => leaf('mine', kind, null)] };
  return buildModel({ ...network, depths: [1, 1, 1, 1], block: { ...network.block, layerScale: null, slots } });
}

export const recipe = recipeSchema.parse({
  name: 'test',
  epochs: 1,
  batch_size: 4,
  optimizer: { name: 'sgd', learning_rate: 0.01 },
  schedule: { name: 'constant' },
});

/** Prepares training, and takes steps from one to another; gives their losses. */
export async function train(engine: Engine, model: Model, from = 0, to = 0): Promise<number[]> {
  const state = createState(engine.ops, model, recipe, 1);
  let stepper: Stepper | null = null;
  try {
    stepper = await createStepper({ engine, model, recipe, state, seed: 1 });
    const losses: number[] = [];
    for (let step = from; step < to; step++) {
      losses.push(await stepper.step(async () => exampleBatch(model, 4, 0), step, 0));
    }
    return losses;
  } finally {
    stepper?.dispose();
    state.dispose();
  }
}
