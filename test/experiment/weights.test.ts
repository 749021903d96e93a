import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/problem.js';
import { openEngine } from '../../src/engine/open.js';
import { designHash, networkHash } from '../../src/records/hash.js';
import { modelOf, networkOf } from '../../src/experiment/network.js';
import type { NetworkSpec, RunSpec } from '../../src/records/run.js';
import { openSuite } from '../../src/experiment/suite.js';
import { openWeights } from '../../src/experiment/weights.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';
import { startFrom } from '../../src/training/start.js';
import { createState } from '../../src/training/state.js';
import { exportWeights } from '../../src/weights/export.js';
import { uniform } from '../fixtures/networks/uniform.js';

const folder = mkdtempSync(join(tmpdir(), 'weights-'));
afterAll(() => rmSync(folder, { recursive: true }));
const suiteFile = join(folder, 'suite.yaml');
const catalogue = createCatalogue();
const pretrained: NetworkSpec = {
  base: 'convnext-tiny',
  steps: [],
  resolution: 32,
  width: 1 / 16,
  stemStride: null,
  classes: 20,
};

/** Weights of convnext-tiny for 20 classes under timm's names. */
async function writeWeights(file: string, salt = '', spec = pretrained): Promise<void> {
  const network = networkOf(spec, catalogue);
  const model = modelOf(spec, catalogue);
  const shapes = new Map(model.parameters.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]));
  const values = (name: string) => uniform(name + salt, shapes.get(name) as number, -1, 1);
  await exportWeights(join(folder, file), { network, model, naming: 'timm', values });
}

const writeSuite = (weights: string, scale = 'resolution: 64, width: 1/16') =>
  writeFile(
    suiteFile,
    `name: fine-tuning
dataset: { name: fashion-mnist }
network: { base: convnext-tiny, scale: { ${scale} }, weights: ${weights} }
recipe: { extends: from-22k, batch_size: 8, micro_batch_size: null, ema: { decay: 0.9 } }
`,
  );

const problemsOf = async (): Promise<string> => {
  try {
    await openSuite(suiteFile);
    return 'none';
  } catch (error) {
    if (error instanceof ConfigError) return error.render();
    throw error;
  }
};

beforeEach(() => writeWeights('pretrained.safetensors'));

describe('a suite that starts from weights', () => {
  it('takes them over at another resolution and leaves a classifier of other classes to the seed, scaled', async () => {
    await writeSuite('./pretrained.safetensors');
    const { variants } = await openSuite(suiteFile);
    const { spec, recipe } = variants[0] as (typeof variants)[number];
    const model = modelOf(spec, catalogue);
    const { ops } = await openEngine({ device: 'cpu' });
    const state = createState(ops, model, recipe, 0);
    const weights = await openWeights(spec.weights as NonNullable<typeof spec.weights>, networkOf(spec, catalogue));
    await startFrom(ops, state, weights);
    await weights.close();

    const known = 'stem.conv.weight';
    const own = state.weights.get(known)?.dataSync() as Float32Array;
    expect(own).toEqual(uniform(known, own.length, -1, 1));
    expect(state.averages.get(known)?.dataSync()).toEqual(own);

    const classifier = state.weights.get('head.fc.weight')?.dataSync() as Float32Array;
    // Truncated normal of 0.02, times the recipe's 0.001.
    expect(classifier.length).toBe(10 * 48);
    expect(classifier.every((value) => value !== 0 && Math.abs(value) < 1.5e-4)).toBe(true);
    state.dispose();
  });

  it('says where a file is missing or does not fit', async () => {
    await writeSuite('./nowhere.safetensors');
    expect(await problemsOf()).toMatch(/suite\.yaml:3:\d+[\s\S]*nowhere\.safetensors: there is no such file/);
    await writeSuite('./pretrained.safetensors', 'resolution: 32, width: 1/8');
    expect(await problemsOf()).toMatch(/suite\.yaml:3:\d+[\s\S]*convnext-tiny[\s\S]*tensors do not fit/);
  });
});

it('a run is another when its weights are others, and the same when only their file moved', async () => {
  const hashWith = async (file: string) => {
    await writeSuite(file);
    const { suite, variants } = await openSuite(suiteFile);
    const { spec, recipe } = variants[0] as (typeof variants)[number];
    const run = { recipe, seed: 0, dataset: suite.dataset, network: spec } as unknown as RunSpec;
    return designHash(run, networkHash(modelOf(spec, catalogue)), []);
  };
  await writeWeights('moved.safetensors');
  await writeWeights('others.safetensors', 'other');
  const first = await hashWith('./pretrained.safetensors');
  expect(await hashWith('./moved.safetensors')).toBe(first);
  expect(await hashWith('./others.safetensors')).not.toBe(first);
});
