import { z } from 'zod';
import { amount, count, type Frozen, measured, share } from './schema.js';

const train = z.object({
  kind: z.literal('train'),
  step: count,
  /** Epochs done, with fraction. */
  epoch: amount,
  /** Mean loss since the line before. */
  loss: measured,
  learningRate: amount,
  imagesPerSecond: amount,
});

const evaluation = z.object({
  kind: z.literal('evaluation'),
  step: count,
  epoch: amount,
  top1: share,
  top5: share,
  loss: measured,
  /** The same for the moving average of the weights, where the recipe has one. */
  ema: z.object({ top1: share, top5: share, loss: measured }).nullable(),
  /** Where the pictures were held out of the training set; absent: the test set. */
  on: z.literal('validation').optional(),
});

/** A line of metrics.jsonl. */
export const metricsLineSchema = z.discriminatedUnion('kind', [train, evaluation]);

export type MetricsLine = Frozen<z.infer<typeof metricsLineSchema>>;
