import {
  add,
  type Coefficients,
  composite,
  errorOfSum,
  type Level,
  levelsOf,
  noiseOf,
  picturesPart,
  reach,
  type SumError,
  sumOf,
} from './linear.js';
import type { BySeed } from './paired.js';
import { keyOf, setsOf, type Walk } from './walks.js';

export interface ShapleyOptions {
  /** Whether orders come in twos, each with its reverse behind it: two of them are one draw. */
  readonly paired: boolean;
  /** Of how many orders those were drawn without repetition, each as likely as any other. */
  readonly lawfulOrders: number;
  /** How many sets of steps lie on those. */
  readonly lawfulSets: number;
  /** The variance of a sum of networks' accuracies by the choice of test pictures; null where it is not known. */
  readonly pictures?: (weights: Coefficients) => number | null;
}

/** What a step adds, averaged over the orders in which steps can be added. */
export interface ShapleyValue {
  readonly step: string;
  readonly value: number;
  /** Null where no network has two seeds. */
  readonly error: {
    readonly total: number;
    /** Its parts: that other orders could have been drawn, other seeds, and other test pictures, which is null where it is not known. */
    readonly orders: number;
    readonly seeds: number;
    readonly pictures: number | null;
    readonly degrees: number;
  } | null;
  /** 95%, of all steps together. */
  readonly interval: readonly [number, number] | null;
  /** What it added where it added least, and most: of all sets of steps where all were trained, else in the drawn orders. */
  readonly range: readonly [number, number];
}

export interface Shapley {
  readonly values: readonly ShapleyValue[];
  /** The mean of the end less that of the start, which the values sum to. */
  readonly whole: number;
  /** Whether all sets of steps were trained: then nothing is left to the draw of the orders. */
  readonly exact: boolean;
  /** Orders that all values are taken over, of those that were drawn; the others lack a network. */
  readonly orders: number;
  readonly drawn: number;
}

/**
 * Shapley values (1953) of a road's steps: of the game whose players are the steps and whose worth is a network's accuracy.
 * Where steps need others, only the orders count in which each finds what it needs (Faigle & Kern 1992).
 *
 * A value is the mean over the drawn orders of what the step added there; where every set of steps was trained, over all
 * orders. It is a sum of networks' means with known coefficients, so that the seeds' part of its variance is that of such a
 * sum, networks that many orders share included. The orders' part is the variance between the drawn ones (each with its
 * reverse where they come in twos), the part of it that seeds make taken off, over their number, with the correction for
 * drawing from finitely many. The pictures' part is that of the same sum. Null where no order is complete.
 */
export function shapley(
  walks: readonly Walk[],
  results: ReadonlyMap<string, BySeed>,
  options: ShapleyOptions,
): Shapley | null {
  const levels = levelsOf(results);
  const { units, orders } = completeUnits(walks, levels, options.paired);
  const first = units[0]?.[0];
  if (!first) return null;
  const sets = setsOf(walks);
  const exact = sets.size === options.lawfulSets && [...sets.values()].every((name) => levels.has(name));
  const steps = [...first.steps].sort();
  const at = (name: string) => (levels.get(name) as Level).mean;
  const values = steps.map((step): ShapleyValue => {
    const parts = units.map((unit) => unitCoefficients(unit, step));
    const total = exact ? exactCoefficients(sets, steps, step) : meanOf(parts);
    const added = exact ? marginals(sets, step) : units.flat().map((walk) => marginal(walk, step));
    const gains = added.map(([after, before]) => at(after) - at(before));
    const value = sumOf(total, at);
    const error = errorOf(total, exact ? [] : parts, levels, options);
    const half = error && reach(error.composite, steps.length);
    return {
      step,
      value,
      error: error && {
        total: Math.sqrt(error.composite.variance),
        orders: Math.sqrt(error.orders),
        seeds: Math.sqrt(error.seeds),
        pictures: error.pictures === null ? null : Math.sqrt(error.pictures),
        degrees: error.composite.degrees,
      },
      interval: half === null ? null : [value - half, value + half],
      range: [Math.min(...gains), Math.max(...gains)],
    };
  });
  const [start, end] = [first.networks[0] as string, first.networks.at(-1) as string];
  return {
    values,
    whole: at(end) - at(start),
    exact,
    orders: exact ? options.lawfulOrders : orders,
    drawn: walks.length,
  };
}

/** The draws of which every network has a result. */
function completeUnits(walks: readonly Walk[], levels: ReadonlyMap<string, Level>, paired: boolean) {
  const size = paired ? 2 : 1;
  const units = Array.from({ length: Math.floor(walks.length / size) }, (_, at) =>
    walks.slice(at * size, (at + 1) * size),
  ).filter((unit) => unit.every(({ networks }) => networks.every((name) => levels.has(name))));
  return { units, orders: units.length * size };
}

/** The networks after and before a step of an order. */
function marginal({ steps, networks }: Walk, step: string): readonly [string, string] {
  const place = steps.indexOf(step);
  return [networks[place + 1] as string, networks[place] as string];
}

function unitCoefficients(unit: readonly Walk[], step: string): Coefficients {
  const made = new Map<string, number>();
  for (const walk of unit) {
    const [after, before] = marginal(walk, step);
    add(made, after, 1 / unit.length);
    add(made, before, -1 / unit.length);
  }
  return made;
}

function meanOf(parts: readonly Coefficients[]): Coefficients {
  const made = new Map<string, number>();
  for (const part of parts) for (const [name, weight] of part) add(made, name, weight / parts.length);
  return made;
}

function errorOf(
  total: Coefficients,
  parts: readonly Coefficients[],
  levels: ReadonlyMap<string, Level>,
  { paired, lawfulOrders, pictures: picturesOf }: ShapleyOptions,
): (SumError & { readonly orders: number }) | null {
  const level = (name: string) => levels.get(name) as Level;
  const noise = (weights: Coefficients) => noiseOf(weights, levels);
  const aside = errorOfSum(total, levels, picturesOf);
  if (!aside) return null;
  const ordersAside = { ...aside, orders: 0 };
  const n = parts.length;
  if (n < 2) return ordersAside;
  const gains = parts.map((part) => sumOf(part, (name) => level(name).mean));
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / n;
  const between = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (n - 1);
  const finite = 1 - n / (lawfulOrders / (paired ? 2 : 1));
  const share = Math.max(0, finite) / n;
  // What seeds make of the variance between draws: that of each draw's own noise, less what all draws share.
  const off = new Map<string, number>();
  for (const part of parts) for (const { name, weight } of noise(part)) add(off, name, weight / (n - 1));
  for (const { name, weight } of noise(total)) add(off, name, (-n * weight) / (n - 1));
  const made = [...off].reduce((sum, [name, weight]) => sum + weight * (level(name).variance as number), 0);
  if (between <= made) return ordersAside;
  const all = noise(total).map(({ name, weight, ...rest }) => ({
    ...rest,
    weight: weight - share * (off.get(name) as number),
  }));
  return {
    composite: composite([...all, { weight: share, variance: between, degrees: n - 1 }, picturesPart(aside.pictures)]),
    orders: share * (between - made),
    seeds: aside.seeds,
    pictures: aside.pictures,
  };
}

/** Every two networks that differ by a step alone: with it, and without. */
function marginals(sets: ReadonlyMap<string, string>, step: string): (readonly [after: string, before: string])[] {
  return [...sets].flatMap(([key, before]) => {
    const set = JSON.parse(key) as string[];
    const after = set.includes(step) ? undefined : sets.get(keyOf([...set, step]));
    return after === undefined ? [] : [[after, before] as const];
  });
}

/** Over all orders in which every set on the way is known: as many as go to a set, times as many as go on behind it. */
function exactCoefficients(sets: ReadonlyMap<string, string>, steps: readonly string[], step: string): Coefficients {
  const before = counter(
    sets,
    steps,
    (set, other) => set.filter((one) => one !== other),
    (set) => set,
  );
  const after = counter(
    sets,
    steps,
    (set, other) => [...set, other],
    (set) => steps.filter((one) => !set.includes(one)),
  );
  const all = after([]);
  const made = new Map<string, number>();
  for (const [key, name] of sets) {
    const set = JSON.parse(key) as string[];
    const behind = sets.get(keyOf([...set, step]));
    if (set.includes(step) || behind === undefined) continue;
    const share = (before(set) * after([...set, step])) / all;
    add(made, behind, share);
    add(made, name, -share);
  }
  return made;
}

/** How many ways there are from a set, one step after the other, to where there are no more of them. */
function counter(
  sets: ReadonlyMap<string, string>,
  steps: readonly string[],
  move: (set: readonly string[], step: string) => string[],
  open: (set: readonly string[]) => readonly string[],
): (set: readonly string[]) => number {
  const known = new Map<string, number>();
  const ways = (set: readonly string[]): number => {
    const key = keyOf(set);
    const before = known.get(key);
    if (before !== undefined) return before;
    const left = open(set);
    let count = left.length === 0 && (set.length === 0 || set.length === steps.length) ? 1 : 0;
    for (const step of left) if (sets.has(keyOf(move(set, step)))) count += ways(move(set, step));
    known.set(key, count);
    return count;
  };
  return ways;
}
