import type { Recipe } from '../config/recipe.js';
import { peakLearningRate } from './optimizer.js';
import { countSteps, learningRate, type StepCount } from './schedule.js';

/** What a recipe sets at one step of a run. */
export interface CoursePoint {
  /** 0 for the first. */
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  /** Learning rate times weight decay: the share of itself that a step takes off a weight. */
  readonly decay: number;
}

export interface Course {
  readonly steps: StepCount;
  readonly peak: number;
  readonly points: readonly CoursePoint[];
}

/** A recipe over a run on a training set of so many pictures, at no more than `most` steps evenly apart, both ends included. */
export function courseOf(recipe: Recipe, pictures: number, most: number): Course {
  const steps = countSteps(pictures, recipe.batch_size, recipe.epochs);
  const peak = peakLearningRate(recipe);
  const last = steps.total - 1;
  const count = Math.min(most, steps.total);
  const at = Array.from({ length: count }, (_, point) => (count > 1 ? Math.round((point * last) / (count - 1)) : 0));
  const points = at.map((step) => {
    const rate = learningRate(recipe.schedule, peak, step, steps);
    return {
      step,
      epoch: step / steps.perEpoch,
      learningRate: rate,
      decay: rate * recipe.optimizer.weight_decay,
    };
  });
  return { steps, peak, points };
}
