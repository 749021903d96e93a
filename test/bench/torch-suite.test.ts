import { describe, expect, it } from 'vitest';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildModel } from '../../src/architecture/build.js';
import { type SideTurn, sidesFindings, sidesTable, timed, timesAsFast } from '../../src/bench/suite-sides.js';
import { beyondTorch, torchTraining, writeTorchSuite } from '../../src/bench/torch-suite.js';
import { type Recipe, recipeSchema } from '../../src/config/recipe.js';
import type { Dataset } from '../../src/data/dataset.js';
import { networkOf } from '../../src/experiment/network.js';
import type { PlannedRun } from '../../src/experiment/plan.js';
import type { NetworkSpec } from '../../src/records/run.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';

const recipe = (changed: object = {}): Recipe =>
  recipeSchema.parse({
    ...{ name: 'r', epochs: 2.5, batch_size: 10, optimizer: { name: 'adamw', learning_rate: 0.1 } },
    schedule: { name: 'cosine', warmup_epochs: 0.4 },
    ...changed,
  });

const spec: NetworkSpec = {
  ...{ base: 'resnet-50', steps: [], resolution: 32, width: 1 / 8, stemStride: 2, classes: 10 },
};
const network = networkOf(spec, createCatalogue());
const one = { name: 'resnet-50', spec, plugins: [], network, model: buildModel(network) };

describe('what the PyTorch program is told', () => {
  it('is the course that our own runs take: warm-up from 0, the peak, down to 0, evaluated at epochs and at the end', () => {
    const { rates, perEpoch, evaluations } = torchTraining(one, recipe(), 57, 'float32');
    expect({ perEpoch, steps: rates.length, evaluations }).toEqual({
      perEpoch: 5,
      steps: 13,
      evaluations: [5, 10, 13],
    });
    expect(rates.slice(0, 3)).toEqual([0, 0.1, 0.1]);
    // Half-way between the peak (step 2) and the end (step 13) a cosine has halved the rate.
    expect(((rates[7] as number) + (rates[8] as number)) / 2).toBeCloseTo(0.05, 12);
  });

  it('scales the rate with the batch, and evaluates as seldom as the recipe says', () => {
    const sparse = recipe({ reference_batch: 5, schedule: { name: 'constant' }, evaluation: { every_epochs: 2 } });
    const { rates, evaluations } = torchTraining(one, sparse, 50, 'bfloat16');
    expect(new Set(rates)).toEqual(new Set([0.2]));
    expect(evaluations).toEqual([10, 13]);
  });

  it('names what it does not do, and trains with the rest', () => {
    const augmentation = { rand_augment: 'rand-m9', random_erasing: 0.25, mixup: 0.8, flip: true };
    expect(beyondTorch(recipe())).toEqual([]);
    expect(beyondTorch(recipe({ augmentation, micro_batch_size: 5, layer_decay: 0.8 }))).toEqual([
      ...['augmentation.rand_augment', 'augmentation.random_erasing', 'micro_batch_size', 'layer_decay'],
    ]);
  });

  it('holds the pictures as the networks see them: small ones in the middle of black', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ablate-torch-'));
    const white: Dataset = {
      ...{ name: 'white', split: 'train', classes: ['a', 'b'], length: 2, fingerprint: '', remarks: [] },
      ...{ size: { height: 28, width: 28, channels: 1 }, mean: [0.5, 0.5, 0.5], sd: [1, 1, 1] },
      label: (index) => index,
      picture: () => ({ height: 28, width: 28, pixels: new Uint8Array(28 * 28 * 3).fill(255) }),
    };
    const run = { spec: { variant: 'resnet-50', seed: 3, recipe: recipe() } } as PlannedRun;
    const file = await writeTorchSuite(folder, {
      ...{ runs: [run], share: { parallel: 2, threads: 1, gpus: [], note: null } },
      ...{ networks: new Map([['resnet-50', one]]), datasets: { train: white, test: white }, precisions: new Map() },
    });
    const task = JSON.parse(await readFile(file, 'utf8'));
    const bytes = await readFile(task.pictures.train.images);
    await rm(folder, { recursive: true });
    expect(bytes.length).toBe(2 * 32 * 32 * 3);
    expect(bytes.reduce((sum, value) => sum + value, 0)).toBe(2 * 28 * 28 * 3 * 255);
    expect([bytes[(2 * 32 + 2) * 3], bytes[(1 * 32 + 2) * 3]]).toEqual([255, 0]);
    expect(task.pictures.train.labels).toEqual([0, 1]);
    expect(task.runs).toEqual([{ variant: 'resnet-50', seed: 3 }]);
  });
});

describe('a suite by both sides', () => {
  const turn = (seconds: number, ...top1: readonly number[]): SideTurn => ({
    seconds,
    runs: top1.map((value, seed) => ({ variant: 'gelu', seed, top1: value, peakBytes: 2 ** 20 * (100 + seed) })),
  });
  const sides = { ours: [turn(10, 0.5, 0.6), turn(14, 0.5, 0.6)], torch: [turn(20, 0.4, 0.5), turn(28, 0.4, 0.5)] };

  it('compares medians of whole times, and shows what both reach', () => {
    expect(timesAsFast(sides)).toBe(2);
    expect(sidesTable(sides).rows).toEqual([['gelu', '2', '55.0 %', '45.0 %', '101', '101']]);
    expect(sidesFindings(sides, 2)[2]).toContain('10.0 points');
  });

  it('times a program from outside and gives its last words where it fails', async () => {
    const said: string[] = [];
    const say = (line: string) => said.push(line);
    const run = (code: string) => timed([process.execPath, '-e', code], { say });
    const { output, seconds } = await run('console.error("half way"); console.log("answer")');
    expect({ output, said }).toEqual({ output: 'answer\n', said: ['half way'] });
    expect(seconds).toBeGreaterThan(0);
    await expect(run('console.error("no room"); process.exit(3)')).rejects.toThrow(/code 3:\nno room/);
  });
});
