import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import type { Model } from '../../src/architecture/model.js';
import type { TreeNode } from '../../src/architecture/tree.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import { recipeSchema } from '../../src/config/recipe.js';
import type { Dataset } from '../../src/data/dataset.js';
import { holdOut } from '../../src/data/hold-out.js';
import { openDatasets } from '../../src/data/open.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import type { MetricsLine } from '../../src/records/metrics.js';
import type { DoneResult } from '../../src/records/result.js';
import type { RunSpec } from '../../src/records/run.js';
import type { WorkerMessage } from '../../src/training/messages.js';
import { type TrainOptions, trainRun } from '../../src/training/train.js';

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
let datasets: TrainOptions['datasets'];
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ device: 'cpu' });
  datasets = await openDatasets(dataset);
  folder = await mkdtemp(join(tmpdir(), 'ablate-train-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ending {
  /** Asks the run to end after this step. */
  readonly after: number;
  /** Ends it by an error instead, with nothing saved at that moment. */
  readonly kill?: boolean;
}

async function train(
  name: string,
  spec: RunSpec,
  ending?: Ending,
  hash = 'hash',
  changed?: typeof datasets,
  more: Partial<TrainOptions> = {},
) {
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
    onMessage: (message) => messages.push(message),
    observers: [
      {
        onStep({ step }) {
          if (!ending || step < ending.after) return;
          if (ending.kill) throw new Error('killed');
          controller.abort();
        },
      },
    ],
    signal: controller.signal,
    ...more,
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
  const numbers = ['top1', 'top5', 'loss', 'ema', 'best', 'trainLoss', 'steps', 'predictions'];
  const of = (outcome: object) => Object.fromEntries(Object.entries(outcome).filter(([key]) => numbers.includes(key)));
  expect(of(resumed.outcome)).toEqual(of(whole.outcome));
});

it('killed in an epoch, it goes on from a checkpoint in that epoch', async () => {
  const spec = specOf(4, { batch_size: 8, micro_batch_size: null, epochs: 1 });
  const whole = await train('unharmed', spec);
  await expect(train('killed', spec, { after: 10, kill: true }, 'hash', undefined, { saveEvery: 0 })).rejects.toThrow(
    'killed',
  );
  const resumed = await train('killed', spec);
  const first = resumed.messages.find(({ kind }) => kind === 'progress') as { step: number };
  expect(first.step).toBe(10);
  expect(resumed.metrics).toEqual(whole.metrics);
});

it('with pictures held out, epochs are measured on those and the test set once, at the end', async () => {
  const { train: all, test } = datasets;
  const { rest, heldOut } = holdOut(all, { share: 0.25, seed: 0 });
  const reads = { test: 0, heldOut: 0 };
  const counting = (set: Dataset, name: keyof typeof reads): Dataset => {
    const { source: _, ...own } = set;
    return {
      ...own,
      picture: (index) => {
        reads[name]++;
        return set.picture(index);
      },
    };
  };
  const split = { train: rest, test: counting(test, 'test'), validation: counting(heldOut, 'heldOut') };
  const spec = specOf(0, { ema: null });
  const { outcome, metrics } = await train('held-out', spec, undefined, 'hash', split);
  expect(reads).toEqual({ test: test.length, heldOut: 3 * heldOut.length });
  const evaluations = metrics.filter((line) => 'kind' in line && line.kind === 'evaluation');
  expect(evaluations).toMatchObject([{ on: 'validation' }, { on: 'validation' }, { on: 'validation' }]);
  const { top1, top5, loss } = evaluations[2] as unknown as Record<string, number>;
  expect(outcome).toMatchObject({
    steps: 18,
    validation: { top1, top5, loss, ema: null, pictures: heldOut.length, unreadable: 0 },
    predictions: { pictures: test.length },
  });
  // The same weights, trained on the same pictures, whatever they are measured on.
  const plain = await train('not-held-out', spec, undefined, 'hash', { train: rest, test });
  const numbers = ({ top1: first, loss: own, predictions }: DoneResult) => ({ first, own, predictions });
  expect(numbers(outcome as DoneResult)).toEqual(numbers(plain.outcome as DoneResult));
});

it('a checkpoint of another run is not taken up', async () => {
  const spec = specOf(3, { epochs: 1 });
  const whole = await train('fresh', spec);
  expect((await train('stale', spec, { after: 1 })).outcome).toMatchObject({ status: 'interrupted', step: 1 });
  expect((await train('stale', spec, undefined, 'another')).metrics).toEqual(whole.metrics);
});

/** Changes a checkpoint's header, which stands behind its length in the first eight bytes. */
async function editHeader(path: string, edit: (header: Record<string, { [key: string]: unknown }>) => void) {
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  edit(header);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([size, text, bytes.subarray(8 + length)]));
}

const editProgress = (changes: object) => (path: string) =>
  editHeader(path, ({ __metadata__ }) => {
    Object.assign(__metadata__ as object, {
      progress: JSON.stringify({ ...JSON.parse(__metadata__?.progress as string), ...changes }),
    });
  });

/** Ways in which a checkpoint can be damaged, each with what is said of it. */
const damages: Readonly<Record<string, readonly [RegExp, (path: string) => Promise<unknown>]>> = {
  'cut off': [/not a whole/, async (path) => truncate(path, (await stat(path)).size - 1)],
  'one bit flipped in its last tensor': [
    /does not have the checksum/,
    async (path) => {
      const bytes = await readFile(path);
      bytes[bytes.length - 2] = (bytes.at(-2) as number) ^ 1;
      await writeFile(path, bytes);
    },
  ],
  'a step beyond the end': [/says step 1000000 of 8/, editProgress({ step: 1e6 })],
  'the last step': [/says step 8 of 8/, editProgress({ step: 8 })],
  'another step': [/does not have the checksum/, editProgress({ step: 3 })],
  'half a progress': [
    /progress is no JSON/,
    (path) =>
      editHeader(path, ({ __metadata__ }) => Object.assign(__metadata__ as object, { progress: '{"step": 2,' })),
  ],
  'a progress of null': [
    /progress is damaged/,
    (path) => editHeader(path, ({ __metadata__ }) => Object.assign(__metadata__ as object, { progress: 'null' })),
  ],
  'a tensor too few': [/no tensor/, (path) => editHeader(path, (header) => delete header['ema/head.fc.bias'])],
  'a folder': [
    /is a folder/,
    async (path) => {
      await rm(path);
      await mkdir(path);
    },
  ],
  'more metrics than there are': [
    /counts on \d+ bytes of metrics.jsonl, which has 20/,
    (path) => truncate(join(path, '..', '..', 'metrics.jsonl'), 20),
  ],
};

it.each(Object.keys(damages))(
  'a checkpoint with %s changes nothing: the run starts again, with the same numbers',
  async (kind) => {
    const spec = specOf(3, { epochs: 1 });
    const [said, damage] = damages[kind] as (typeof damages)[string];
    const whole = await train('undamaged', spec);
    const name = `damaged ${kind}`;
    expect((await train(name, spec, { after: 2 })).outcome).toMatchObject({ status: 'interrupted' });
    const checkpoint = join(folder, name, 'checkpoint', 'state.safetensors');
    await damage(checkpoint);
    const again = await train(name, spec);
    expect(again.metrics).toEqual(whole.metrics);
    const warnings = again.messages.flatMap((message) => (message.kind === 'warning' ? [message.text] : []));
    expect(warnings).toEqual([
      expect.stringMatching(/state\.safetensors.*; the run starts again from its first step$/),
    ]);
    expect(warnings[0]).toMatch(said);
  },
);

it('where the newest checkpoint is damaged, the one before is taken, and the bad one does not push it out', async () => {
  const spec = specOf(3, { epochs: 1 });
  const whole = await train('sound', spec);
  const saveEvery = 0;
  await expect(train('two', spec, { after: 6, kill: true }, 'hash', undefined, { saveEvery })).rejects.toThrow(
    'killed',
  );
  const checkpoints = join(folder, 'two', 'checkpoint');
  expect(await readdir(checkpoints)).toEqual(['previous.safetensors', 'state.safetensors']);
  await damages['one bit flipped in its last tensor']?.[1](join(checkpoints, 'state.safetensors'));
  // Killed once more, before it has saved again.
  await expect(train('two', spec, { after: 5, kill: true })).rejects.toThrow('killed');
  const resumed = await train('two', spec);
  const first = resumed.messages.find(({ kind }) => kind === 'progress') as { step: number };
  expect(first.step).toBe(5);
  expect(resumed.metrics).toEqual(whole.metrics);
});

it('records that are removed under a run end it with a word, and leave no half of them', async () => {
  const spec = specOf(0, { epochs: 1 });
  const removing = train('removed', spec, undefined, 'hash', undefined, {
    observers: [{ onStep: () => rm(join(folder, 'removed'), { recursive: true, force: true }) }],
  });
  await expect(removing).rejects.toThrow(/metrics\.jsonl was removed while the run wrote to it/);
});

it('what fails only in evaluation fails before the first step', async () => {
  const failing = {
    ...model,
    tree: onlyInTraining(model.tree) as Model['tree'],
  };
  await expect(train('evaluation', specOf(0), undefined, 'hash', undefined, { model: failing })).rejects.toThrow(
    'not for evaluation',
  );
  expect(await readdir(join(folder, 'evaluation'))).toEqual([]);
});

/** The tree with leaves that cannot be evaluated. */
function onlyInTraining(node: TreeNode): TreeNode {
  if (node.kind === 'sequential') return { ...node, children: node.children.map(onlyInTraining) };
  if (node.kind === 'residual') return node;
  const forward: typeof node.layer.forward = (options, x, context, activation) => {
    if (!context.training) throw new Error('not for evaluation');
    return node.layer.forward(options, x, context, activation);
  };
  return { ...node, layer: { ...node.layer, forward } };
}

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
