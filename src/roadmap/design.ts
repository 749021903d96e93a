import { deepFreeze } from '../architecture/freeze.js';
import type { ConvNetwork } from '../architecture/network.js';
import { problemsOf, show } from '../config/issues.js';
import { isMapping } from '../config/merge.js';
import type { Problem } from '../config/problem.js';
import { type Recipe, recipeSchema } from '../config/recipe.js';
import { guarded, mustLeave } from './catalogue.js';
import type { StepVariant } from './entry.js';
import type { Step } from './step.js';

/** What a road changes: a network, and how it is trained. Both plain and frozen. */
export interface Design {
  readonly network: ConvNetwork;
  /** Null where nobody says how the network is trained, or where that could not be read: then no step changes it. */
  readonly recipe: Recipe | null;
}

/** The recipes that a suite names. */
export interface SuiteRecipes {
  readonly recipe: Recipe | null;
  /** That of the base, for roads that start from it. */
  readonly base: Recipe | null;
}

export const noRecipes: SuiteRecipes = { recipe: null, base: null };

/** Whether a road starts from the suite's `base_recipe`: some step on it takes over from there. */
export const startsFromBase = (road: readonly { readonly step: Step; readonly enabled: boolean }[]): boolean =>
  road.some(({ step, enabled }) => enabled && step.startsFrom === 'base_recipe');

const recipeCopy = { what: 'recipe', copy: '{ ...recipe, ema: null }' };

/**
 * What a step makes of a design's recipe, validated as a recipe of a file is and named after both; with problems the recipe
 * is as it was. Throws a `RoadError` where the step's own code throws.
 *
 * @param design the network is that behind the step, the recipe that before it
 */
export function changeRecipe(
  step: Step,
  { network, recipe }: Design,
  { name, options }: StepVariant,
  suite: Recipe | null,
): { recipe: Recipe | null; problems: readonly Problem[] } {
  const { recipe: change } = step;
  if (!change || recipe === null) return { recipe, problems: [] };
  if (suite === null) return { recipe: null, problems: [] };
  for (const given of [recipe, suite, network, options]) deepFreeze(given);
  const made: unknown = guarded(step, () => change(recipe, options, { suite, network }), recipeCopy);
  mustLeave(step, [recipe, options, { suite, network }], change, recipeCopy);
  if (made === recipe || made === suite) return { recipe: made as Recipe, problems: [] };
  if (!isMapping(made) || made instanceof Promise)
    return { recipe, problems: [{ path: [], on: 'value', message: `expected a recipe, found ${show(made)}` }] };
  const parsed = recipeSchema.safeParse(made);
  if (!parsed.success) return { recipe, problems: problemsOf(parsed.error, recipeSchema, made) };
  const named = parsed.data.name === recipe.name ? `${recipe.name}, ${name}` : parsed.data.name;
  return { recipe: { ...parsed.data, name: named }, problems: [] };
}

/** What to say of a step whose recipe cannot be. */
export function recipeProblem({ id, definedAt }: Step, { path, message }: Problem): string {
  const where = definedAt ? ` (${definedAt})` : '';
  return `the step ${id}${where} gives no recipe that can be: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`;
}
