import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { summarize } from './summary.js';
import { level } from './verdict.js';

/** Two means that share no seed. */
export interface UnpairedDifference {
  readonly mean: number;
  readonly standardError: number;
  readonly degrees: number;
  readonly interval: readonly [number, number];
  readonly p: number;
}

/**
 * Welch's test with Satterthwaite's degrees of freedom; `pictures`, the variance of the difference by the choice of test
 * pictures, is in the error and leaves the degrees as they are. Null where a side has fewer than two values, or neither spreads.
 */
export function unpairedDifference(
  after: readonly number[],
  before: readonly number[],
  pictures = 0,
): UnpairedDifference | null {
  const [a, b] = [summarize(after), summarize(before)];
  if (!a || !b || a.sd === null || b.sd === null) return null;
  const [one, other] = [a.sd ** 2 / a.n, b.sd ** 2 / b.n];
  const seeds = one + other;
  if (seeds === 0) return null;
  const degrees = seeds ** 2 / (one ** 2 / (a.n - 1) + other ** 2 / (b.n - 1));
  const standardError = Math.sqrt(seeds + pictures);
  const mean = a.mean - b.mean;
  const reach = tQuantile(1 - level / 2, degrees) * standardError;
  const p = 2 * tCdf(-Math.abs(mean) / standardError, degrees);
  return { mean, standardError, degrees, interval: [mean - reach, mean + reach], p };
}
