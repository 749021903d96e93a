import { mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Dataset } from '../../src/data/dataset.js';
import { openDatasets } from '../../src/data/open.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import type { MetricsLine } from '../../src/records/metrics.js';
import type { RunSpec } from '../../src/records/run.js';
import type { WorkerMessage } from '../../src/training/messages.js';
import { trainRun } from '../../src/training/train.js';

const root = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const dataset = { name: 'fashion-mnist', root, train_limit: 128, test_limit: 40 };
/** Fewer blocks than the specification says, for speed: only hashes would notice. */
const model = buildModel({
  ...(namedNetwork('convnext-tiny', { resolution: 32, classes: 10, widthScale: 1 / 16 }) as Network),
  depths: [1, 1, 2, 1],
});
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
  /** Ends it by an error instead, with nothing saved at that moment. */
  readonly kill?: boolean;
}

async function train(name: string, spec: RunSpec, ending?: Ending, hash = 'hash', changed?: typeof datasets) {
  const controller = new AbortController();
  const tensors = engine.ops.tf.memory().numTensors;
  const messages: WorkerMessage[] = [];
  const outcome = await trainRun({
    spec,
    hash,
    model,
    engine,
    datasets: changed ?? datasets,
    directory: join(folder, name),
    onMessage: (message) => {
      messages.push(message);
      if (!ending || message.kind !== 'progress' || message.step < ending.after) return;
      if (ending.kill) throw new Error('killed');
      controller.abort();
    },
    signal: controller.signal,
  });
  expect(engine.ops.tf.memory().numTensors).toBe(tensors);
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

it('killed in an epoch, it goes on from a checkpoint in that epoch', async () => {
  const spec = specOf(4, { batch_size: 8, micro_batch_size: null, epochs: 1 });
  const whole = await train('unharmed', spec);
  // A clock that is read a few times a step: a checkpoint is due after a few steps.
  const now = performance.now.bind(performance);
  let ahead = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    ahead += 5000;
    return now() + ahead;
  });
  try {
    await expect(train('killed', spec, { after: 10, kill: true })).rejects.toThrow('killed');
    const resumed = await train('killed', spec);
    const first = resumed.messages.find(({ kind }) => kind === 'progress') as { step: number };
    expect(first.step).toBeGreaterThan(2);
    expect(first.step).toBeLessThanOrEqual(10);
    expect(resumed.metrics).toEqual(whole.metrics);
  } finally {
    vi.restoreAllMocks();
  }
});

it('a checkpoint of another run or a damaged one is not taken up', async () => {
  const spec = specOf(3, { epochs: 1 });
  const whole = await train('fresh', spec);
  const cut = () => train('stale', spec, { after: 1 });
  expect((await cut()).outcome).toMatchObject({ status: 'interrupted', step: 1 });
  expect((await train('stale', spec, undefined, 'another')).metrics).toEqual(whole.metrics);

  await cut();
  const checkpoint = join(folder, 'stale', 'checkpoint', 'state.safetensors');
  await truncate(checkpoint, (await stat(checkpoint)).size - 1);
  const again = await train('stale', spec);
  expect(again.metrics).toEqual(whole.metrics);
  expect(again.messages).toContainEqual({
    kind: 'warning',
    text: expect.stringMatching(/state\.safetensors: not a whole .*; the run starts again from its first step$/),
  });
});

it('a loss that is not finite ends the run as failed, with the step', async () => {
  const spec = specOf(0, { optimizer: { name: 'sgd', learning_rate: 1e30 }, schedule: { name: 'constant' } });
  const { outcome } = await train('failed', spec);
  expect(outcome).toMatchObject({ status: 'failed', hash: 'hash' });
  const { reason, step } = outcome as { reason: string; step: number };
  expect(reason).toMatch(new RegExp(`^loss is (NaN|Infinity|-Infinity) at step ${step}$`));
  expect(step).toBeGreaterThan(1);
});

it('an evaluation that is not finite ends the run as failed too', async () => {
  const blind: Dataset = { ...datasets.test, sd: [0, 0, 0] };
  const { outcome } = await train('blind', specOf(0, { epochs: 1 }), undefined, 'hash', { ...datasets, test: blind });
  expect(outcome).toMatchObject({ status: 'failed', reason: 'evaluation loss is NaN at step 8', step: 8 });
});
