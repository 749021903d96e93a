import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { ConvNetwork, Network, SwinNetwork } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { createState, type TrainingState } from '../../src/training/state.js';
import { createStepper } from '../../src/training/stepper.js';
import { foreignTensors } from '../../src/weights/export.js';
import { importWeights } from '../../src/weights/import.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { uniform } from '../fixtures/networks/uniform.js';
import { batchOf } from './batches.js';

interface Case {
  readonly name: string;
  readonly batch: number;
  readonly optimizer: { readonly learning_rate: number };
  readonly losses: readonly number[];
  /** By timm's name: its shape there, and where its digest starts. */
  readonly tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly at: number }>>;
}

const fixtures = new URL('../fixtures/training/', import.meta.url);
const cases: readonly Case[] = JSON.parse(readFileSync(new URL('timm-steps.json', fixtures), 'utf8'));
const bytes = gunzipSync(readFileSync(new URL('timm-steps.bin.gz', fixtures)));
const digests = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

const size = { resolution: 32, classes: 5, depths: [1, 1, 2, 1] } as const;
const convNeXt = namedNetwork('convnext-tiny') as ConvNetwork;
const networks: Readonly<Record<string, Network>> = {
  convnext: { ...convNeXt, ...size, widths: [4, 8, 16, 32] },
  resnet: { ...(namedNetwork('resnet-50') as ConvNetwork), ...size, widths: [64, 8, 16, 32] },
  swin: {
    ...(namedNetwork('swin-tiny') as SwinNetwork),
    ...size,
    depths: [2, 1, 1, 1],
    width: 8,
    heads: [1, 2, 4, 8],
    window: 4,
  },
};

/** First values as timm_steps.py has them. */
function firstValues(name: string, shape: readonly number[]): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  if (shape.length > 1) {
    const bound = 1 / Math.sqrt(length / (shape[0] as number));
    return uniform(name, length, -bound, bound);
  }
  const beforeRelu = /bn|layer.*downsample\.1/.test(name);
  if (name.endsWith('bias')) return beforeRelu ? uniform(name, length, 1.5, 2) : uniform(name, length, -0.1, 0.1);
  if (name.endsWith('mean')) return uniform(name, length, -0.1, 0.1);
  return beforeRelu && name.endsWith('weight') ? uniform(name, length, 0.2, 0.4) : uniform(name, length, 0.5, 1.5);
}

/** Imports a file with timm's names and shapes, and takes twenty steps. */
async function train(engine: Engine, network: Network, file: string, { batch, optimizer, tensors }: Case) {
  const named = Object.entries(tensors).map(
    ([name, { shape }]) => ({ name, shape, dtype: 'F32', values: () => firstValues(name, shape) }) as const,
  );
  await writeSafetensors(file, named);
  const model = buildModel(network);
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 1,
    batch_size: batch,
    // timm leaves biases and norms without decay, whatever the optimizer.
    optimizer: { ...optimizer, decay_norms_and_biases: false },
    schedule: { name: 'constant' },
  });
  const { tf } = engine.ops;
  const state = createState(engine.ops, model, recipe, 0);
  const weights = await importWeights(file, network, model, { naming: 'timm' });
  for (const [name, variable] of state.weights) {
    const values = await weights.read(name);
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  await weights.close();
  const stepper = await createStepper({ engine, model, recipe, state, seed: 0 });
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const rate = Math.fround((optimizer.learning_rate * (1 + (step % 4))) / 4);
    losses.push(await stepper.step(async () => batchOf(step, batch), step, rate));
  }
  stepper.dispose();
  return { losses, state, model };
}

/** The greatest distance of a tensor's norm and 32 values from timm's, relative to the norm and the largest value. */
function distance(found: Float32Array, at: number): number {
  const [norm, largest, ...samples] = digests.subarray(at, at + 34) as unknown as [number, number, ...number[]];
  const apart = samples.map((sample, k) => {
    const value = found[Math.trunc((k * (found.length - 1)) / 31)] as number;
    return Math.abs(value - sample) / largest;
  });
  return Math.max(Math.abs(Math.hypot(...found) / norm - 1), ...apart);
}

const valuesOf = (state: TrainingState) => (name: string) => state.weights.get(name)?.dataSync() as Float32Array;

describe("20 steps from weights imported under timm's names equal timm's own to 1e-6", () => {
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'timm-steps-'));
  beforeAll(async () => {
    engine = await openEngine({ device: 'cpu' });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const network = networks[name.split('-')[0] as string] as Network;
    const { losses, state, model } = await train(engine, network, join(folder, `${name}.safetensors`), one);
    const exported = foreignTensors(network, model, 'timm', valuesOf(state)).filter(({ dtype }) => dtype === 'F32');
    expect(exported.map((tensor) => tensor.name).sort()).toEqual(Object.keys(one.tensors).sort());
    const far = exported
      .map(({ name, values }) => ({ name, apart: distance(values() as Float32Array, one.tensors[name]?.at as number) }))
      // Parameters to 1e-6. Statistics add up rounding over many values, and a mean is small beside what it is the mean of.
      .filter(({ name, apart }) => !(apart < (name.includes('running_') ? 1e-5 : 1e-6)));
    expect(far).toEqual([]);
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss / (one.losses[step] as number) - 1)).toBeLessThan(1e-6);
    }
    state.dispose();
  });
});
