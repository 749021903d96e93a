import { z } from 'zod';
import { amount, count, type Frozen, measured, share } from '../records/schema.js';

/** Where a run stands besides its variables: all chance is drawn by step number, so the number is enough. */
export const progressSchema = z.object({
  /** Optimizer steps done. */
  step: count,
  /** Bytes of metrics.jsonl that belong to these steps; what follows is written again. */
  metricsBytes: count,
  /** The last training line: its step, the seconds of training until then, and the sum of losses since. */
  line: z.object({ step: count, loss: measured, training: amount }),
  best: z.object({ top1: share, epoch: amount }).nullable(),
  /** Spent so far, by kind; `waiting` for pictures is a part of training. */
  seconds: z.object({ training: amount, evaluation: amount, startup: amount, waiting: amount }),
});

export type Progress = Frozen<z.infer<typeof progressSchema>>;

/** Before the first step. */
export const noProgress: Progress = {
  step: 0,
  metricsBytes: 0,
  line: { step: 0, loss: 0, training: 0 },
  best: null,
  seconds: { training: 0, evaluation: 0, startup: 0, waiting: 0 },
};
