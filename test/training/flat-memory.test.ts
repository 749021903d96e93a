import { beforeAll, expect, test } from 'vitest';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { ensureKernels } from '../../src/engine/tensorflow/setup/kernels.js';
import { modelOf } from '../../src/experiment/network.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';
import { parseRoad } from '../../src/roadmap/road.js';
import { createState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';

let engine: Engine;
beforeAll(async () => {
  await ensureKernels('cpu', () => {});
  engine = await openEngine({ device: 'cpu', threads: 2 });
  expect(engine.description.kernels).toContain('fused');
}, 600_000);

const STEPS = 2000;
/** Steps after which allocators and JavaScript's heap have found their size. */
const SETTLED = 400;
/** One kept map of the first stage, 64 KiB, in every step would be more. */
const MOST_GROWTH = 48 * 2 ** 20;

test(`memory stays flat over ${STEPS} compiled steps with fused kernels`, async () => {
  // The road's end with a block a stage: every fused operation of it, masks and averages, and milliseconds a step.
  const road =
    'training-recipe,stage-ratio,patchify-stem,depthwise-conv,increase-width,inverted-bottleneck,move-up-depthwise,' +
    'kernel-size=7,gelu,fewer-activations,fewer-norms,layer-norm,separate-downsampling,layer-scale';
  const steps = parseRoad(road, createCatalogue()).map(({ step, adopted }) => ({
    id: step.id,
    options: step.id === 'stage-ratio' ? { depths: [1, 1, 1, 1] } : adopted.options,
  }));
  const size = { resolution: 32, width: 1 / 12, stemStride: 2, classes: 10 };
  const model = modelOf({ base: 'resnet-50', steps, ...size }, createCatalogue());
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 1,
    batch_size: 8,
    optimizer: { name: 'adamw', learning_rate: 1e-3, weight_decay: 0.05 },
    schedule: { name: 'constant' },
    drop_path: 0.2,
    ema: { decay: 0.9 },
  });
  const state = createState(engine.ops, model, recipe, 0);
  const stepper = await createStepper({ engine, model, recipe, state, seed: 0 });
  const batch = {
    size: 8,
    images: Float32Array.from({ length: 8 * 32 * 32 * 3 }, (_, at) => Math.sin(at)),
    targets: Float32Array.from({ length: 80 }, (_, at) => (at % 11 === 0 ? 1 : 0)),
    labels: Int32Array.from({ length: 8 }, (_, at) => at),
  };
  const tensors: number[] = [];
  let settled = 0;
  for (let step = 0; step < STEPS; step++) {
    const loss = await stepper.step(async () => batch, step, 1e-4);
    expect(loss).toBeGreaterThan(0);
    tensors.push(engine.ops.tf.memory().numTensors);
    if (step === SETTLED) settled = process.memoryUsage.rss();
  }
  expect(new Set(tensors).size).toBe(1);
  expect(process.memoryUsage.rss() - settled).toBeLessThan(MOST_GROWTH);
  stepper.dispose();
  state.dispose();
}, 300_000);
