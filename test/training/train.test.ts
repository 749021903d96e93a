import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Dataset } from '../../src/data/dataset.js';
import { openDatasets } from '../../src/data/open.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { modelOf } from '../../src/experiment/network.js';
import type { MetricsLine, RunSpec, WorkerMessage } from '../../src/experiment/records.js';
import { createCatalogue } from '../../src/roadmap/catalogue.js';
import { trainRun } from '../../src/training/train.js';

const root = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const dataset = { name: 'fashion-mnist', root, train_limit: 128, test_limit: 40 };
const network = { base: 'convnext-tiny', steps: [], resolution: 32, width: 1 / 16, stemStride: null, classes: 10 };

/** All that takes chance or keeps state: crop, flip, erasing, mixing, stochastic depth, averages, micro-batches. */
function specOf(seed: number, changes: object = {}): RunSpec {
  const recipe = recipeSchema.parse({
    name: 'test',
    epochs: 3,
    batch_size: 16,
    micro_batch_size: 8,
    optimizer: { name: 'adamw', learning_rate: 0.004, weight_decay: 0.05 },
    schedule: { name: 'cosine', warmup_epochs: 0.5 },
    label_smoothing: 0.1,
    drop_path: 0.1,
    ema: { decay: 0.9 },
    augmentation: { random_crop: { padding: 2 }, flip: true, random_erasing: 0.2, mixup: 0.2, cutmix: 1 },
    evaluation: { batch_size: 16 },
    ...changes,
  });
  return { suite: 'test', variant: 'test', seed, network, recipe, dataset, device: 'cpu', plugins: [] };
}

let engine: Engine;
let datasets: { readonly train: Dataset; readonly test: Dataset };
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ device: 'cpu' });
  datasets = await openDatasets(dataset);
  folder = await mkdtemp(join(tmpdir(), 'ablate-train-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ending {
  /** Asks the run to end when this many steps have been reported. */
  readonly after: number;
}

async function train(name: string, spec: RunSpec, ending?: Ending) {
  const controller = new AbortController();
  const messages: WorkerMessage[] = [];
  const outcome = await trainRun({
    spec,
    hash: 'hash',
    model: modelOf(spec.network, createCatalogue()),
    engine,
    datasets,
    directory: join(folder, name),
    onMessage: (message) => {
      messages.push(message);
      if (ending && message.kind === 'progress' && message.step >= ending.after) controller.abort();
    },
    signal: controller.signal,
  });
  const text = await readFile(join(folder, name, 'metrics.jsonl'), 'utf8');
  const metrics = text
    .split('\n')
    .slice(0, -1)
    .map((line): MetricsLine => JSON.parse(line));
  return { outcome, metrics: metrics.map(timeless), messages };
}

/** A line without its speed, the one thing in it that time decides. */
const timeless = (line: MetricsLine): object => ({ ...line, imagesPerSecond: 0 });

it('one seed gives the same curve bit for bit, another seed does not', async () => {
  const one = await train('one', specOf(0));
  expect(one.outcome).toMatchObject({ status: 'done', steps: 24 });
  // A line a step at 8 steps an epoch, and 3 evaluations.
  expect(one.metrics).toHaveLength(27);
  expect((await train('again', specOf(0))).metrics).toEqual(one.metrics);
  const other = await train('other', specOf(1));
  expect(other.metrics[0]).not.toEqual(one.metrics[0]);
});

it('interrupted in an epoch and resumed, it ends as it would have', async () => {
  // Two steps a line: the cut falls between two lines.
  const spec = specOf(2, { batch_size: 8, micro_batch_size: null, epochs: 2 });
  const whole = await train('whole', spec);
  const cut = await train('cut', spec, { after: 1 });
  expect(cut.outcome).toMatchObject({ status: 'interrupted', step: 1 });
  expect(cut.metrics.length).toBeLessThan(whole.metrics.length);
  const resumed = await train('cut', spec);
  expect(resumed.metrics).toEqual(whole.metrics);
  const numbers = ['top1', 'top5', 'loss', 'ema', 'best', 'trainLoss', 'steps'];
  const of = (outcome: object) => Object.fromEntries(Object.entries(outcome).filter(([key]) => numbers.includes(key)));
  expect(of(resumed.outcome)).toEqual(of(whole.outcome));
});

it('a checkpoint of another run is not taken up', async () => {
  const cut = await train('stale', specOf(3), { after: 1 });
  expect(cut.outcome).toMatchObject({ status: 'interrupted', step: 1 });
  const { outcome, metrics } = await train('stale-fresh', specOf(3));
  const spec = specOf(3);
  const again = await trainRun({
    spec,
    hash: 'another hash',
    model: modelOf(spec.network, createCatalogue()),
    engine,
    datasets,
    directory: join(folder, 'stale'),
    onMessage: () => {},
    signal: new AbortController().signal,
  });
  expect(outcome).toMatchObject({ status: 'done' });
  expect(again).toMatchObject({ status: 'done', trainLoss: (outcome as { trainLoss: number }).trainLoss });
  expect(metrics).toHaveLength(27);
});

it('a loss that is not finite ends the run as failed, with the step', async () => {
  const spec = specOf(0, { optimizer: { name: 'sgd', learning_rate: 1e30 }, schedule: { name: 'constant' } });
  const { outcome } = await train('failed', spec);
  expect(outcome).toMatchObject({ status: 'failed', hash: 'hash' });
  const { reason, step } = outcome as { reason: string; step: number };
  expect(reason).toMatch(new RegExp(`^loss is (NaN|Infinity|-Infinity) at step ${step}$`));
  expect(step).toBeGreaterThan(1);
});
