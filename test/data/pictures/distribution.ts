/**
 * Kolmogorov and Smirnov's distance between values and a distribution given by evenly spaced quantiles of a large
 * sample of it.
 */
export function distance(values: readonly number[], quantiles: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const steps = quantiles.length - 1;
  let most = 0;
  let below = 0;
  for (let at = 0; at <= steps; at++) {
    const value = quantiles[at] as number;
    while (below < sorted.length && (sorted[below] as number) < value) below++;
    let notAbove = below;
    while (notAbove < sorted.length && (sorted[notAbove] as number) <= value) notAbove++;
    // Between the shares below and not above the value, which differ where many draws are equal.
    const share = at / steps;
    most = Math.max(most, below / sorted.length - share, share - notAbove / sorted.length);
  }
  return most;
}

/** What that distance exceeds once in ten thousand samples of the distribution, and the reference's own error. */
export const largestDistance = (count: number): number => 2.23 / Math.sqrt(count) + 0.007;
