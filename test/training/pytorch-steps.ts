import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Engine } from '../../src/engine/engine.js';
import { createState, type TrainingState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';
import { roadModel, valuesOf } from '../architecture/parity.js';
import { batchOf } from './batches.js';

export interface Case {
  readonly name: string;
  readonly network: string;
  readonly ema: number | null;
  readonly clip: number | null;
  readonly layer_decay: number;
  readonly decay_all: boolean;
  readonly optimizer: { readonly name: string; readonly learning_rate: number };
  readonly losses: readonly number[];
  readonly tensors: Readonly<Record<string, number>>;
}

const folder = new URL('../fixtures/training/', import.meta.url);
export const cases: readonly Case[] = JSON.parse(readFileSync(new URL('steps.json', folder), 'utf8'));
const bytes = gunzipSync(readFileSync(new URL('steps.bin.gz', folder)));
const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/** Twenty steps of a fixture's recipe from its weights: losses and the state. */
export async function train(engine: Engine, { network, ema, clip, layer_decay, decay_all, optimizer }: Case) {
  const model = roadModel(network, 32, [1, 2, 4, 1]);
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 1,
    batch_size: 8,
    optimizer: { ...optimizer, decay_norms_and_biases: decay_all },
    schedule: { name: 'constant' },
    ema: ema === null ? null : { decay: ema },
    clip_gradient_norm: clip,
    layer_decay,
  });
  const state = createState(engine.ops, model, recipe, 0);
  const { tf } = engine.ops;
  for (const { name, shape } of model.parameters) {
    for (const variable of [state.weights.get(name), state.averages.get(name)]) {
      tf.tidy(() => variable?.assign(tf.tensor(valuesOf(name, shape), [...shape])));
    }
  }
  const stepper = await createStepper({ engine, model, recipe, state, seed: 0 });
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const rate = Math.fround((optimizer.learning_rate * (1 + (step % 4))) / 4);
    losses.push(await stepper.step(async () => batchOf(step, 8), step, rate));
  }
  stepper.dispose();
  return { losses, state };
}

/** How far each tensor's norm and 32 of its values are from PyTorch's, relative to its largest value. */
export async function distances(
  state: TrainingState,
  tensors: Case['tensors'],
): Promise<{ name: string; distance: number }[]> {
  const named = new Map([...state.weights, ...[...state.averages].map(([name, v]) => [`ema/${name}`, v] as const)]);
  expect([...named.keys()].sort()).toEqual(Object.keys(tensors).sort());
  const found: { name: string; distance: number }[] = [];
  for (const [name, start] of Object.entries(tensors)) {
    const values = (await named.get(name)?.data()) as Float32Array;
    const [norm, largest, ...samples] = numbers.subarray(start, start + 34) as unknown as [number, number, ...number[]];
    const taken = samples.map((_, k) => values[Math.trunc((k * (values.length - 1)) / 31)] as number);
    const apart = taken.map((value, k) => Math.abs(value - (samples[k] as number)) / largest);
    found.push({ name, distance: Math.max(Math.abs(Math.hypot(...values) / norm - 1), ...apart) });
  }
  return found;
}
