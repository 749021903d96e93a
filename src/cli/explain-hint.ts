import { modelNames } from '../architecture/models.js';
import { nearest } from '../config/problem.js';
import { datasetNames } from '../data/catalogue.js';

/** More fields of one name than these are too many to choose from. */
const mostFields = 4;

/** What to ask instead, where neither a step nor a field has the name: fields may be known by their last word only. */
export function hintFor(name: string, steps: readonly string[], paths: readonly string[]): string {
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  const called = (word: string) => paths.filter((path) => last(path) === word);
  const other = elsewhere(name);
  if (called(name).length > 0) return orList(called(name));
  if (other) return other;
  const guess = nearest(name, [...steps, ...paths]) ?? nearest(name, [...new Set(paths.map(last))]);
  if (guess === null) return '`ablate steps` lists the steps, `ablate explain recipe` the fields of recipes';
  return orList(steps.includes(guess) || paths.includes(guess) ? [guess] : called(guess));
}

/** Other things that go by a name have commands of their own. */
function elsewhere(name: string): string | null {
  if (modelNames.includes(name)) return `it is a network: ablate summary --model ${name}`;
  return datasetNames.includes(name) ? `it is a dataset: ablate data ${name}` : null;
}

function orList(paths: readonly string[]): string {
  // What stands before training-recipe has the same fields as what stands after it.
  const first = paths.filter((path) => !path.startsWith('base_recipe.'));
  const shown = (first.length > 0 ? first : paths).slice(0, mostFields).map((path) => `"${path}"`);
  return `did you mean ${shown.join(' or ')}?`;
}
