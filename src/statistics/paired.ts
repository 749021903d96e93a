import { summarize } from './summary.js';

/** What was measured with each seed. */
export type BySeed = ReadonlyMap<number, number>;

/** `after` minus `before`, seed by seed. */
export interface PairedDifference {
  /** The seeds that both have, ascending, and their differences. */
  readonly seeds: readonly number[];
  readonly differences: readonly number[];
  /** Seeds that only one of the two has: they pair with nothing and are left out. */
  readonly unpaired: readonly number[];
  readonly mean: number;
  /** Sample standard deviation of the differences; null for fewer than two seeds. */
  readonly sd: number | null;
}

/**
 * The paired difference over the seeds that both share; null where they share none. Throws a `NotFiniteError` where a
 * value is no finite number. Pairing costs nothing and pays where what a seed draws does the same to both networks.
 */
export function pairedDifference(after: BySeed, before: BySeed): PairedDifference | null {
  const { seeds, unpaired } = commonSeeds([after, before]);
  const differences = seeds.map((seed) => (after.get(seed) as number) - (before.get(seed) as number));
  return ofDifferences(seeds, differences, unpaired);
}

/** The seeds that all have and those that only some have, ascending. */
export function commonSeeds(all: readonly BySeed[]): { seeds: number[]; unpaired: number[] } {
  const [first, ...others] = all;
  const seeds = [...(first?.keys() ?? [])].filter((seed) => others.every((other) => other.has(seed)));
  seeds.sort((a, b) => a - b);
  if (all.every(({ size }) => size === seeds.length)) return { seeds, unpaired: [] };
  const known = new Set(seeds);
  const unpaired = new Set(all.flatMap((one) => [...one.keys()]).filter((seed) => !known.has(seed)));
  return { seeds, unpaired: [...unpaired].sort((a, b) => a - b) };
}

/** As `pairedDifference`, from differences that are already taken. */
export function ofDifferences(
  seeds: readonly number[],
  differences: readonly number[],
  unpaired: readonly number[] = [],
): PairedDifference | null {
  const summary = summarize(differences);
  if (!summary) return null;
  // What is left of equal differences after rounding is no spread.
  const sd = summary.sd !== null && summary.sd < 1e-9 ? 0 : summary.sd;
  return { seeds, differences, unpaired, mean: summary.mean, sd };
}
