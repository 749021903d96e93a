import type { Recipe } from '../config/recipe.js';
import type { Dataset } from '../data/dataset.js';
import type { RunPreparation } from '../records/run.js';

/** How a run prepares its test pictures and what its outputs mean, as its record keeps it. */
export function preparationOf(test: Dataset, { evaluation }: Recipe, resolution: number): RunPreparation {
  const { classes, mean, sd, size } = test;
  const { crop_ratio, interpolation } = evaluation;
  return { classes, mean, sd, small: size !== null, resolution, crop_ratio, interpolation };
}
