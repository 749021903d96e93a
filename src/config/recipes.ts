import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMapping, merge } from './merge.js';
import { nearest, type Path, type PlacedProblem, type Problem } from './problem.js';
import { readSource, type Source } from './source.js';

/** A recipe as written, not yet validated, and how to find its parts in the files it came from. */
export interface RawRecipe {
  readonly value: unknown;
  /** The recipe that this one changes could not be read: what is here is right or wrong, what is missing may be there. */
  readonly partial: boolean;
  place(problem: Problem): PlacedProblem;
}

/** Where the recipes that ship are. */
const shipped = fileURLToPath(new URL('../../configs/recipes/', import.meta.url));
const deepestExtension = 8;

/**
 * A suite's `recipe`: a name, a path relative to the suite, a mapping, or a mapping that `extends` another and overrides
 * it field by field. Problems that keep it from being read at all come back placed.
 */
export async function readRecipe(
  value: unknown,
  path: Path,
  source: Source,
  depth = 0,
): Promise<{ recipe: RawRecipe | null; problems: PlacedProblem[] }> {
  const refuse = (message: string, at: Path = path) => ({
    recipe: null,
    problems: [source.place({ path: at, on: 'value', message })],
  });
  if (typeof value === 'string') {
    const file = await recipeFile(value, source.file);
    if (!file) return refuse(await unknownRecipe(value));
    const read = await readSource(file);
    if (read.syntax.length > 0) return { recipe: null, problems: [...read.syntax] };
    return readRecipe(read.value, [], read, depth + 1);
  }
  if (!isMapping(value)) return refuse('expected the name of a recipe, or its fields');
  if (!Object.hasOwn(value, 'extends'))
    return { recipe: { value, partial: false, place: under(source, path) }, problems: [] };
  const { extends: named, ...changes } = value;
  const alone = { value: changes, partial: true, place: under(source, path) };
  if (depth > deepestExtension) return refuse('recipes extend each other in a circle', [...path, 'extends']);
  if (typeof named !== 'string') {
    const { problems } = refuse('expected the name of the recipe that this one changes', [...path, 'extends']);
    return { recipe: alone, problems };
  }
  const { recipe: base, problems } = await readRecipe(named, [...path, 'extends'], source, depth + 1);
  if (!base) return { recipe: alone, problems };
  const place = (problem: Problem) => (has(changes, problem.path) ? under(source, path)(problem) : base.place(problem));
  return { recipe: { value: merge(base.value, changes), partial: base.partial, place }, problems };
}

const under = (source: Source, path: Path) => (problem: Problem) =>
  source.place({ ...problem, path: [...path, ...problem.path] });

/** The file of a recipe by name, or of a path relative to the file `from`; null where no recipe of that name ships. */
export async function recipeFile(name: string, from: string): Promise<string | null> {
  if (/\.ya?ml$/.test(name) || name.includes('/')) return resolve(dirname(from), name);
  return (await recipeNames()).includes(name) ? join(shipped, `${name}.yaml`) : null;
}

/** Names of the recipes that ship. */
export async function recipeNames(): Promise<string[]> {
  const files = await readdir(shipped);
  return files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
}

/** What to say about a name that no recipe has. */
export async function unknownRecipe(name: string): Promise<string> {
  const names = await recipeNames();
  const guess = nearest(name, names);
  const hint = guess ? `did you mean "${guess}"?` : `there are ${names.join(', ')}`;
  return `there is no recipe "${name}"; ${hint}; for a file of your own write its path, such as ./${name}.yaml`;
}

function has(value: unknown, path: Path): boolean {
  const there = path.reduce<unknown>(
    (at, part) =>
      at !== null && typeof at === 'object' && Object.hasOwn(at, part)
        ? (at as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
  return path.length > 0 && there !== undefined;
}
