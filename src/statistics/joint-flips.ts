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

/** Seeds whose signs are one byte of a pattern: a row's sums over them are a table of 256. */
const together = 8;

/** Row by row, since a row's tables serve every pattern. */
function drawSome(rows: readonly Float64Array[], reach: Float64Array, drawn: number): Float64Array {
  const seeds = rows[0]?.length ?? 0;
  const parts = Math.ceil(seeds / together);
  const patterns = drawPatterns(drawn, seeds, parts);
  const sums = new Float64Array(parts * 2 ** together);
  const largest = new Float64Array(drawn);
  const shares = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as Float64Array;
    for (let part = 0; part < parts; part++)
      signedSums(row.subarray(part * together, (part + 1) * together), sums.subarray(part * 2 ** together));
    shares[at] = (reached(sums, patterns, reach[at] as number, largest) + 1) / (drawn + 1);
  }
  return shares;
}

/** How many patterns are as far out in this row or one before it; `largest` takes this row's sums in. */
function reached(sums: Float64Array, patterns: Uint8Array, far: number, largest: Float64Array): number {
  const parts = sums.length >> together;
  let count = 0;
  for (let draw = 0, byte = 0; draw < largest.length; draw++) {
    let sum = 0;
    for (let table = 0; table < parts; table++)
      sum += sums[(table << together) + (patterns[byte++] as number)] as number;
    const most = Math.max(largest[draw] as number, Math.abs(sum));
    largest[draw] = most;
    if (most >= far) count++;
  }
  return count;
}

/** Signs of all seeds for every draw, a bit each: set is negative. `[drawn, parts]`. */
function drawPatterns(drawn: number, seeds: number, parts: number): Uint8Array {
  const random = createGenerator(1, 'sign flips');
  const patterns = new Uint8Array(drawn * parts);
  for (let draw = 0; draw < drawn; draw++) {
    for (let seed = 0; seed < seeds; seed++) {
      const at = draw * parts + Math.floor(seed / together);
      if (random.uint32() >= 2147483648) (patterns[at] as number) |= 1 << (seed % together);
    }
  }
  return patterns;
}

/** The sum of up to eight values under every pattern of their signs. */
function signedSums(values: Float64Array, into: Float64Array): void {
  into[0] = values.reduce((sum, value) => sum + value, 0);
  for (let pattern = 1; pattern < 2 ** values.length; pattern++) {
    const highest = 31 - Math.clz32(pattern);
    into[pattern] = (into[pattern ^ (1 << highest)] as number) - 2 * (values[highest] as number);
  }
}

function countReached(sums: Float64Array, reach: Float64Array, counts: Float64Array): void {
  let largest = 0;
  for (let i = 0; i < sums.length; i++) {
    largest = Math.max(largest, Math.abs(sums[i] as number));
    if (largest >= (reach[i] as number)) (counts[i] as number)++;
  }
}
