import type { Path, PlacedProblem, Problem } from './problem.js';
import type { Recipe } from './recipe.js';

/** A warning about fields that do not go together: it stands at the first of them that the suite's own file has. */
interface RecipeWarning {
  readonly paths: readonly [Path, ...Path[]];
  readonly message: string;
}

/** What can be trained and is hardly meant: a rate that never gets where the recipe says it goes. */
export function recipeWarnings({ epochs, schedule }: Recipe): RecipeWarning[] {
  const warnings: RecipeWarning[] = [];
  const warn = (field: string, message: string) => warnings.push({ paths: [['schedule', field], ['epochs']], message });
  const { warmup_epochs } = schedule;
  if (warmup_epochs > 0 && warmup_epochs >= epochs) {
    warn(
      'warmup_epochs',
      `the warm-up of ${count(warmup_epochs, 'epoch')} is as long as the run of ${count(epochs, 'epoch')}, or longer: the rate rises to the end, and the ${schedule.name} schedule never begins`,
    );
  }
  if (schedule.name === 'step' && schedule.every_epochs >= epochs) {
    warn(
      'every_epochs',
      `the rate drops every ${count(schedule.every_epochs, 'epoch')} and the run has ${count(epochs, 'epoch')}: it never drops`,
    );
  }
  return warnings;
}

/** The warnings of a recipe at their places, those in `file` before those in recipes that it names. */
export function placedWarnings(
  recipe: Recipe,
  place: (problem: Problem) => PlacedProblem,
  file: string,
): PlacedProblem[] {
  return recipeWarnings(recipe).map(({ paths, message }) => {
    const places = paths.map((path) => place({ path, on: 'value', message }));
    return places.find((one) => one.file === file || one.line === 0) ?? (places[0] as PlacedProblem);
  });
}

/** Where the step that changes recipes changes the length or the batch too, its difference is that of all of them. */
export function pairWarnings(recipe: Recipe, base: Recipe): Problem[] {
  const apart = [
    recipe.epochs === base.epochs ? '' : `${count(base.epochs, 'epoch')} instead of ${recipe.epochs}`,
    recipe.batch_size === base.batch_size ? '' : `batches of ${base.batch_size} instead of ${recipe.batch_size}`,
  ].filter(Boolean);
  if (apart.length === 0) return [];
  const message = `before the step that changes the recipe, ${base.name} trains with ${apart.join(' and ')} (${recipe.name}): what that step is said to bring is this difference too`;
  return [{ path: [], on: 'value', message }];
}

const count = (number: number, unit: string): string => `${number} ${unit}${number === 1 ? '' : 's'}`;
