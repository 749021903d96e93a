import { signFlipP, smallestSignFlipP } from './permutation.js';
import { studentTQuantile } from './student-t.js';
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
  readonly sd: number | null;
  /** Student-t interval of the mean; null for fewer than two seeds. */
  readonly interval: readonly [number, number] | null;
  /** Two-sided, of the exact sign-flip test. */
  readonly p: number;
  /** The smallest p that so few seeds could give, however large the effect. */
  readonly smallestP: number;
}

/**
 * The paired difference over the seeds that both share; null where they share none.
 * `confidence` is that of the interval (0.95). Equal seeds share initialisation, order and augmentation as far as two
 * networks can, which is why pairs are compared and not means.
 */
export function pairedDifference(after: BySeed, before: BySeed, confidence = 0.95): PairedDifference | null {
  const seeds = [...after.keys()].filter((seed) => before.has(seed)).sort((a, b) => a - b);
  const unpaired = [...new Set([...after.keys(), ...before.keys()])]
    .filter((seed) => !(after.has(seed) && before.has(seed)))
    .sort((a, b) => a - b);
  const differences = seeds.map((seed) => (after.get(seed) as number) - (before.get(seed) as number));
  return ofDifferences(seeds, differences, unpaired, confidence);
}

/** As `pairedDifference`, from differences that are already taken. */
export function ofDifferences(
  seeds: readonly number[],
  differences: readonly number[],
  unpaired: readonly number[] = [],
  confidence = 0.95,
): PairedDifference | null {
  const summary = summarize(differences);
  const p = signFlipP(differences);
  if (!summary || p === null) return null;
  const { n, mean, sd } = summary;
  const reach = sd === null ? null : (studentTQuantile((1 + confidence) / 2, n - 1) * sd) / Math.sqrt(n);
  return {
    seeds,
    differences,
    unpaired,
    mean,
    sd,
    interval: reach === null ? null : [mean - reach, mean + reach],
    p,
    smallestP: smallestSignFlipP(n),
  };
}
