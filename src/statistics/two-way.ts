import { createGenerator } from '../random/generator.js';
import type { CorrectBySeed } from './pictures.js';

/** Where the doubt about a mean difference comes from, by seeds and pictures that were crossed. */
export interface TwoWay {
  readonly seeds: number;
  readonly pictures: number;
  /** Variance of the mean difference, in points squared: what more seeds alone, more pictures alone, and either would lessen. */
  readonly variance: { readonly seeds: number; readonly pictures: number; readonly both: number };
}

/** The middle 95% of a bootstrap's mean differences, in points: with seeds drawn anew, pictures drawn anew, and both. */
export interface TwoWayIntervals {
  readonly seeds: Interval;
  readonly pictures: Interval;
  readonly both: Interval;
}

type Interval = readonly [number, number];

const draws = 2000;

/**
 * The difference of every seed on every picture, d = μ + S + P + E: the parts of Var(mean) = σ_S²/n + σ_P²/N + σ_E²/(nN) by
 * the mean squares of the two-way table. Null where a seed's pictures are missing or of another number, or there are fewer
 * than two seeds.
 */
export function twoWay(after: CorrectBySeed, before: CorrectBySeed, seeds: readonly number[]): TwoWay | null {
  const table = tableOf(after, before, seeds);
  if (!table) return null;
  const { rows, bySeed, byPicture, mean } = table;
  const [n, N] = [rows.length, byPicture.length];
  let rest = 0;
  for (const [s, row] of rows.entries()) {
    const own = (bySeed[s] as number) - mean;
    for (let i = 0; i < N; i++) rest += ((row[i] as number) - (byPicture[i] as number) - own) ** 2;
  }
  const error = rest / ((n - 1) * (N - 1));
  const ofSeeds = squares(bySeed, mean) / (n - 1);
  const ofPictures = squares(byPicture, mean) / (N - 1);
  const points = (value: number): number => 1e4 * Math.max(0, value);
  return {
    ...{ seeds: n, pictures: N },
    variance: {
      seeds: points((ofSeeds - error / N) / n),
      pictures: points((ofPictures - error / n) / N),
      both: points(error / (n * N)),
    },
  };
}

/**
 * Owen's bootstrap (2007), which draws seeds and pictures anew each by itself. It counts σ_E² three times, and σ_S² of few
 * seeds comes out (n - 1)/n as large: it shows where the doubt lies, what can be claimed stands on the report's interval.
 * Seeded: equal arguments give equal intervals. Null as for `twoWay`.
 */
export function twoWayIntervals(
  after: CorrectBySeed,
  before: CorrectBySeed,
  seeds: readonly number[],
): TwoWayIntervals | null {
  const table = tableOf(after, before, seeds);
  if (!table) return null;
  const { rows, bySeed, byPicture } = table;
  const [n, N] = [rows.length, byPicture.length];
  const random = createGenerator(0, 'two-way bootstrap');
  const found = { seeds: new Float64Array(draws), pictures: new Float64Array(draws), both: new Float64Array(draws) };
  const sums = new Int32Array(n);
  for (let draw = 0; draw < draws; draw++) {
    sums.fill(0);
    let pictures = 0;
    for (let one = 0; one < N; one++) {
      const i = random.below(N);
      pictures += byPicture[i] as number;
      for (let s = 0; s < n; s++) (sums[s] as number) += rows[s]?.[i] as number;
    }
    let [alone, both] = [0, 0];
    for (let one = 0; one < n; one++) {
      const s = random.below(n);
      alone += bySeed[s] as number;
      both += sums[s] as number;
    }
    found.seeds[draw] = (100 * alone) / n;
    found.pictures[draw] = (100 * pictures) / N;
    found.both[draw] = (100 * both) / (n * N);
  }
  return { seeds: middle(found.seeds), pictures: middle(found.pictures), both: middle(found.both) };
}

/** The differences, with their means over pictures and over seeds. */
function tableOf(after: CorrectBySeed, before: CorrectBySeed, seeds: readonly number[]) {
  const pairs = seeds.map((seed) => [after.get(seed), before.get(seed)] as const);
  const [n, N] = [pairs.length, pairs[0]?.[0]?.length ?? 0];
  if (n < 2 || N < 2 || pairs.some(([a, b]) => a?.length !== N || b?.length !== N)) return null;
  const rows = pairs.map(([a, b]) => Int8Array.from(a as Uint8Array, (right, at) => right - (b?.[at] as number)));
  const bySeed = rows.map((row) => sumOf(row) / N);
  const byPicture = new Float64Array(N);
  for (const row of rows) for (let i = 0; i < N; i++) (byPicture[i] as number) += (row[i] as number) / n;
  return { rows, bySeed, byPicture, mean: sumOf(bySeed) / n };
}

/** The middle 95%. */
function middle(values: Float64Array): Interval {
  values.sort();
  const at = (share: number) => values[Math.round(share * (values.length - 1))] as number;
  return [at(0.025), at(0.975)];
}

const sumOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
};

const squares = (values: ArrayLike<number>, mean: number): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - mean) ** 2;
  return sum;
};
