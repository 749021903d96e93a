import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import { type Engine, EnvironmentError } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { openTensorflow } from '../../src/engine/tensorflow/engine.js';
import { type PrecisionFacts, resolvePrecision } from '../../src/engine/tensorflow/precision.js';
import { createState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';
import { uniform } from '../fixtures/networks/uniform.js';

const model = buildModel(
  namedNetwork('convnext-tiny', { resolution: 32, classes: 4, widthScale: 1 / 4, stemStride: 2 }) as Network,
);
const recipe = recipeSchema.parse({
  name: 'precision',
  epochs: 1,
  batch_size: 8,
  optimizer: { name: 'adamw', learning_rate: 1e-3 },
  schedule: { name: 'constant' },
});
const targets = new Float32Array(32);
for (let at = 0; at < 8; at++) targets[at * 4 + (at % 4)] = 1;
const batch = { size: 8, images: uniform('precision', 8 * 32 * 32 * 3, -1, 1), targets, labels: new Int32Array(8) };

async function losses(engine: Engine): Promise<number[]> {
  const state = createState(engine.ops, model, recipe, 0);
  const stepper = await createStepper({ engine, model, recipe, state, seed: 0 });
  const found: number[] = [];
  for (let step = 0; step < 20; step++) found.push(await stepper.step(async () => batch, step, 1e-3));
  stepper.dispose();
  state.dispose();
  return found;
}

describe('precision', () => {
  let single: number[];
  beforeAll(async () => {
    single = await losses(openTensorflow({ device: 'cpu' }));
  });

  it('auto trains within bfloat16 rounding of float32, and says what it came to', async () => {
    const engine = openTensorflow({ device: 'cpu', precision: 'auto' });
    const mixed = await losses(engine);
    // bfloat16 has 8 bits: 0.4 percent a product, less in the sum; the float32 losses themselves fall by a factor.
    expect(Math.abs((mixed[0] as number) / (single[0] as number) - 1)).toBeLessThan(0.01);
    expect(Math.abs((mixed[19] as number) - (single[19] as number))).toBeLessThan(0.1 * (single[0] as number));
    // Where the CPU multiplies bfloat16 the numbers must differ, else the record would say what did not happen.
    if (engine.description.precision === 'bfloat16') expect(mixed).not.toEqual(single);
    else expect(mixed).toEqual(single);
  });

  it('asked for by name where it cannot be had is an error with the next step', async () => {
    const resolve = (facts: PrecisionFacts) => () => resolvePrecision('bfloat16', facts);
    const old = { instructionSet: 'x86-64-v3', multipliesBfloat16: false };
    expect(resolve({ gpu: true, kernels: null })).toThrow('GPUs');
    expect(resolve({ gpu: false, kernels: null })).toThrow('npx ablate setup');
    expect(resolve({ gpu: false, kernels: old })).toThrow('x86-64-v3');
    expect(resolve({ gpu: false, kernels: old })).toThrow(EnvironmentError);
    expect(resolvePrecision('auto', { gpu: false, kernels: old })).toBe('float32');
    await expect(openEngine({ device: 'wasm', precision: 'bfloat16' })).rejects.toThrow('float32 or auto');
  });
});
