import { RoadError } from './catalogue.js';
import type { RoadEntry } from './entry.js';
import type { Requirement } from './step.js';
import type { Place } from './walk.js';

/** Steps of one network, in road order. */
export type StepSet = readonly RoadEntry[];

/** More networks than this are refused. */
export const mostVariants = 1024;

/** The first `count` entries. */
export const upTo = (entries: readonly RoadEntry[], count: number): StepSet => entries.slice(0, count);

/** For each entry the road without it, and without whatever then lacks what it needs. `left` starts with the entry itself. */
export function leaveOneOut(entries: readonly RoadEntry[], start: Place): { left: StepSet; set: StepSet }[] {
  return entries.map((entry) => {
    const left: RoadEntry[] = [entry];
    const set: RoadEntry[] = [];
    let place = start;
    for (const other of entries) {
      if (other === entry) continue;
      if (!place.admits(other)) left.push(other);
      else {
        set.push(other);
        place = place.follow(other);
      }
    }
    return { left, set };
  });
}

/** Every choice of `size` entries with whatever they need, in road order, each set once. */
export function combinations(entries: readonly RoadEntry[], size: 1 | 2, start: Place): StepSet[] {
  const chosen = entries.flatMap((one, at) =>
    size === 1 ? [[one]] : entries.slice(at + 1).map((other) => [one, other]),
  );
  if (chosen.length > mostVariants) throw tooMany(entries.length, 'choices');
  const sets = chosen.map((set) => withNeeds(set, entries, start));
  return unique(sets).filter((set) => size === 1 || set.length > 1);
}

/** Every non-empty set of entries in which each entry has what it needs. */
export function everyCombination(entries: readonly RoadEntry[], start: Place): StepSet[] {
  let sets: { set: StepSet; place: Place }[] = [{ set: [], place: start }];
  for (const entry of entries) {
    const longer = sets
      .filter(({ place }) => place.admits(entry))
      .map(({ set, place }) => ({ set: [...set, entry], place: place.follow(entry) }));
    sets = [...sets, ...longer];
    if (sets.length > mostVariants) throw tooMany(entries.length, 'combinations');
  }
  return sets
    .map(({ set }) => set)
    .filter((set) => set.length > 0)
    .sort((a, b) => a.length - b.length);
}

/** What to throw where a road gives more networks than anyone would train. */
export function tooMany(steps: number, what: string): RoadError {
  return new RoadError(
    `${steps} steps have more than ${mostVariants} ${what}; switch some of them off, or take a strategy of fewer networks`,
  );
}

/** Adds earlier entries until every one has what it needs: the one that is named to give it, else the first that does, else all. */
function withNeeds(chosen: StepSet, entries: readonly RoadEntry[], start: Place): StepSet {
  let set = chosen;
  for (;;) {
    const lacking = firstLacking(set, start);
    if (!lacking) return set;
    const { entry, place } = lacking;
    const earlier = entries.slice(0, entries.indexOf(entry)).filter((other) => !set.includes(other));
    // Nothing on the road gives it: walking the set says so.
    if (earlier.length === 0) return set;
    const gives = ([giver, { has }]: [string, { has: Requirement['has'] }]): RoadEntry[] => {
      if (has(place.design.network)) return [];
      const named = earlier.find(({ step }) => step.id === giver);
      const found = named ?? earlier.find((other) => place.admits(other) && has(place.follow(other).design.network));
      return found ? [found] : earlier;
    };
    const given = Object.entries(entry.step.requires).flatMap(gives);
    // Its network has all: it is the recipe that has not got what it changes.
    const turned = earlier.find((other) => place.admits(other) && place.follow(other).admits(entry));
    const added = given.length > 0 ? given : turned ? [turned] : earlier;
    const before = set;
    set = entries.filter((other) => before.includes(other) || added.includes(other));
  }
}

/** The first entry of a set that lacks what it needs, and the place where it does. */
function firstLacking(set: StepSet, start: Place): { entry: RoadEntry; place: Place } | null {
  let place = start;
  for (const entry of set) {
    if (!place.admits(entry)) return { entry, place };
    place = place.follow(entry);
  }
  return null;
}

/** Each set once, in the order of first appearance. */
export function unique(sets: readonly StepSet[]): StepSet[] {
  const byIds = new Map(sets.map((set) => [set.map(({ name }) => name).join(), set]));
  return [...byIds.values()];
}
