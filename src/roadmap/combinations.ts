import { RoadError } from './catalogue.js';
import type { RoadEntry } from './road.js';

/** Steps of one network, in road order. */
export type StepSet = readonly RoadEntry[];

/** More combinations than this are refused. */
const most = 1024;

/** The first `count` entries. */
export const upTo = (entries: readonly RoadEntry[], count: number): StepSet => entries.slice(0, count);

/** For each entry the road without it, and without whatever needs it. `left` starts with the entry itself. */
export function leaveOneOut(entries: readonly RoadEntry[]): { left: StepSet; set: StepSet }[] {
  return entries.map((entry) => {
    const ids = new Set([entry.step.id]);
    for (const other of entries) if (Object.keys(other.step.requires).some((id) => ids.has(id))) ids.add(other.step.id);
    const left = entries.filter(({ step }) => ids.has(step.id));
    return {
      left: [entry, ...left.filter((one) => one !== entry)],
      set: entries.filter(({ step }) => !ids.has(step.id)),
    };
  });
}

/** Every choice of `size` entries with whatever they need, in road order, each set once. */
export function combinations(entries: readonly RoadEntry[], size: 1 | 2): StepSet[] {
  const chosen = entries.flatMap((one, at) =>
    size === 1 ? [[one]] : entries.slice(at + 1).map((other) => [one, other]),
  );
  const sets = chosen.map((set) => withNeeds(set, entries));
  return unique(sets).filter((set) => size === 1 || set.length > 1);
}

/** Every non-empty set of entries in which each entry has what it needs. */
export function everyCombination(entries: readonly RoadEntry[]): StepSet[] {
  let sets: StepSet[] = [[]];
  for (const entry of entries) {
    const buildable = sets.filter((set) => needs(entry).every((id) => set.some(({ step }) => step.id === id)));
    sets = [...sets, ...buildable.map((set) => [...set, entry])];
    if (sets.length > most) {
      throw new RoadError(
        `${entries.length} steps have more than ${most} combinations; switch some of them off, or use pairwise`,
      );
    }
  }
  return sets.filter((set) => set.length > 0).sort((a, b) => a.length - b.length);
}

const needs = ({ step }: RoadEntry): string[] => Object.keys(step.requires);

function withNeeds(set: StepSet, entries: readonly RoadEntry[]): StepSet {
  const ids = new Set(set.map(({ step }) => step.id));
  for (const entry of [...entries].reverse()) if (ids.has(entry.step.id)) for (const id of needs(entry)) ids.add(id);
  return entries.filter(({ step }) => ids.has(step.id));
}

/** Each set once, in the order of first appearance. */
export function unique(sets: readonly StepSet[]): StepSet[] {
  const byIds = new Map(sets.map((set) => [set.map(({ step }) => step.id).join(), set]));
  return [...byIds.values()];
}
