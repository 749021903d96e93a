/** More pairs than this are refused: 2^20 half sums are what fits in memory and a second. */
const mostPairs = 40;

/**
 * Two-sided p of the exact sign-flip test on paired differences: under "no effect" every difference could as well have
 * had the other sign, so p is the share of the 2^n sign patterns whose sum is at least as far from 0 as the one seen.
 * Null for no differences. Throws a RangeError above 40 of them.
 */
export function signFlipP(differences: readonly number[]): number | null {
  const n = differences.length;
  if (n === 0) return null;
  if (n > mostPairs)
    throw new RangeError(
      `an exact test of ${n} pairs needs 2^${n} sign patterns; at most ${mostPairs} pairs are tested`,
    );
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums that are equal on paper differ by rounding; a pattern as far out as the one seen must count.
  const reach = observed - 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  const half = n >> 1;
  const left = signedSums(differences.slice(0, half));
  const right = signedSums(differences.slice(half));
  return (reach <= 0 ? left.length * right.length : 2 * countPairsFrom(left, right, reach)) / 2 ** n;
}

/** The smallest two-sided p that the sign-flip test can give with `n` pairs, all differences having one sign. */
export function smallestSignFlipP(n: number): number {
  return n === 0 ? 1 : 2 ** (1 - n);
}

/** The sums of all 2^n sign patterns, ascending. */
function signedSums(values: readonly number[]): Float64Array {
  let sums = new Float64Array(1);
  for (const value of values) {
    const next = new Float64Array(sums.length * 2);
    for (let i = 0; i < sums.length; i++) {
      next[i] = (sums[i] as number) - value;
      next[i + sums.length] = (sums[i] as number) + value;
    }
    sums = next;
  }
  return sums.sort();
}

/** How many pairs of one number from each ascending list add up to `least` or more. */
function countPairsFrom(left: Float64Array, right: Float64Array, least: number): number {
  let count = 0;
  let from = right.length;
  for (const value of left) {
    while (from > 0 && value + (right[from - 1] as number) >= least) from--;
    count += right.length - from;
  }
  return count;
}
