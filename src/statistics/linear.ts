import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type { BySeed } from './paired.js';
import { summarize } from './summary.js';

/** A network's mean over its seeds, the variance of a seed's result, and how many there are. */
export interface Level {
  readonly mean: number;
  /** Null where no network has two seeds. */
  readonly variance: number | null;
  readonly seeds: number;
}

/**
 * The levels of networks that were trained with the same seeds: what a seed does to all of them alike, which is in no
 * difference of theirs, is taken out of their spreads. A network of one seed gets the mean spread of the others. Networks
 * without a result are left out.
 */
export function levelsOf(results: ReadonlyMap<string, BySeed>): ReadonlyMap<string, Level> {
  const measured = [...results].flatMap(([name, own]) => {
    const summary = summarize([...own.values()]);
    return summary ? [{ name, own, mean: summary.mean, seeds: summary.n }] : [];
  });
  const shared = new Map<number, number[]>();
  for (const { own, mean, seeds } of measured) {
    if (seeds < 2) continue;
    for (const [seed, result] of own) shared.set(seed, [...(shared.get(seed) ?? []), result - mean]);
  }
  const shift = new Map([...shared].map(([seed, apart]) => [seed, summarize(apart)?.mean ?? 0]));
  const repeated = measured.filter(({ seeds }) => seeds > 1);
  const spreads = new Map(
    repeated.map(({ name, own, mean, seeds }) => {
      // Of few networks the seeds' common part says nothing that is not their own.
      const common = (seed: number) => (repeated.length > 2 ? (shift.get(seed) as number) : 0);
      const squares = [...own].reduce((sum, [seed, result]) => sum + (result - mean - common(seed)) ** 2, 0);
      const share = repeated.length > 2 ? 1 - 1 / repeated.length : 1;
      return [name, squares / (seeds - 1) / share];
    }),
  );
  const pooled = summarize([...spreads.values()])?.mean ?? null;
  return new Map(
    measured.map(({ name, mean, seeds }) => [name, { mean, seeds, variance: spreads.get(name) ?? pooled }]),
  );
}

/** Coefficients by network. */
export type Coefficients = ReadonlyMap<string, number>;

/** Adds to a coefficient. */
export const add = (into: Map<string, number>, name: string, amount: number): void => {
  into.set(name, (into.get(name) ?? 0) + amount);
};

export const sumOf = (weights: Coefficients, at: (name: string) => number): number =>
  [...weights].reduce((sum, [name, weight]) => sum + weight * at(name), 0);

/** An estimated variance in a sum of such. */
export interface Part {
  readonly weight: number;
  readonly variance: number;
  readonly degrees: number;
}

/** What seeds make of the variance of a sum of networks' means: a part for each, whose spread must be known. */
export const noiseOf = (
  weights: Coefficients,
  levels: ReadonlyMap<string, Level>,
): (Part & { readonly name: string })[] =>
  [...weights].map(([name, weight]) => {
    const { variance, seeds } = levels.get(name) as Level;
    return { name, weight: weight ** 2 / seeds, variance: variance as number, degrees: Math.max(1, seeds - 1) };
  });

/** A variance that is a sum of estimated ones, with its degrees of freedom by Satterthwaite (1946). */
export interface Composite {
  readonly variance: number;
  readonly degrees: number;
}

/** The sum of `weight` times an estimated variance each; weights may be negative, as where noise is taken off. */
export function composite(parts: readonly Part[]): Composite {
  let [variance, spread] = [0, 0];
  for (const part of parts) {
    variance += part.weight * part.variance;
    spread += (part.weight * part.variance) ** 2 / part.degrees;
  }
  return { variance, degrees: spread > 0 ? Math.max(1, variance ** 2 / spread) : Number.POSITIVE_INFINITY };
}

/** From so many degrees of freedom on Student's t is the normal to twelve digits, and soon the library's t gives none. */
const asNormal = 1e12;

/**
 * Half the width of an interval for one of `comparisons`, so that all of them hold their true values with 95% (Bonferroni).
 */
export function reach({ variance, degrees }: Composite, comparisons: number): number {
  const share = 1 - 0.05 / (2 * comparisons);
  return (degrees < asNormal ? tQuantile(share, degrees) : normalQuantile(share, 0, 1)) * Math.sqrt(variance);
}

/** How far a sum of networks' means may be off by the seeds and the test pictures, which are null where not known. */
export interface SumError {
  readonly composite: Composite;
  /** Variances. */
  readonly seeds: number;
  readonly pictures: number | null;
}

/** The choice of test pictures as a part of a variance. */
export const picturesPart = (pictures: number | null): Part => ({
  weight: 1,
  variance: pictures ?? 0,
  degrees: Number.POSITIVE_INFINITY,
});

/** Null where the spread of one of the networks is not known. */
export function errorOfSum(
  weights: Coefficients,
  levels: ReadonlyMap<string, Level>,
  picturesOf?: (weights: Coefficients) => number | null,
): SumError | null {
  if ([...weights.keys()].some((name) => levels.get(name)?.variance == null)) return null;
  const noise = noiseOf(weights, levels);
  const pictures = picturesOf?.(weights) ?? null;
  return { composite: composite([...noise, picturesPart(pictures)]), seeds: composite(noise).variance, pictures };
}
