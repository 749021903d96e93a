import type { Problem } from './problem.js';
import type { Recipe } from './recipe.js';

/** What can be trained and is hardly meant: a rate that never gets where the recipe says it goes. */
export function recipeWarnings({ epochs, schedule }: Recipe): Problem[] {
  const warnings: Problem[] = [];
  const warn = (field: string, message: string) => warnings.push({ path: ['schedule', field], on: 'value', message });
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
