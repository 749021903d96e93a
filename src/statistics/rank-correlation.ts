import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';

/** Spearman's rank correlation of pairs of values. */
export interface RankCorrelation {
  readonly value: number;
  readonly pairs: number;
  /** 95%, as if the pairs were drawn from many (Bonett & Wright 2000: Fisher's z with variance (1 + ρ²/2)/(n - 3)); null of equal or opposite orders. */
  readonly interval: readonly [number, number] | null;
}

const reach = normalQuantile(0.975, 0, 1);

/** Null for fewer than four pairs, and where one side has only one value: there is no order to compare. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): RankCorrelation | null {
  const n = pairs.length;
  if (n < 4) return null;
  const [x, y] = [0, 1].map((side) => ranksOf(pairs.map((pair) => pair[side] as number))) as [number[], number[]];
  const middle = (n + 1) / 2;
  const sum = (of: (at: number) => number) => x.reduce((all, _, at) => all + of(at), 0);
  const off = (ranks: readonly number[], at: number) => (ranks[at] as number) - middle;
  const [spreadX, spreadY] = [x, y].map((ranks) => sum((at) => off(ranks, at) ** 2)) as [number, number];
  if (spreadX === 0 || spreadY === 0) return null;
  const value = sum((at) => off(x, at) * off(y, at)) / Math.sqrt(spreadX * spreadY);
  const half = reach * Math.sqrt((1 + value ** 2 / 2) / (n - 3));
  const z = Math.atanh(value);
  const known = Math.abs(value) < 1 - 1e-12;
  return { value, pairs: n, interval: known ? [Math.tanh(z - half), Math.tanh(z + half)] : null };
}

/** From 1; equal values share the mean of their ranks. */
function ranksOf(values: readonly number[]): number[] {
  const ascending = [...values].sort((a, b) => a - b);
  return values.map((value) => (ascending.indexOf(value) + ascending.lastIndexOf(value)) / 2 + 1);
}
