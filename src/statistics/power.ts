import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';

/** How an interval comes about: half-width = critical value · √(variance / seeds + pictures). */
export interface Precision {
  /** Moderated variance of a seed's difference. */
  readonly variance: number;
  /** Of the test pictures; more seeds leave it as it is. */
  readonly pictures: number;
  readonly seeds: number;
  readonly critical: number;
  /** Of the prior, d0. */
  readonly priorDegrees: number;
  readonly comparisons: number;
}

/** Beyond the critical value, for a change to be resolved four times in five (normal: 0.84; t of few degrees more). */
const power80 = 0.9;

const most = 1_000;

/** The smallest change that so many seeds resolve with 80%. */
export const resolvable = ({ variance, pictures, seeds, critical }: Precision): number =>
  (critical + power80) * Math.sqrt(variance / seeds + pictures);

/**
 * How many seeds resolve a change of `target` with 80%: the critical value is followed as Student's t at the level that
 * today's critical value stands for. Null where a thousand do not.
 *
 * @param criticals known critical values by number of seeds, kept for comparisons that differ in their variances alone
 */
export function seedsFor(target: number, precision: Precision, criticals = new Map<number, number>()): number | null {
  const { seeds, critical, priorDegrees, comparisons } = precision;
  const degrees = (n: number) => Math.min(priorDegrees + n - 1, comparisons * (n - 1));
  const criticalOf = (n: number) => {
    const known = criticals.get(n) ?? -tQuantile(tCdf(-critical, degrees(seeds)), degrees(n));
    criticals.set(n, known);
    return known;
  };
  const enough = (n: number) => resolvable({ ...precision, seeds: n, critical: criticalOf(n) }) <= target;
  if (!enough(most)) return null;
  let [low, high] = [2, most];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
