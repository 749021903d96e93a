import { z } from 'zod';
import { amount, count, type Frozen, hashSchema, measured, share } from './schema.js';

/** What predictions.safetensors.gz holds, by its content before it was packed. */
const predictionsNote = z.object({ pictures: count, sha256: hashSchema });
export type PredictionsNote = Frozen<z.infer<typeof predictionsNote>>;

const accuracy = { top1: share, top5: share, loss: measured };
const bestSchema = z.object({ top1: share, epoch: amount });
const averageSchema = z.object({ ...accuracy, loss: measured.optional() }).nullable();

const done = z.object({
  schema: z.literal('ablate/result/1'),
  status: z.literal('done'),
  hash: hashSchema,
  /** Of the last epoch; `best` over all evaluations. */
  ...accuracy,
  best: bestSchema,
  /** The same for the moving average of the weights, where the recipe has one. */
  ema: averageSchema,
  /** Of the held-out pictures, after the last epoch; the test set was then read once, at the end. Absent where none are held out. */
  validation: z
    .object({
      ...accuracy,
      best: bestSchema,
      ema: averageSchema,
      pictures: count,
      unreadable: count,
    })
    .optional(),
  trainLoss: measured,
  steps: count,
  /** Training pictures over time inside training steps, data included, evaluation and start-up not. */
  imagesPerSecond: amount,
  seconds: z.object({
    total: amount,
    training: amount,
    evaluation: amount,
    startup: amount,
    /** The part of training that went by waiting for pictures; absent in older records. */
    waiting: amount.optional(),
  }),
  peakMemoryBytes: count,
  /** Pictures of the test set that could not be read, and so are not in the accuracies; absent is none known of. */
  unreadable: count.optional(),
  /** What the network said of each test picture lies beside; absent in older records. */
  predictions: predictionsNote.optional(),
  finishedAt: z.string(),
});

const failed = z.object({
  schema: z.literal('ablate/result/1'),
  status: z.literal('failed'),
  hash: hashSchema,
  /** What went wrong; its first line is a sentence: `loss is NaN at step 312`. */
  reason: z.string(),
  step: count.nullable(),
  finishedAt: z.string(),
});

/** result.json: written last, by rename; one that says `done` with the run's hash is the only proof that a run is done. */
export const resultSchema = z.discriminatedUnion('status', [done, failed]);

export type RunResult = Frozen<z.infer<typeof resultSchema>>;
export type DoneResult = Extract<RunResult, { status: 'done' }>;
export type FailedResult = Extract<RunResult, { status: 'failed' }>;
