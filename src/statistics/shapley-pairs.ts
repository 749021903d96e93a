import { add, type Coefficients, errorOfSum, levelsOf, reach, sumOf } from './linear.js';
import type { BySeed } from './paired.js';
import { keyOf, setsOf, type Walk } from './walks.js';

/** What two steps give beyond the sum of what each gives, averaged over the orders in which one comes directly after the other. */
export interface ShapleyPair {
  readonly steps: readonly [string, string];
  readonly value: number;
  /** Null where no network has two seeds. */
  readonly error: {
    readonly total: number;
    /** Its parts: that other seeds could have been drawn, and other test pictures, which is null where it is not known. */
    readonly seeds: number;
    readonly pictures: number | null;
    readonly degrees: number;
  } | null;
  /** 95%, of all pairs together. */
  readonly interval: readonly [number, number] | null;
}

/**
 * Shapley's interaction index (Grabisch & Roubens 1999) of every two steps, where all sets of steps were trained; else none.
 * With s of the other n - 2 steps there already, what both give less what each gives has the weight s! (n - 2 - s)! / (n - 1)!:
 * each number of others weighs the same. Its error is that of a sum of networks' means, as a Shapley value's.
 */
export function shapleyPairs(
  walks: readonly Walk[],
  results: ReadonlyMap<string, BySeed>,
  picturesOf?: (weights: Coefficients) => number | null,
): ShapleyPair[] {
  const levels = levelsOf(results);
  const sets = setsOf(walks);
  const steps = [...(walks[0]?.steps ?? [])].sort();
  const whole = sets.size === 2 ** steps.length && [...sets.values()].every((name) => levels.has(name));
  if (!whole || steps.length < 2) return [];
  const count = (steps.length * (steps.length - 1)) / 2;
  return steps.flatMap((a, at) =>
    steps.slice(at + 1).map((b): ShapleyPair => {
      const weights = coefficients(sets, steps, [a, b]);
      const value = sumOf(weights, (name) => levels.get(name)?.mean as number);
      const error = errorOfSum(weights, levels, picturesOf);
      if (!error) return { steps: [a, b], value, error: null, interval: null };
      const { composite: all, seeds, pictures } = error;
      const half = reach(all, count);
      return {
        steps: [a, b],
        value,
        error: {
          total: Math.sqrt(all.variance),
          seeds: Math.sqrt(seeds),
          pictures: pictures === null ? null : Math.sqrt(pictures),
          degrees: all.degrees,
        },
        interval: [value - half, value + half],
      };
    }),
  );
}

function coefficients(
  sets: ReadonlyMap<string, string>,
  steps: readonly string[],
  pair: readonly [string, string],
): Coefficients {
  const made = new Map<string, number>();
  for (const key of sets.keys()) {
    const company = JSON.parse(key) as string[];
    if (pair.some((step) => company.includes(step))) continue;
    const share = 1 / ((steps.length - 1) * choose(steps.length - 2, company.length));
    for (const present of [[], [pair[0]], [pair[1]], pair])
      add(made, sets.get(keyOf([...company, ...present])) as string, present.length === 1 ? -share : share);
  }
  return made;
}

/** How many sets of k there are of n. */
const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
