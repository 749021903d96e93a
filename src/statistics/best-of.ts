import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';

const points = 20_000;

/**
 * How far the largest of `count` equally good values lies above their mean by chance alone, in standard errors: the mean of
 * the largest of so many independent standard normal draws. Of correlated ones it is √(1 - ρ) times that.
 */
export function largestByChance(count: number): number {
  // The largest is below its quantile Q(v^(1/k)) with the chance v.
  let sum = 0;
  for (let at = 0; at < points; at++) sum += normalQuantile(((at + 0.5) / points) ** (1 / count), 0, 1);
  return sum / points;
}
