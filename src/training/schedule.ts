import type { Schedule } from '../config/recipe.js';

/** How many optimizer steps a run has. */
export interface StepCount {
  readonly perEpoch: number;
  readonly total: number;
}

/** Whole batches of an epoch, at least one; the run's length in steps, rounded. */
export function countSteps(pictures: number, batchSize: number, epochs: number): StepCount {
  const perEpoch = Math.max(1, Math.floor(pictures / batchSize));
  return { perEpoch, total: Math.max(1, Math.round(epochs * perEpoch)) };
}

/**
 * The learning rate of optimizer step `step` (0 is the first). Warm-up rises from 0 to the peak over its steps, both ends
 * included, then the cosine starts at the peak: the authors' ConvNeXt schedule, value for value.
 */
export function learningRate(schedule: Schedule, peak: number, step: number, { perEpoch, total }: StepCount): number {
  const warmup = Math.round(schedule.warmup_epochs * perEpoch);
  if (step < warmup) return warmup === 1 ? peak : (peak * step) / (warmup - 1);
  switch (schedule.name) {
    case 'constant':
      return peak;
    case 'step':
      return peak * schedule.factor ** Math.floor(step / perEpoch / schedule.every_epochs);
    case 'cosine': {
      const done = (step - warmup) / Math.max(1, total - warmup);
      return (
        schedule.final_learning_rate + 0.5 * (peak - schedule.final_learning_rate) * (1 + Math.cos(Math.PI * done))
      );
    }
  }
}
