import tCdf from '@stdlib/stats-base-dists-t-cdf';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { createGenerator } from '../random/generator.js';
import { chiSquared } from './chi-squared.js';
import { moderated, noPrior, priorFitter } from './prior.js';
import { quantile } from './selection.js';

/** A network's part in a comparison: +1 for the one after, -1 for the one before. */
export type Term = readonly [network: string, weight: number];

/** What is compared with which seeds: all that the distribution of the largest |t| depends on beside d0. */
export interface Contrast {
  readonly terms: readonly Term[];
  readonly seeds: readonly number[];
  /** Whether its spread is part of the prior. */
  readonly informs: boolean;
}

/** The distribution of |t| where no step does anything, of one comparison with `n` seeds and of the largest of all. */
export interface NullDistribution {
  /** What |t| exceeds anywhere with a chance of 1 - `confidence`. */
  simultaneous(confidence: number, n: number): number;
  /** What |t| of one comparison exceeds with that chance. */
  individual(confidence: number, n: number): number;
  /** The chance of so large a |t| anywhere, and in one comparison. */
  adjustedP(t: number, n: number): number;
  individualP(t: number, n: number): number;
}

const mostDraws = 10_000;
/** With as many comparisons as leave only these, the 5 % are known to +-1. */
const leastDraws = 500;
/** Random numbers that take about a second; larger families get fewer draws. */
const budget = 25e6;
/** What a comparison's variance, its prior and its place among the largest cost, in normal numbers. */
const perComparison = 10;
/** A prior with fewer degrees than this has hardly a variance to draw from. */
const fewestDegrees = 0.5;

/**
 * By parametric bootstrap: true variances from the prior with `degrees` d0, normal errors of networks (so that
 * comparisons correlate as the road does: -1/2 along it, +1/2 between children of one parent), the prior fitted anew in
 * every draw. Seeded: equal arguments give equal numbers. For a single comparison, Student's t itself.
 *
 * Where numbers of seeds differ, every comparison is judged against those of its own number, at the level that leaves
 * the chance of any false claim what it should be.
 */
export function nullDistribution(contrasts: readonly Contrast[], degrees: number): NullDistribution {
  if (contrasts.length === 1) return student();
  const seeds = [...new Set(contrasts.flatMap((contrast) => contrast.seeds))];
  const networks = new Set(contrasts.flatMap(({ terms }) => terms.map(([network]) => network)));
  const cost = networks.size * seeds.length + contrasts.length * (seeds.length + perComparison);
  const draws = Math.round(Math.max(leastDraws, Math.min(mostDraws, budget / cost)));
  return fromSamples(samples(contrasts, { degrees, draws, seeds, networks: [...networks] }));
}

const student = (): NullDistribution => {
  const quantile = (confidence: number, n: number) => tQuantile((1 + confidence) / 2, n - 1);
  const p = (t: number, n: number) => 2 * tCdf(-t, n - 1);
  return { simultaneous: quantile, individual: quantile, adjustedP: p, individualP: p };
};

/** |t| of all comparisons with `n` seeds, all draws together and in no order, and the largest of each draw. */
interface Group {
  readonly n: number;
  readonly all: Float64Array;
  readonly largest: Float64Array;
}

interface Setting {
  readonly degrees: number;
  readonly draws: number;
  readonly seeds: readonly number[];
  readonly networks: readonly string[];
}

function samples(contrasts: readonly Contrast[], { degrees, draws, seeds, networks }: Setting): Group[] {
  const random = createGenerator(1, 'null distribution');
  const width = seeds.length;
  const noise = new Float64Array(networks.length * width);
  const columns = new Map(seeds.map((seed, at) => [seed, at]));
  const place = new Map(networks.map((network, at) => [network, at * width]));
  const parts = contrasts.map(({ terms, seeds: own }): Part => {
    const length = Math.sqrt(terms.reduce((sum, [, weight]) => sum + weight * weight, 0));
    const padding = Array.from({ length: Math.max(0, 4 - terms.length) }, () => 0);
    return {
      rows: Int32Array.from([...terms.map(([network]) => place.get(network) as number), ...padding]),
      weights: Float64Array.from([...terms.map(([, weight]) => weight / length), ...padding]),
      places: Int32Array.from(own, (seed) => columns.get(seed) as number),
    };
  });
  const counts = contrasts.map((contrast) => contrast.seeds.length);
  const groups = [...new Set(counts)].map((n) => {
    const members = counts.filter((count) => count === n).length;
    return { n, all: new Float64Array(members * draws), largest: new Float64Array(draws), filled: 0 };
  });
  const groupOf = counts.map((n) => groups.find((group) => group.n === n) as (typeof groups)[number]);
  const informing = Int32Array.from(contrasts.flatMap(({ informs }, at) => (informs ? [at] : [])));
  const informed = new Float64Array(informing.length);
  const priorOf = priorFitter(Array.from(informing, (at) => (counts[at] as number) - 1));
  const means = new Float64Array(parts.length);
  const variances = new Float64Array(parts.length);
  const values = new Float64Array(width);
  const drawnMoments = new Float64Array(2);
  const drawn = degrees > 0 && degrees < Number.POSITIVE_INFINITY;
  const spread = Math.max(degrees, fewestDegrees);
  const drawChiSquared = chiSquared(spread, random);
  for (let draw = 0; draw < draws; draw++) {
    for (let i = 0; i < noise.length; i++) noise[i] = random.normal();
    for (let at = 0; at < parts.length; at++) {
      const part = parts[at] as Part;
      const scale = drawn ? spread / drawChiSquared() : 1;
      moments(part, noise, values, drawnMoments);
      means[at] = (drawnMoments[0] as number) * Math.sqrt(scale);
      variances[at] = (scale * (drawnMoments[1] as number)) / (part.places.length - 1);
    }
    for (let i = 0; i < informing.length; i++) informed[i] = variances[informing[i] as number] as number;
    const prior = degrees > 0 ? priorOf(informed) : noPrior;
    for (let at = 0; at < parts.length; at++) {
      const n = counts[at] as number;
      const group = groupOf[at] as (typeof groups)[number];
      const variance = moderated({ value: variances[at] as number, degrees: n - 1 }, prior);
      const t = Math.abs(means[at] as number) / Math.sqrt(variance / n);
      group.all[group.filled++] = t;
      if (t > (group.largest[draw] as number)) group.largest[draw] = t;
    }
  }
  return groups;
}

/** A contrast as a sum over rows of the noise; at least four terms, those that are not there with weight 0. */
interface Part {
  readonly rows: Int32Array;
  readonly weights: Float64Array;
  /** Which columns are its seeds. */
  readonly places: Int32Array;
}

/** Mean and sum of squares around it of a contrast's values. Written out: of thousands of contrasts this takes longest. */
function moments({ rows, weights, places }: Part, noise: Float64Array, values: Float64Array, into: Float64Array): void {
  const n = places.length;
  const a = rows[0] as number;
  const b = rows[1] as number;
  const c = rows[2] as number;
  const d = rows[3] as number;
  const wa = weights[0] as number;
  const wb = weights[1] as number;
  const wc = weights[2] as number;
  const wd = weights[3] as number;
  let mean = 0;
  for (let i = 0; i < n; i++) {
    const at = places[i] as number;
    let value =
      wa * (noise[a + at] as number) +
      wb * (noise[b + at] as number) +
      wc * (noise[c + at] as number) +
      wd * (noise[d + at] as number);
    for (let more = 4; more < rows.length; more++)
      value += (weights[more] as number) * (noise[(rows[more] as number) + at] as number);
    values[i] = value;
    mean += value / n;
  }
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const residual = (values[i] as number) - mean;
    squares += residual * residual;
  }
  into[0] = mean;
  into[1] = squares;
}

function fromSamples(groups: readonly Group[]): NullDistribution {
  const of = (n: number) => groups.find((group) => group.n === n) as Group;
  const sorted = new Set<Float64Array>();
  const ascending = (values: Float64Array): Float64Array => {
    if (!sorted.has(values)) sorted.add(values.sort());
    return values;
  };
  const individualP = (t: number, n: number) => shareFrom(ascending(of(n).all), t);
  // Asked for one confidence by every comparison.
  const known = new Map<string, number>();
  const individual = (confidence: number, n: number) => {
    const { all } = of(n);
    const found =
      known.get(`${n} ${confidence}`) ?? (sorted.has(all) ? quantileOf(all, confidence) : quantile(all, confidence));
    known.set(`${n} ${confidence}`, found);
    return found;
  };
  const [only] = groups;
  if (only && groups.length === 1) {
    const largest = only.largest.sort();
    return {
      simultaneous: (confidence) => quantileOf(largest, confidence),
      individual,
      adjustedP: (t) => shareFrom(largest, t),
      individualP,
    };
  }
  const draws = groups[0]?.largest.length ?? 0;
  const leastP = new Float64Array(draws).map((_, draw) =>
    Math.min(...groups.map(({ n, largest }) => individualP(largest[draw] as number, n))),
  );
  leastP.sort();
  return {
    simultaneous: (confidence, n) => individual(1 - quantileOf(leastP, 1 - confidence), n),
    individual,
    adjustedP: (t, n) => 1 - shareFrom(leastP, individualP(t, n) * (1 + 1e-12)),
    individualP,
  };
}

/** By linear interpolation between order statistics (numpy's default). */
function quantileOf(ascending: Float64Array, probability: number): number {
  const place = probability * (ascending.length - 1);
  const low = Math.floor(place);
  const [below, above] = [ascending[low] as number, ascending[Math.min(low + 1, ascending.length - 1)] as number];
  return below + (place - low) * (above - below);
}

/** The share that is `least` or more; what was seen counts as one of them, so it is never 0. */
function shareFrom(ascending: Float64Array, least: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) >= least) high = middle;
    else low = middle + 1;
  }
  return (ascending.length - low + 1) / (ascending.length + 1);
}
