/** Records made up for tests, in a folder of their own: shaped like real ones, of networks that nobody trained. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { parse } from 'yaml';
import { recipeSchema } from '../../src/config/recipe.js';
import type { MetricsLine } from '../../src/records/metrics.js';
import type { PlannedVariant, PlanRecord } from '../../src/records/plan.js';
import type { RunResult } from '../../src/records/result.js';
import type { RunRecord } from '../../src/records/run.js';
import { createGenerator, permutation } from '../../src/random/generator.js';
import { type Predictions, writePredictions } from '../../src/records/predictions.js';

export interface SyntheticVariant {
  readonly name: string;
  readonly title?: string;
  readonly kind?: PlannedVariant['kind'];
  readonly section?: string | null;
  readonly parent?: string | null;
  readonly adopted?: boolean;
  readonly steps?: readonly string[];
  readonly macs?: number;
  readonly params?: number;
  /** Accuracy in percent by seed; null: the run is missing; a text: it failed for this reason. */
  readonly top1: readonly (number | null | string)[];
}

export interface Synthetic {
  readonly suite?: string;
  readonly description?: string;
  readonly dataset?: string;
  readonly strategy?: string;
  readonly arrangement?: PlanRecord['arrangement'];
  readonly choices?: PlanRecord['choices'];
  readonly validation?: PlanRecord['validation'];
  /** Of learning rates: held-out accuracy in percent, of seed 100. */
  readonly trials?: readonly { readonly variant: string; readonly factor: string; readonly top1: number }[];
  readonly chosen?: Readonly<Record<string, string>>;
  /** Networks whose first seed is trained a second time: accuracy in percent; null: not done. `same`: with the first's predictions. */
  readonly repeats?: readonly { readonly variant: string; readonly top1: number | null; readonly same: boolean }[];
  /** Set: every run keeps predictions of so many pictures, of which the share is right that its accuracy says. */
  readonly pictures?: number;
  /** Or these, whatever its accuracy says. */
  readonly predictions?: (variant: string, seed: number) => Predictions;
  /** Top-1 of a moving average of the weights in percent, beside the network's own; null: none is kept. */
  readonly ema?: (variant: string, top1: number, seed: number) => number | null;
  readonly seeds?: readonly number[];
  readonly classes?: number;
  readonly variants: readonly SyntheticVariant[];
  /** Changes to a run's record, for mixtures. */
  readonly change?: (record: RunRecord) => RunRecord;
}

const recipe = recipeSchema.parse(
  parse(
    '{ name: made-up, epochs: 3, batch_size: 128, optimizer: { name: adamw, learning_rate: 0.002 }, schedule: { name: cosine } }',
  ),
);

const made: string[] = [];
afterAll(async () => await Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A new folder that is gone after the tests. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ablate-report-'));
  made.push(folder);
  return folder;
}

/** Writes plan.json and the records of every run that is not missing; gives the suite's folder. */
export async function writeSynthetic(synthetic: Synthetic): Promise<string> {
  const { suite = 'made-up', variants, seeds = [0, 1, 2], classes = 10, dataset = 'fashion-mnist' } = synthetic;
  const folder = join(await temporaryFolder(), 'suite');
  await mkdir(folder, { recursive: true });
  const planned = variants.map(
    (variant): PlannedVariant => ({
      name: variant.name,
      kind: variant.kind ?? 'step',
      step: variant.kind === 'base' || variant.kind === 'compare' ? null : variant.name,
      title: variant.title ?? variant.name,
      section: variant.section ?? null,
      parent: variant.parent ?? null,
      adopted: variant.adopted ?? true,
      steps: variant.steps ?? [],
      resolution: 32,
      macs: variant.macs ?? 20e6,
      params: variant.params ?? 1e6,
      runs: seeds.map((seed) => ({ seed, hash: hashOf(variant.name, seed, suite) })),
    }),
  );
  const plan: PlanRecord = {
    schema: 'ablate/plan/1',
    suite,
    description: synthetic.description ?? 'Numbers made up for a test.',
    dataset,
    base: variants[0]?.name ?? 'none',
    strategy: synthetic.strategy ?? 'cumulative',
    ...(synthetic.arrangement && { arrangement: synthetic.arrangement }),
    ...(synthetic.choices && { choices: synthetic.choices }),
    ...(synthetic.validation && { validation: synthetic.validation }),
    ...(synthetic.trials && {
      tuning: {
        trials: synthetic.trials.map(({ variant, factor }) => {
          const name = `${variant}@${factor}`;
          return { name, variant, factor, runs: [{ seed: 100, hash: hashOf(name, 100) }] };
        }),
        chosen: Object.entries(synthetic.chosen ?? {}).map(([variant, factor]) => ({ variant, factor })),
      },
    }),
    seeds,
    ...(synthetic.repeats && {
      repeats: synthetic.repeats.map(({ variant }) => {
        const name = `${variant}@again`;
        return { name, variant, runs: [{ seed: seeds[0] as number, hash: hashOf(name, seeds[0] as number, suite) }] };
      }),
    }),
    variants: planned,
  };
  await writeFile(join(folder, 'plan.json'), JSON.stringify(plan));
  for (const [at, variant] of variants.entries()) {
    for (const [index, seed] of seeds.entries()) {
      const outcome = variant.top1[index] ?? null;
      if (outcome === null) continue;
      const record = recordOf({ suite, dataset, classes, seed, variant: planned[at] as PlannedVariant });
      const { pictures, predictions } = synthetic;
      const drawn =
        pictures !== undefined && typeof outcome === 'number'
          ? predictionsOf(outcome, pictures, `${variant.name} ${seed}`)
          : null;
      const average = typeof outcome === 'number' ? (synthetic.ema?.(variant.name, outcome, seed) ?? null) : null;
      const kept = { predictions: predictions?.(variant.name, seed) ?? drawn, average };
      await writeRun(folder, synthetic.change?.(record) ?? record, outcome, kept);
    }
  }
  for (const { variant, top1, same } of synthetic.repeats ?? []) {
    const of = planned.find(({ name }) => name === variant) as PlannedVariant;
    const seed = seeds[0] as number;
    const again = { ...of, name: `${variant}@again` };
    const record = recordOf({ suite, dataset, classes, seed, variant: again });
    if (top1 === null) continue;
    const drawn = predictionsOf(top1, synthetic.pictures ?? 1000, `${same ? variant : again.name} ${seed}`);
    await writeRun(folder, synthetic.change?.(record) ?? record, top1, { predictions: drawn, average: null });
  }
  for (const { variant, factor, top1 } of synthetic.trials ?? []) {
    const name = `${variant}@${factor}`;
    const place = join(folder, name, 'seed-100');
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'result.json'), JSON.stringify(resultOf(hashOf(name, 100), top1)));
  }
  return folder;
}

export const hashOf = (variant: string, seed: number, suite = 'made-up'): string =>
  suite === 'made-up' ? `${variant}-${seed}` : `${suite}-${variant}-${seed}`;

async function writeRun(
  folder: string,
  record: RunRecord,
  outcome: number | string,
  { predictions, average }: { readonly predictions: Predictions | null; readonly average: number | null },
): Promise<void> {
  const { variant, seed } = record.spec;
  const run = join(folder, variant, `seed-${seed}`);
  await mkdir(run, { recursive: true });
  await writeFile(join(run, 'run.json'), JSON.stringify(record));
  const accuracy = typeof outcome === 'number' ? outcome / 100 : 0.1;
  const lines = metricsOf(accuracy, seed);
  await writeFile(join(run, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const result = resultOf(record.hash, outcome);
  const ema = average === null ? null : { top1: average / 100, top5: 1, loss: 1 };
  const kept = predictions && { predictions: await writePredictions(run, record.hash, predictions) };
  await writeFile(join(run, 'result.json'), JSON.stringify({ ...result, ...(ema && { ema }), ...kept }));
}

/** Ten classes in turn; a wrong picture goes by the next class's name. Which are wrong is drawn anew for each run. */
function predictionsOf(percent: number, pictures: number, run: string): Predictions {
  const order = permutation(pictures, createGenerator(0, run));
  const right = new Set(order.slice(0, Math.round((percent / 100) * pictures)));
  const label = Uint32Array.from({ length: pictures }, (_, at) => at % 10);
  return {
    classes: 10,
    label,
    predicted: label.map((one, at) => (right.has(at) ? one : (one + 1) % 10)),
    loss: Float32Array.from(label, (_, at) => (right.has(at) ? 0.2 : 2)),
    confidence: Float32Array.from(label, () => 0.8),
  };
}

function metricsOf(accuracy: number, seed: number): MetricsLine[] {
  const random = createGenerator(seed, 'made-up');
  return [1, 2, 3].flatMap((epoch): MetricsLine[] => {
    const learned = 1 - 0.35 * 0.4 ** (epoch - 1) + (epoch === 3 ? 0.056 : 0);
    const top1 = epoch === 3 ? accuracy : accuracy * learned + 0.004 * random.normal();
    return [
      {
        kind: 'train',
        step: epoch * 100 - 50,
        epoch: epoch - 0.5,
        loss: 2.3 * 0.5 ** epoch + (1 - accuracy),
        learningRate: 0.001,
        imagesPerSecond: 900,
      },
      {
        kind: 'evaluation',
        step: epoch * 100,
        epoch,
        top1,
        top5: Math.min(1, top1 + 0.1),
        loss: 1 - top1 / 2,
        ema: null,
      },
    ];
  });
}

function resultOf(hash: string, outcome: number | string): RunResult {
  const finishedAt = '2026-01-02T03:04:05.000Z';
  if (typeof outcome === 'string')
    return { schema: 'ablate/result/1', status: 'failed', hash, reason: outcome, step: 312, finishedAt };
  const top1 = outcome / 100;
  return {
    schema: 'ablate/result/1',
    status: 'done',
    hash,
    top1,
    top5: Math.min(1, top1 + 0.1),
    loss: 1 - top1,
    best: { top1, epoch: 3 },
    ema: null,
    trainLoss: 1.1 - top1,
    steps: 300,
    imagesPerSecond: 900 - top1 * 100,
    seconds: { total: 20, training: 16, evaluation: 3, startup: 1 },
    peakMemoryBytes: 1e9,
    finishedAt,
  };
}

function recordOf(of: {
  suite: string;
  dataset: string;
  classes: number;
  seed: number;
  variant: PlannedVariant;
}): RunRecord {
  const { suite, dataset, classes, seed, variant } = of;
  return {
    schema: 'ablate/run/1',
    hash: hashOf(variant.name, seed, suite),
    spec: {
      suite,
      variant: variant.name,
      seed,
      network: { base: 'made-up', steps: [], resolution: 32, width: 0.25, stemStride: 2, classes },
      recipe,
      dataset: { name: dataset, root: null, train_limit: null, test_limit: null },
      device: 'cpu',
      plugins: [],
    },
    cost: { macs: variant.macs, params: variant.params },
    engine: {
      engine: 'tensorflow',
      version: '2.21.0',
      device: 'made-up CPU',
      threads: 2,
      compiled: true,
      kernels: 'avx2',
      precision: 'float32',
    },
    machine: { cpu: 'made-up CPU', cores: 2, memoryBytes: 8e9, platform: 'linux', node: 'v20.0.0' },
    codeVersion: 'made-up',
    datasetFingerprint: 'made-up',
    startedAt: '2026-01-02T03:00:00.000Z',
  };
}

/** The paper's road with its own accuracies, spread over seeds by its own standard deviation: no run of ours. */
export function paperLike(seeds = 3): SyntheticVariant[] {
  const rows: [
    name: string,
    title: string,
    section: string | null,
    top1: number,
    macs: number,
    params: number,
    adopted?: boolean,
  ][] = [
    ['resnet-50', 'resnet-50', null, 76.13, 4089184256, 25557032],
    ['training-recipe', 'Training recipe', null, 78.82, 4089184256, 25557032],
    ['stage-ratio', 'Stage ratio', 'Macro Design', 79.36, 4525916160, 28628520],
    ['patchify-stem', 'Patchify stem', 'Macro Design', 79.51, 4417536000, 28622120],
    ['depthwise-conv', 'Depthwise conv', 'ResNeXt', 78.28, 2349507072, 15722600],
    ['increase-width', 'Increase width', 'ResNeXt', 80.5, 5267976960, 33760936],
    ['inverted-bottleneck', 'Inverting dims', 'Inverted Bottleneck', 80.64, 4644406272, 25851400],
    ['move-up-depthwise', 'Move up depthwise conv', 'Large Kernel', 79.92, 4065080448, 25625416],
    ['kernel-size-5', 'Kernel size 5', 'Large Kernel', 80.35, 4097293440, 25720648, false],
    ['kernel-size-7', 'Kernel size 7', 'Large Kernel', 80.57, 4145612928, 25863496],
    ['kernel-size-9', 'Kernel size 9', 'Large Kernel', 80.57, 4210038912, 26053960, false],
    ['kernel-size-11', 'Kernel size 11', 'Large Kernel', 80.47, 4290571392, 26292040, false],
    ['gelu', 'ReLU to GELU', 'Micro Design', 80.62, 4145612928, 25863496],
    ['fewer-activations', 'Fewer activations', 'Micro Design', 81.27, 4145612928, 25863496],
    ['fewer-norms', 'Fewer norms', 'Micro Design', 81.41, 4145612928, 25797256],
    ['layer-norm', 'BN to LN', 'Micro Design', 81.47, 4145612928, 25836328],
    ['separate-downsampling', 'Separate downsampling', 'Micro Design', 81.97, 4455531264, 28582504],
  ];
  let parent: string | null = null;
  let steps: string[] = [];
  // All kernels of the sweep start from the same network, and the road goes on from one of them.
  const parentOf = (name: string) => (name.startsWith('kernel-size') ? 'move-up-depthwise' : parent);
  const road = rows.map(([name, title, section, top1, macs, params, adopted = true], at): SyntheticVariant => {
    const random = createGenerator(at, 'made-up spread');
    const own =
      at === 0
        ? []
        : [...steps.filter((step) => !name.startsWith('kernel-size') || !step.startsWith('kernel-size')), name];
    const variant = {
      name,
      title,
      section,
      kind: at === 0 ? ('base' as const) : ('step' as const),
      parent: parentOf(name),
      adopted,
      steps: own,
      macs,
      params,
      top1: Array.from({ length: seeds }, () => Math.round((top1 + 0.1 * random.normal()) * 100) / 100),
    };
    if (adopted) [parent, steps] = [name, own];
    return variant;
  });
  const comparator: SyntheticVariant = {
    name: 'swin-t',
    kind: 'compare',
    macs: 4490600000,
    params: 28288354,
    top1: [81.3, 81.21, 81.38].slice(0, seeds),
  };
  return [...road, comparator];
}
