import { z } from 'zod';
import { fieldsOf, type JsonSchema } from './fields.js';
import { nearest } from './problem.js';
import { recipeSchema } from './recipe.js';

/** Change no number: a toggle of theirs would toggle nothing. */
const names = ['name', 'replaces', 'extends'];

let known: readonly string[] | null = null;

/** Every field of a recipe that a toggle can change, by its whole path: `epochs`, `augmentation.mixup`. */
function recipePaths(): readonly string[] {
  known ??= fieldsOf(z.toJSONSchema(recipeSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
    .map(({ path }) => path)
    .filter((path) => !names.includes(path));
  return known;
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
const called = (name: string): string[] => recipePaths().filter((path) => lastName(path) === name);

/** Parts of every recipe: without them a field's name still says what it is, which `decay` without `ema` does not. */
const parts = /^(optimizer|schedule|augmentation|evaluation)\./;

/** A field as names of variants have it: `mixup`, `ema.decay`; by its whole path where another ends so, `schedule.every_epochs`. */
export function shortName(path: string): string {
  const short = path.replace(parts, '');
  return short.includes('.') || short === path || called(short).length === 1 ? short : path;
}

/**
 * The field that a toggle names, by its whole path or, where no other field ends so, by its last name. Throws an `Error`
 * that says what is wrong with the name.
 */
export function recipeField(name: string): string {
  if (names.includes(name))
    throw new Error(`\`${name}\` changes no number of a run; a toggle changes a field that does, such as mixup`);
  if (recipePaths().includes(name)) return name;
  const [only, ...others] = called(name);
  if (only !== undefined && others.length === 0) return only;
  if (only !== undefined)
    throw new Error(`"${name}" is a field of several parts of a recipe; write ${[only, ...others].join(' or ')}`);
  const guess = nearest(name, recipePaths()) ?? nearest(name, [...new Set(recipePaths().map(lastName))]);
  const hint = guess === null ? '`ablate explain recipe` lists them' : `did you mean "${guess}"?`;
  throw new Error(`a recipe has no field "${name.slice(0, 60)}"; ${hint}`);
}
