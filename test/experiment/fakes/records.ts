import { recipeSchema } from '../../../src/config/recipe.js';
import type { MetricsLine } from '../../../src/records/metrics.js';
import type { DoneResult, FailedResult } from '../../../src/records/result.js';
import type { RunRecord, RunSpec } from '../../../src/records/run.js';

export const recipe = recipeSchema.parse({
  name: 'fake',
  epochs: 1,
  batch_size: 8,
  optimizer: { name: 'sgd', learning_rate: 0.1 },
  schedule: { name: 'constant' },
});

/** A specification whole enough to be written and read again. */
export const specOf = (variant: string, seed = 0): RunSpec => ({
  suite: 'fake',
  variant,
  seed,
  network: { base: 'resnet-50', steps: [], resolution: 32, width: 0.25, stemStride: 2, classes: 10 },
  recipe,
  dataset: { name: 'fashion-mnist', root: null, train_limit: null, test_limit: null },
  device: 'auto',
  plugins: [],
});

export const engine = {
  engine: 'tensorflow',
  version: '2.21.0',
  device: 'cpu',
  threads: 1,
  compiled: true,
  kernels: 'fused',
  precision: 'float32',
} as const;

export const machine = { cpu: 'some CPU', cores: 2, memoryBytes: 2 ** 34, platform: 'linux-x64', node: 'v20.0.0' };

export const runRecord = (hash: string, changes: Partial<RunRecord> = {}): RunRecord => ({
  schema: 'ablate/run/1',
  hash,
  spec: specOf('a'),
  cost: { macs: 1, params: 1 },
  engine,
  machine,
  codeVersion: '0.1.0',
  datasetFingerprint: 'pictures',
  startedAt: '2026-01-01T00:00:00.000Z',
  ...changes,
});

export const doneResult = (hash: string, changes: Partial<DoneResult> = {}): DoneResult => ({
  schema: 'ablate/result/1',
  status: 'done',
  hash,
  top1: 0.5,
  top5: 0.9,
  loss: 1.5,
  best: { top1: 0.5, epoch: 1 },
  ema: null,
  trainLoss: 1.4,
  steps: 20,
  imagesPerSecond: 1000,
  seconds: { total: 3, training: 2, evaluation: 0.5, startup: 0.5, waiting: 0 },
  peakMemoryBytes: 2 ** 20,
  finishedAt: '2026-01-01T00:00:03.000Z',
  ...changes,
});

export const failedResult = (hash: string, reason: string, step: number | null = null): FailedResult => ({
  schema: 'ablate/result/1',
  status: 'failed',
  hash,
  reason,
  step,
  finishedAt: '2026-01-01T00:00:03.000Z',
});

export const trainLine = (step: number): MetricsLine => ({
  kind: 'train',
  step,
  epoch: step / 10,
  loss: 2.3,
  learningRate: 0.001,
  imagesPerSecond: 500,
});
