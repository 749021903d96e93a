import type { ConvNetwork } from '../architecture/network.js';
import { trainingOf } from '../config/same-training.js';
import type { Recipe } from '../config/recipe.js';
import { RoadError } from './catalogue.js';
import { changeRecipe, type Design } from './design.js';
import type { RoadEntry } from './entry.js';
import { type Place, startAt } from './walk.js';

/** An entry whose change of the recipe a later one takes back. */
export interface Undone {
  readonly entry: RoadEntry;
  readonly by: RoadEntry;
}

/** Of so many entries that change the recipe every pair is looked at. */
const mostLooked = 100;

interface Stop {
  readonly entry: RoadEntry;
  readonly before: Design;
  readonly behind: Design;
}

/**
 * Entries that a later one makes as if they had not been, since it brings a whole recipe, or a whole part of one, of its own.
 * What the later one is said to bring is their reversal too.
 */
export function undoneEntries(road: readonly RoadEntry[], start: Design, suite: Recipe | null): Undone[] {
  const stops = stopsOf(road, startAt(start, suite)).slice(0, mostLooked);
  return stops.flatMap(({ entry, before, behind }, at): Undone[] => {
    if (equal(before.recipe, behind.recipe)) return [];
    const by = undoneBy(before.recipe, stops.slice(at + 1), suite);
    return by ? [{ entry, by }] : [];
  });
}

/** The entries that change the recipe, as far as the road goes. */
function stopsOf(road: readonly RoadEntry[], start: Place): Stop[] {
  const stops: Stop[] = [];
  let place = start;
  for (const entry of road) {
    if (!entry.enabled) continue;
    if (entry.step.leftOut || !place.admits(entry)) break;
    const before = place.design;
    place = place.follow(entry);
    if (entry.step.recipe) stops.push({ entry, before, behind: place.design });
  }
  return stops;
}

/** The first entry behind which the recipe is the same with and without; null where none is, or one cannot do without. */
function undoneBy(without: Recipe | null, later: readonly Stop[], suite: Recipe | null): RoadEntry | null {
  let recipe = without;
  for (const { entry, behind } of later) {
    const next = changed(entry, { network: behind.network, recipe }, suite);
    if (next === null) return null;
    if (equal(next, behind.recipe)) return entry;
    recipe = next;
  }
  return null;
}

function changed(
  { step, adopted }: RoadEntry,
  design: { readonly network: ConvNetwork; readonly recipe: Recipe | null },
  suite: Recipe | null,
): Recipe | null {
  try {
    const { recipe, problems } = changeRecipe(step, design, adopted, suite);
    return problems.length > 0 ? null : recipe;
  } catch (error) {
    if (error instanceof RoadError) return null;
    throw error;
  }
}

const equal = (one: Recipe | null, other: Recipe | null): boolean =>
  one !== null && other !== null && JSON.stringify(trainingOf(one)) === JSON.stringify(trainingOf(other));
