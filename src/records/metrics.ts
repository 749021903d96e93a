import { z } from 'zod';
import { count, type Frozen, share } from './schema.js';

const train = z.object({
  kind: z.literal('train'),
  step: count,
  /** Epochs done, with fraction. */
  epoch: z.number().min(0),
  /** Mean loss since the line before. */
  loss: z.number(),
  learningRate: z.number().min(0),
  imagesPerSecond: z.number().min(0),
});

const evaluation = z.object({
  kind: z.literal('evaluation'),
  step: count,
  epoch: z.number().min(0),
  top1: share,
  top5: share,
  loss: z.number(),
  /** The same for the moving average of the weights, where the recipe has one. */
  ema: z.object({ top1: share, top5: share, loss: z.number() }).nullable(),
});

/** A line of metrics.jsonl. */
export const metricsLineSchema = z.discriminatedUnion('kind', [train, evaluation]);

export type MetricsLine = Frozen<z.infer<typeof metricsLineSchema>>;
