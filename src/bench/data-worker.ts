/** Makes batches for `ablate bench data`: answers each line `{"steps": n}` with the mean time of n batches. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { DatasetConfig } from '../config/dataset.js';
import type { Recipe } from '../config/recipe.js';
import { openDatasets } from '../data/open.js';
import { trainingBatches } from '../data/pipeline.js';

/** What both contenders are told to do. */
export interface DataTask {
  readonly dataset: DatasetConfig;
  readonly recipe: Recipe;
  readonly resolution: number;
  readonly batch: number;
  readonly threads: number;
}

/** Batches that were made while the other contender had its turn; not counted. */
const made = 6;

const { default: sharp } = await import('sharp');
const about = `sharp ${sharp.versions.sharp}`;
const task: DataTask = JSON.parse(readFileSync(process.argv[2] as string, 'utf8'));
const { train } = await openDatasets(task.dataset);
const batches = trainingBatches({
  dataset: train,
  resolution: task.resolution,
  batchSize: task.batch,
  batchesPerEpoch: Math.max(1, Math.floor(train.length / task.batch)),
  augmentation: task.recipe.augmentation,
  evaluation: task.recipe.evaluation,
  labelSmoothing: task.recipe.label_smoothing,
  seed: 0,
  from: 0,
  threads: task.threads,
});

for await (const line of createInterface({ input: process.stdin })) {
  const { steps } = JSON.parse(line) as { steps: number };
  for (let number = 0; number < made; number++) await batches.next();
  const start = performance.now();
  for (let number = 0; number < steps; number++) await batches.next();
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(`${JSON.stringify({ times: [(performance.now() - start) / steps], peakBytes, about })}\n`);
}
