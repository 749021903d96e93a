import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/problem.js';
import { openEngine } from '../../src/engine/open.js';
import { networkHash, protocolHash } from '../../src/records/hash.js';
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
recipe: { extends: from-22k, batch_size: 8, micro_batch_size: null, schedule: { final_learning_rate: 0 }, ema: { decay: 0.9 } }
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
    return protocolHash(run, networkHash(modelOf(spec, catalogue)), []);
  };
  await writeWeights('moved.safetensors');
  await writeWeights('others.safetensors', 'other');
  const first = await hashWith('./pretrained.safetensors');
  expect(await hashWith('./moved.safetensors')).toBe(first);
  expect(await hashWith('./others.safetensors')).not.toBe(first);
});

describe('what a file may differ in is said in the suite', () => {
  const given = (
    weights: string,
    rest = 'recipe: { extends: from-22k, batch_size: 8, micro_batch_size: null, schedule: { final_learning_rate: 0 } }',
  ) =>
    writeFile(
      suiteFile,
      `name: parts
dataset: { name: fashion-mnist }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/16 }, weights: ${weights} }
${rest}
`,
    );
  const resNet: NetworkSpec = { ...pretrained, base: 'resnet-50' };

  it('on a road, where each network is told what it gets and starts the rest by the seed', async () => {
    await writeWeights('resnet.safetensors', '', resNet);
    await writeFile(
      suiteFile,
      `name: parts
dataset: { name: fashion-mnist }
network: { base: resnet-50, scale: { resolution: 32, width: 1/16 }, weights: { file: ./resnet.safetensors, allow: [size, missing, extra] } }
recipe: { extends: compact, batch_size: 8 }
road: [patchify-stem, depthwise-conv, gelu]
`,
    );
    const { variants, warnings } = await openSuite(suiteFile);
    const notes = warnings.map(({ message }) => message);
    expect(variants.map(({ variant }) => variant.name)).toEqual([
      'resnet-50',
      'patchify-stem',
      'depthwise-conv',
      'gelu',
    ]);
    // The classifier has other classes everywhere; from the stem on, more differs.
    expect(notes.map((note) => note.split('\n')[0])).toEqual([
      expect.stringMatching(/^resnet-50: .*: 265 of 267 parameters of resnet-50, by timm's names$/),
      expect.stringMatching(/^patchify-stem: .*: 260 of 264 parameters of resnet-50, by timm's names$/),
      expect.stringMatching(/^depthwise-conv: .*: 244 of 264 parameters of resnet-50, by timm's names$/),
      expect.stringMatching(/^gelu: .*: 244 of 264 parameters of resnet-50, by timm's names$/),
    ]);
    expect(notes[2]).toMatch(
      /of another shape in the file, left as they were drawn \(19\)\n {4}conv1\.weight: \[4, 3, 7, 7\] in the file, \[4, 3, 4, 4\] in the network/,
    );

    const { spec, recipe } = variants[2] as (typeof variants)[number];
    expect(spec.weights?.allow).toEqual(['extra', 'missing', 'size']);
    const model = modelOf(spec, catalogue);
    const { ops } = await openEngine({ device: 'cpu' });
    const state = createState(ops, model, recipe, 5);
    const drawn = createState(ops, model, recipe, 5);
    const weights = await openWeights(spec.weights as NonNullable<typeof spec.weights>, networkOf(spec, catalogue));
    await startFrom(ops, state, weights);
    await weights.close();
    const values = (of: typeof state, name: string) => of.weights.get(name)?.dataSync() as Float32Array;
    const [kept, fresh] = ['stages.0.blocks.0.conv1.weight', 'stages.0.blocks.0.conv2.weight'] as const;
    expect(values(state, kept)).toEqual(uniform(kept, values(state, kept).length, -1, 1));
    expect(values(state, fresh)).toEqual(values(drawn, fresh));
    state.dispose();
    drawn.dispose();
  });

  it('without it a road that changes shapes is refused with the network’s name and the file’s', async () => {
    await writeWeights('resnet.safetensors', '', resNet);
    await writeFile(
      suiteFile,
      `name: parts
dataset: { name: fashion-mnist }
network: { base: resnet-50, scale: { resolution: 32, width: 1/16 }, weights: ./resnet.safetensors }
recipe: { extends: compact, batch_size: 8 }
road: [patchify-stem]
`,
    );
    const said = await problemsOf();
    expect(said).toMatch(/suite\.yaml:3:\d+: patchify-stem: .*resnet\.safetensors/);
    expect(said).toMatch(/in a suite: weights: \{ file, allow: \[/);
  });

  it('a prefix, shards and interpolated tables are fields of the file; wrong ones are refused by their place', async () => {
    await given('{ file: ./pretrained.safetensors, prefix: model. }');
    expect(await problemsOf()).toMatch(/suite\.yaml:3:\d+[\s\S]*no tensor's name begins with "model\."/);
    await given('{ file: ./pretrained.safetensors, allow: [most] }');
    expect(await problemsOf()).toMatch(/suite\.yaml:3:\d+[\s\S]*most/);
    await given('{ file: ., resize_position_bias: true }');
    expect(await problemsOf()).toMatch(
      /expected model\.safetensors\.index\.json, model\.safetensors or one safetensors file/,
    );
  });

  it('and is part of what the run is', async () => {
    const hashWith = async (weights: string) => {
      await given(weights);
      const { suite, variants } = await openSuite(suiteFile);
      const { spec, recipe } = variants[0] as (typeof variants)[number];
      const run = { recipe, seed: 0, dataset: suite.dataset, network: spec } as unknown as RunSpec;
      return protocolHash(run, networkHash(modelOf(spec, catalogue)), []);
    };
    const plain = await hashWith('./pretrained.safetensors');
    expect(await hashWith('{ file: ./pretrained.safetensors }')).toBe(plain);
    expect(await hashWith('{ file: ./pretrained.safetensors, allow: [] }')).toBe(plain);
    const missing = await hashWith('{ file: ./pretrained.safetensors, allow: [missing] }');
    const both = await hashWith('{ file: ./pretrained.safetensors, allow: [size, missing] }');
    expect(await hashWith('{ file: ./pretrained.safetensors, allow: [missing, size, missing] }')).toBe(both);
    expect(new Set([plain, missing, both]).size).toBe(3);
  });
});
