import { createGenerator } from '../random/generator.js';
import { finite } from './finite.js';

/** Differences of one comparison by seed. */
export type Differences = ReadonlyMap<number, number>;

export interface JointFlips {
  /** Step-down p of each comparison, all of them together. */
  readonly p: readonly number[];
  /** The smallest p that so many seeds can give. */
  readonly smallest: number;
  /** Standard error of a p of 0.05 where patterns were drawn; 0 where all were counted. */
  readonly monteCarloError: number;
}

/** Up to so many seeds every pattern of signs is counted: 2^19 of them, since a pattern and its opposite are one. */
const mostCounted = 20;
/** Patterns drawn above that; fewer where so many comparisons would take longer than about a second. */
const mostDrawn = 20_000;
const fewestDrawn = 5_000;
/** Additions that take about a second. */
const budget = 2e8;

/**
 * Westfall & Young (1993): if no step did anything, each seed's differences could as well all have had the other sign.
 * The largest |sum| / √(sum of squares) of every pattern says how often so much is seen anywhere; step-down. It assumes
 * nothing about spreads. Every pattern up to 20 seeds (fewer for hundreds of comparisons), above that drawn ones, seeded. Throws a `NotFiniteError`.
 */
export function jointFlips(comparisons: readonly Differences[]): JointFlips {
  const seeds = [...new Set(comparisons.flatMap((differences) => [...differences.keys()]))].sort((a, b) => a - b);
  const scaled = comparisons.map((differences) => {
    const values = finite([...differences.values()], 'differences');
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1;
    return Float64Array.from(seeds, (seed) => (differences.get(seed) ?? 0) / length);
  });
  const seen = scaled.map((values) => Math.abs(values.reduce((sum, value) => sum + value, 0)));
  // From the smallest to the largest: the running maximum over patterns is taken in this order.
  const order = seen.map((_, at) => at).sort((a, b) => (seen[a] as number) - (seen[b] as number));
  const rows = order.map((at) => scaled[at] as Float64Array);
  // Sums that are equal on paper differ by rounding; a pattern as far out as the one seen must count.
  const reach = Float64Array.from(order, (at) => (seen[at] as number) - 1e-9);
  const counted = seeds.length <= mostCounted && 2 ** (seeds.length - 1) * rows.length * 2 <= budget;
  const afford = Math.round(budget / (rows.length * seeds.length));
  const drawn = Math.max(fewestDrawn, Math.min(mostDrawn, afford));
  const shares = counted ? countAll(rows, reach, seeds.length) : drawSome(rows, reach, drawn);
  const p = new Array<number>(comparisons.length).fill(1);
  let least = 0;
  for (let rank = order.length - 1; rank >= 0; rank--) {
    least = Math.max(least, shares[rank] as number);
    p[order[rank] as number] = least;
  }
  return {
    p,
    smallest: counted ? 2 ** (1 - seeds.length) : 1 / (drawn + 1),
    monteCarloError: counted ? 0 : Math.sqrt((0.05 * 0.95) / drawn),
  };
}

/** Every pattern by Gray code, one sign changed at a time; the first seed keeps its sign. */
function countAll(rows: readonly Float64Array[], reach: Float64Array, seeds: number): Float64Array {
  const patterns = 2 ** Math.max(0, seeds - 1);
  const counts = new Float64Array(rows.length);
  const sums = Float64Array.from(rows, (row) => row.reduce((sum, value) => sum + value, 0));
  const negative = new Uint8Array(seeds);
  for (let pattern = 0; pattern < patterns; pattern++) {
    if (pattern > 0) {
      const seed = 1 + 31 - Math.clz32(pattern & -pattern);
      const change = negative[seed] === 1 ? 2 : -2;
      negative[seed] = 1 - (negative[seed] as number);
      for (let i = 0; i < rows.length; i++) {
        (sums[i] as number) += change * ((rows[i] as Float64Array)[seed] as number);
      }
    }
    countReached(sums, reach, counts);
  }
  return counts.map((count) => count / patterns);
}

function drawSome(rows: readonly Float64Array[], reach: Float64Array, drawn: number): Float64Array {
  const seeds = rows[0]?.length ?? 0;
  const random = createGenerator(1, 'sign flips');
  const counts = new Float64Array(rows.length);
  const sums = new Float64Array(rows.length);
  const signs = new Float64Array(seeds);
  for (let draw = 0; draw < drawn; draw++) {
    for (let seed = 0; seed < seeds; seed++) signs[seed] = random.uint32() < 2147483648 ? 1 : -1;
    rows.forEach((row, i) => {
      let sum = 0;
      for (let seed = 0; seed < seeds; seed++) sum += (signs[seed] as number) * (row[seed] as number);
      sums[i] = sum;
    });
    countReached(sums, reach, counts);
  }
  return counts.map((count) => (count + 1) / (drawn + 1));
}

function countReached(sums: Float64Array, reach: Float64Array, counts: Float64Array): void {
  let largest = 0;
  for (let i = 0; i < sums.length; i++) {
    largest = Math.max(largest, Math.abs(sums[i] as number));
    if (largest >= (reach[i] as number)) (counts[i] as number)++;
  }
}
