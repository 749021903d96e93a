import { z } from 'zod';
import { merge } from '../../config/merge.js';
import type { Recipe } from '../../config/recipe.js';
import { defineStep } from '../step.js';

/** Not of the paper's road: what its Table 5 holds, field by field. A road may have it often, each time with other fields. */
export const recipe = defineStep({
  id: 'recipe',
  title: 'Recipe',
  group: 'Recipe',
  claim: 'Fields of the recipe as they are named, from here on: `recipe: { mixup: 0 }`. The network stays.',
  options: z.record(z.string(), z.unknown()),
  recipe: (before, changes) => merge(before, changes) as Recipe,
});
