import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Recipe } from '../config/recipe.js';
import type { Dataset } from '../data/dataset.js';
import { meanColour } from '../data/pictures/normalise.js';
import { createItemPreparation } from '../data/threads/prepare-item.js';
import type { Precision } from '../engine/engine.js';
import type { PlannedRun } from '../experiment/plan.js';
import type { Share } from '../experiment/share.js';
import type { Init } from '../layers/layer.js';
import { peakLearningRate } from '../training/optimizer.js';
import { countSteps, learningRate } from '../training/schedule.js';
import { type StepNetwork, stepTask } from './task.js';

/** A variant as PyTorch's side is told it, beside the network's own task. */
interface TorchTraining {
  readonly recipe: Recipe;
  readonly precision: Precision;
  /** The learning rate of every step of a run. */
  readonly rates: readonly number[];
  readonly perEpoch: number;
  /** After which steps the test set is measured, counted from 1. */
  readonly evaluations: readonly number[];
  /** How parameters start, by their paths; empty where timm's own module draws them. */
  readonly inits: Readonly<Record<string, Init>>;
}

/** What of a recipe the PyTorch program does not do; empty where it trains as the recipe says. */
export function beyondTorch(recipe: Recipe): string[] {
  const { augmentation, micro_batch_size, batch_size, layer_decay } = recipe;
  const { random_resized_crop, rand_augment, color_jitter, random_erasing, repeats } = augmentation;
  const beyond: readonly (readonly [string, boolean])[] = [
    ['augmentation.random_resized_crop', random_resized_crop !== null],
    ['augmentation.rand_augment', rand_augment !== null],
    ['augmentation.color_jitter', Boolean(color_jitter)],
    ['augmentation.random_erasing', random_erasing > 0],
    ['augmentation.repeats', repeats > 1],
    ['micro_batch_size', micro_batch_size !== null && micro_batch_size < batch_size],
    ['layer_decay', layer_decay !== 1],
  ];
  return beyond.filter(([, used]) => used).map(([field]) => field);
}

/** The course of a run of `pictures` training pictures, as both sides take it. */
export function torchTraining(
  { model, network }: StepNetwork,
  recipe: Recipe,
  pictures: number,
  precision: TorchTraining['precision'],
): TorchTraining {
  const steps = countSteps(pictures, recipe.batch_size, recipe.epochs);
  const peak = peakLearningRate(recipe);
  const numbers = Array.from({ length: steps.total }, (_, at) => at + 1);
  const every = recipe.evaluation.every_epochs;
  return {
    recipe,
    precision,
    rates: numbers.map((step) => learningRate(recipe.schedule, peak, step - 1, steps)),
    perEpoch: steps.perEpoch,
    evaluations: numbers.filter(
      (step) => step === steps.total || (step % steps.perEpoch === 0 && (step / steps.perEpoch) % every === 0),
    ),
    inits:
      network.family === 'swin'
        ? {}
        : Object.fromEntries(
            model.parameters.filter(({ trainable }) => trainable).map(({ name, init }) => [name, init]),
          ),
  };
}

export interface TorchSuite {
  readonly runs: readonly PlannedRun[];
  readonly share: Share;
  readonly networks: ReadonlyMap<string, StepNetwork>;
  readonly datasets: { readonly train: Dataset; readonly test: Dataset };
  /** What each variant was trained in. */
  readonly precisions: ReadonlyMap<string, TorchTraining['precision']>;
}

/**
 * Writes what `bench/suite_torch.py` is given into a folder: the task, and the pictures of both splits as bytes
 * `[N, resolution, resolution, 3]`, fitted to the networks' resolution as evaluation does.
 * @returns the task's file
 */
export async function writeTorchSuite(folder: string, suite: TorchSuite): Promise<string> {
  const { runs, share, networks, datasets, precisions } = suite;
  const variants: Record<string, unknown> = {};
  for (const { spec } of runs) {
    if (variants[spec.variant]) continue;
    const network = networks.get(spec.variant) as StepNetwork;
    const precision = precisions.get(spec.variant) ?? 'float32';
    const size = { batch: spec.recipe.batch_size, threads: share.threads, precision };
    const { train } = datasets;
    variants[spec.variant] = {
      ...stepTask(network, size),
      ...torchTraining(network, spec.recipe, train.length, precision),
    };
  }
  const [{ spec }, { model }] = [runs[0] as PlannedRun, [...networks.values()][0] as StepNetwork];
  const resolution = model.input[0] as number;
  const split = async (name: 'train' | 'test') => {
    const images = join(folder, `${name}.bytes`);
    const dataset = datasets[name];
    await writePictures(images, dataset, spec.recipe, resolution);
    return {
      images,
      count: dataset.length,
      labels: Array.from({ length: dataset.length }, (_, at) => dataset.label(at)),
    };
  };
  const { mean, sd } = datasets.train;
  const task = {
    resolution,
    classes: model.classes,
    parallel: share.parallel,
    threads: share.threads,
    pictures: { mean, sd, train: await split('train'), test: await split('test') },
    variants,
    runs: runs.map(({ spec: { variant, seed } }) => ({ variant, seed })),
  };
  const file = join(folder, 'task.json');
  await writeFile(file, JSON.stringify(task));
  return file;
}

async function writePictures(
  file: string,
  dataset: Dataset,
  { evaluation }: Recipe,
  resolution: number,
): Promise<void> {
  const fill = meanColour(dataset);
  const small = dataset.size !== null;
  const prepare = createItemPreparation(dataset, { resolution, augmentation: null, evaluation, fill, small });
  const out = createWriteStream(file);
  for (let index = 0; index < dataset.length; index++) {
    const bytes = new Uint8Array(resolution * resolution * 3);
    const unreadable = await prepare({ index, seed: 0, stream: 'bench' }, bytes, 0);
    if (unreadable) throw new Error(`picture ${index} of ${dataset.name} cannot be read: ${unreadable.reason}`);
    if (!out.write(bytes)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}
