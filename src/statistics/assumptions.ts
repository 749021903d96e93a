import fQuantile from '@stdlib/stats-base-dists-f-quantile';
import type { BySeed } from './paired.js';
import { fitPrior, moderated, type Prior, type Variance } from './prior.js';
import { summarize } from './summary.js';

/** A network's results by seed, named. */
export interface Network {
  readonly name: string;
  readonly results: BySeed;
}

/** Single bad seeds: how lopsided the runs lie around their networks' means. */
export interface Skewness {
  /** Mean cubed residual of all runs, each in moderated standard deviations of its network. */
  readonly value: number;
  /** The run that lies lowest, in those. */
  readonly lowest: { readonly name: string; readonly seed: number; readonly residual: number };
}

/** Below this single seeds go wrong: normal errors lie below it in less than one study of twenty. */
export const skewnessLimit = -0.25;

/** Null where no network has three seeds. */
export function skewnessOf(networks: readonly Network[]): Skewness | null {
  const measured = networks.flatMap(({ name, results }) => {
    const summary = summarize([...results.values()]);
    return summary?.sd != null && summary.n >= 3 ? [{ name, results, mean: summary.mean, ...varianceOf(summary) }] : [];
  });
  const prior = fitPrior(measured);
  const residuals = measured.flatMap(({ name, results, mean, value, degrees }) => {
    const sd = Math.sqrt(moderated({ value, degrees }, prior));
    return sd === 0 ? [] : [...results].map(([seed, result]) => ({ name, seed, residual: (result - mean) / sd }));
  });
  const [first, ...rest] = residuals;
  if (!first) return null;
  return {
    value: residuals.reduce((sum, { residual }) => sum + residual ** 3, 0) / residuals.length,
    lowest: rest.reduce((low, one) => (one.residual < low.residual ? one : low), first),
  };
}

const varianceOf = ({ n, sd }: { n: number; sd: number | null }): Variance => ({
  value: (sd ?? 0) ** 2,
  degrees: n - 1,
});

/** Whether a variance is wider than the prior says: above the 99% point of F(degrees, d0) around s0². */
export function wideFor(prior: Prior): (variance: Variance) => boolean {
  if (prior.degrees === 0 || prior.degrees === Number.POSITIVE_INFINITY) return () => false;
  const limits = new Map<number, number>();
  return ({ value, degrees }) => {
    const limit = limits.get(degrees) ?? prior.variance * fQuantile(0.99, degrees, prior.degrees);
    limits.set(degrees, limit);
    return value > limit;
  };
}

/** What equal seeds share. */
export interface Pairing {
  /** Mean correlation between two networks over the seeds that they share. */
  readonly correlation: number;
  readonly pairs: number;
}

/** Null where no two networks share three seeds and vary over them. Of very many networks, neighbours only. */
export function pairingOf(networks: readonly Network[]): Pairing | null {
  const mostNetworks = 60;
  const near = networks.length > mostNetworks ? 1 : networks.length;
  const correlations = networks.flatMap(({ results: a }, at) =>
    networks.slice(at + 1, at + 1 + near).flatMap(({ results: b }) => correlation(a, b)),
  );
  const mean = summarize(correlations)?.mean;
  return mean === undefined ? null : { correlation: mean, pairs: correlations.length };
}

function correlation(a: BySeed, b: BySeed): number[] {
  const seeds = [...a.keys()].filter((seed) => b.has(seed));
  if (seeds.length < 3) return [];
  const values = (of: BySeed) => seeds.map((seed) => of.get(seed) as number);
  const [x, y] = [summarize(values(a)), summarize(values(b))];
  if (!x?.sd || !y?.sd) return [];
  const products = seeds.map((seed) => ((a.get(seed) as number) - x.mean) * ((b.get(seed) as number) - y.mean));
  return [products.reduce((sum, value) => sum + value, 0) / (seeds.length - 1) / (x.sd * y.sd)];
}
