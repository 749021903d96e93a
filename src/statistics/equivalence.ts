import tCdf from '@stdlib/stats-base-dists-t-cdf';

/**
 * p of two one-sided tests (Schuirmann 1987) that a difference lies within ± `margin`: of one comparison alone, with
 * Student's t. Throws a RangeError for a margin that is not above 0.
 */
export function equivalenceP(
  { mean, standardError, degrees }: { mean: number; standardError: number; degrees: number },
  margin: number,
): number {
  if (!(margin > 0)) throw new RangeError(`a margin must be above 0, not ${margin}`);
  const outside = Math.abs(mean) - margin;
  if (standardError === 0) return outside < 0 ? 0 : 1;
  return tCdf(outside / standardError, degrees);
}
