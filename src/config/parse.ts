import type { z } from 'zod';
import { problemsOf } from './issues.js';
import type { PlacedProblem, Problem } from './problem.js';
import { type Recipe, recipeSchema } from './recipe.js';
import { type RawRecipe, readRecipe } from './recipes.js';
import { readSource } from './source.js';
import { type SuiteFile, suiteSchema } from './suite.js';

/** A suite file as far as it goes without knowing steps, networks and data. */
export interface ParsedSuite {
  readonly file: string;
  /** Null where a problem keeps the suite from having a meaning. */
  readonly suite: SuiteFile | null;
  readonly problems: readonly PlacedProblem[];
  /** Where a problem that is found later stands in the file. */
  place(problem: Problem): PlacedProblem;
}

/** Reads and validates a suite and the recipes that it names; all problems of all files come back together. */
export async function parseSuite(file: string): Promise<ParsedSuite> {
  const source = await readSource(file);
  const place = (problem: Problem) => source.place(problem);
  if (source.syntax.length > 0) return { file, suite: null, problems: source.syntax, place };
  const value = source.value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const message = 'a suite is a mapping of fields; it starts with `name:`';
    return { file, suite: null, problems: [place({ path: [], on: 'value', message })], place };
  }

  const { recipe: given, base_recipe: givenBase, ...rest } = value as Record<string, unknown>;
  const problems: PlacedProblem[] = [];
  const read = async (raw: unknown, name: string): Promise<{ recipe: Recipe | null; raw: RawRecipe | null }> => {
    const found = await readRecipe(raw, [name], source);
    problems.push(...found.problems);
    if (!found.recipe) return { recipe: null, raw: null };
    return { recipe: validate(recipeSchema, found.recipe.value, found.recipe.place, problems), raw: found.recipe };
  };

  const main = given === undefined ? null : await read(given, 'recipe');
  const replaced = givenBase ?? main?.recipe?.replaces ?? null;
  const base = replaced === null ? null : await read(replaced, 'base_recipe');
  // The recipes are validated where they stand; the suite's own schema sees them as given.
  const shell = suiteSchema.omit({ recipe: true, base_recipe: true });
  const checked = validate(shell, rest, place, problems);
  if (given === undefined) {
    problems.push(
      place({
        path: ['recipe'],
        on: 'value',
        message: 'the field `recipe` is missing; add `recipe:` with a name, such as compact',
      }),
    );
  }
  const suite =
    checked && main?.recipe && problems.length === 0
      ? { ...checked, recipe: main.recipe, base_recipe: base?.recipe ?? null }
      : null;
  return { file, suite, problems: inOrder(problems), place };
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
): Promise<{ recipe: Recipe | null; problems: readonly PlacedProblem[] }> {
  const source = await readSource(file);
  if (source.syntax.length > 0) return { recipe: null, problems: source.syntax };
  const { recipe, problems } = await readRecipe(source.value, [], source);
  if (!recipe) return { recipe: null, problems };
  const found: PlacedProblem[] = [];
  const valid = validate(recipeSchema, recipe.value, recipe.place, found);
  return { recipe: valid, problems: inOrder(found) };
}

function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: (problem: Problem) => PlacedProblem,
  problems: PlacedProblem[],
): z.infer<Schema> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  problems.push(...problemsOf(parsed.error, schema, value).map(place));
  return null;
}

const inOrder = (problems: readonly PlacedProblem[]): PlacedProblem[] =>
  [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
