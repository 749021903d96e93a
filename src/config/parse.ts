import type { z } from 'zod';
import { problemsOf } from './issues.js';
import { inOrder, type PlacedProblem, type Problem } from './problem.js';
import { type Recipe, recipeSchema } from './recipe.js';
import { type RawRecipe, readRecipe } from './recipes.js';
import { readSource } from './source.js';
import { type Setting, withSettings } from './settings.js';
import { salvage } from './salvage.js';
import { mostEntries, runnerSchema, type SuiteFile, suiteSchema } from './suite.js';
import { placedWarnings } from './warnings.js';

/** A suite file as far as it goes without knowing steps, networks and data. */
export interface ParsedSuite {
  readonly file: string;
  /** Null where a problem keeps the suite from having a meaning. */
  readonly suite: SuiteFile | null;
  /** What can be looked at further, whether the suite is right or not; null where the file is no mapping. */
  readonly parts: SuiteParts | null;
  readonly problems: readonly PlacedProblem[];
  /** Where a problem that is found later stands in the file. */
  place(problem: Problem): PlacedProblem;
}

/** The parts of a suite that could be read. Lists are as written: their places are those of the file. */
export interface SuiteParts {
  readonly dataset: SuiteFile['dataset'] | null;
  readonly network: SuiteFile['network'] | null;
  readonly strategy: SuiteFile['strategy'];
  readonly runner: SuiteFile['runner'];
  readonly road: readonly unknown[];
  readonly compare: readonly unknown[];
  readonly seeds: readonly unknown[];
  readonly plugins: readonly unknown[];
  readonly recipe: ReadRecipe | null;
  readonly baseRecipe: ReadRecipe | null;
  /** Whether the suite or its recipe names one. */
  readonly namesBase: boolean;
}

/** A valid recipe, and where its fields stand. */
export interface ReadRecipe {
  readonly recipe: Recipe;
  /** The suite's field that names it. */
  readonly field: 'recipe' | 'base_recipe';
  place(problem: Problem): PlacedProblem;
}

/** The recipes are validated where they stand; the suite's own schema sees the rest. */
const shell = suiteSchema.omit({ recipe: true, base_recipe: true });

/**
 * Reads and validates a suite, with the fields that the command line sets, and the recipes that it names; all problems of
 * all files come back together.
 */
export async function parseSuite(file: string, settings: readonly Setting[] = []): Promise<ParsedSuite> {
  const source = withSettings(await readSource(file), settings);
  const place = (problem: Problem) => source.place(problem);
  const nothing = { file, suite: null, parts: null, place };
  if (source.syntax.length > 0) return { ...nothing, problems: source.syntax };
  const value = source.value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const message = 'a suite is a mapping of fields; it starts with `name:`';
    return { ...nothing, problems: [place({ path: [], on: 'value', message })] };
  }

  const { recipe: given, base_recipe: givenBase, ...rest } = value as Record<string, unknown>;
  const problems: PlacedProblem[] = [];
  const main = given === undefined ? null : await readRecipe(given, ['recipe'], source);
  const recipe = main && checkRecipe(main, 'recipe', problems);
  const replaced = givenBase ?? replacedBy(main?.recipe ?? null);
  const read = replaced === null ? null : await readRecipe(replaced, ['base_recipe'], source);
  const baseRecipe = read && checkRecipe(read, givenBase === undefined ? 'recipe' : 'base_recipe', problems);
  const checked = validate(shell, rest, place, problems);
  if (given === undefined) {
    const message = 'the field `recipe` is missing; add `recipe:` with a name, such as compact';
    problems.push(place({ path: ['recipe'], on: 'value', message }));
  }
  const suite =
    checked && recipe && problems.length === 0
      ? { ...checked, recipe: recipe.recipe, base_recipe: baseRecipe?.recipe ?? null }
      : null;
  const { shape } = shell;
  const list = (field: 'road' | 'compare' | 'seeds' | 'plugins'): readonly unknown[] => {
    const found = rest[field];
    return Array.isArray(found) ? found.slice(0, mostEntries[field]) : (salvage(shape[field], undefined) ?? []);
  };
  const parts: SuiteParts = {
    dataset: salvage(shape.dataset, rest.dataset),
    network: salvage(shape.network, rest.network),
    strategy: salvage(shape.strategy, rest.strategy) ?? 'cumulative',
    runner: salvage(shape.runner, rest.runner) ?? runnerSchema.parse({}),
    road: list('road'),
    compare: list('compare'),
    seeds: list('seeds'),
    plugins: list('plugins'),
    recipe,
    baseRecipe,
    namesBase: replaced !== null,
  };
  return { file, suite, parts, problems: inOrder(problems), place };
}

/** What a recipe as written says that it takes the place of. */
function replacedBy(recipe: RawRecipe | null): string | null {
  const { replaces } = (recipe?.value ?? {}) as { replaces?: unknown };
  return typeof replaces === 'string' ? replaces : null;
}

function checkRecipe(
  { recipe, problems: found }: { recipe: RawRecipe | null; problems: readonly PlacedProblem[] },
  field: ReadRecipe['field'],
  problems: PlacedProblem[],
): ReadRecipe | null {
  problems.push(...found);
  if (!recipe) return null;
  const valid = validate(recipeSchema, recipe.value, recipe.place, problems, recipe.partial);
  return valid && { recipe: valid, field, place: (problem) => recipe.place(problem) };
}

/** Whether a file is a recipe rather than a suite: it says how to optimize and has no network. */
export async function isRecipeFile(file: string): Promise<boolean> {
  const { value } = await readSource(file);
  return (
    value !== null && typeof value === 'object' && ('optimizer' in value || 'extends' in value) && !('network' in value)
  );
}

/** Reads and validates a recipe file by itself. */
export async function parseRecipe(
  file: string,
  settings: readonly Setting[] = [],
): Promise<{ recipe: Recipe | null; problems: readonly PlacedProblem[]; warnings: readonly PlacedProblem[] }> {
  const source = withSettings(await readSource(file), settings);
  if (source.syntax.length > 0) return { recipe: null, problems: source.syntax, warnings: [] };
  const problems: PlacedProblem[] = [];
  const read = checkRecipe(await readRecipe(source.value, [], source), 'recipe', problems);
  const warnings = read ? placedWarnings(read.recipe, read.place, file) : [];
  return { recipe: problems.length > 0 ? null : (read?.recipe ?? null), problems: inOrder(problems), warnings };
}

function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: (problem: Problem) => PlacedProblem,
  problems: PlacedProblem[],
  partial = false,
): z.infer<Schema> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return partial ? null : parsed.data;
  problems.push(...problemsOf(parsed.error, schema, value, partial).map(place));
  return null;
}
