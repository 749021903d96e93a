import tQuantile from '@stdlib/stats-base-dists-t-quantile';

/** Degrees of freedom at which Student's t is a normal distribution to eight digits. */
const asNormal = 1e9;
const points = 20_000;

/**
 * How far the largest of `count` equally good values lies above their mean by chance alone, in standard errors: the mean of
 * the largest of so many independent standard normal draws. Of correlated ones it is √(1 - ρ) times that.
 */
export function largestByChance(count: number): number {
  // The largest is below its quantile Q(v^(1/k)) with the chance v.
  let sum = 0;
  for (let at = 0; at < points; at++) sum += tQuantile(((at + 0.5) / points) ** (1 / count), asNormal);
  return sum / points;
}
