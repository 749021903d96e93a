import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { wideFor } from './assumptions.js';
import { equivalenceP } from './equivalence.js';
import { benjaminiHochberg } from './false-discovery.js';
import { jointFlips } from './joint-flips.js';
import { type Contrast, type NullDistribution, nullDistribution, type Term } from './null-distribution.js';
import type { PairedDifference } from './paired.js';
import { resolvable, seedsFor } from './power.js';
import { quantile } from './selection.js';
import { fitPrior, moderated, type Prior, type Variance } from './prior.js';
import { type Exemption, level, unresolved, type Verdict } from './verdict.js';

/** Two networks (or four, of an interaction) with the difference between them. */
export interface Comparison {
  readonly terms: readonly Term[];
  readonly difference: PairedDifference | null;
  /** Variance of the mean difference by the choice of test pictures; null where no predictions were kept. */
  readonly pictures?: number | null;
  /** Where no predictions were kept: the smallest change that the test set is trusted with. */
  readonly floor?: number | null;
  /** Whether its spread says something of the others': not where one side is a network of another kind. */
  readonly informs?: boolean;
  /** Set: shown, but no part of the family. */
  readonly exempt?: Exemption | null;
}

export interface FamilyOptions {
  /** A change within ± this is no change: equivalence is claimed against it. Null: never. */
  readonly margin?: number | null;
  /** What stays below 5%: the chance of any false claim, or the expected share of false ones (Benjamini & Hochberg). */
  readonly correction?: 'family-wise' | 'false-discovery';
  /** How many seeds are needed is told for a change of this size: the margin, else one point; null: not at all. */
  readonly target?: number | null;
  /** Whether the joint sign flips are computed too. */
  readonly flips?: boolean;
  /** The bootstrap, or a table of it. */
  readonly distribution?: (contrasts: readonly Contrast[], degrees: number) => NullDistribution;
}

type Interval = readonly [number, number];

/** What is said of one comparison. */
export interface Judged {
  readonly verdict: Verdict;
  /** Simultaneous: all of the family's hold the true differences with 95%. The verdict stands on it. */
  readonly interval: Interval | null;
  /** Of this comparison alone, 95%. */
  readonly individual: Interval | null;
  /** Where only the individual interval leaves out 0, with three to five seeds: a hint, no claim. */
  readonly lean: 'up' | 'down' | null;
  /** Moderated standard deviation of a seed's difference. */
  readonly moderatedSd: number | null;
  /** The chance of so large a |t| anywhere in the family if nothing did anything. */
  readonly adjustedP: number | null;
  /** Westfall & Young's, from six seeds. */
  readonly jointP: number | null;
  /** Of two one-sided tests against the margin, of this comparison alone. */
  readonly equivalenceP: number | null;
  /** Seeds that would resolve a change of the target's size with 80%; null where resolved, or none would. */
  readonly seedsNeeded: number | null;
  /** Whether its spread is wider than the family's prior. */
  readonly wide: boolean;
}

/** All comparisons of a study, judged together. */
export interface Family {
  /** In the order given. */
  readonly judged: readonly Judged[];
  /** How many are judged together. */
  readonly size: number;
  readonly prior: Prior;
  /** Critical values at the commonest number of seeds; null for an empty family. */
  readonly usual: {
    readonly seeds: number;
    readonly simultaneous: number;
    readonly individual: number;
    /** The smallest change that these seeds resolve with 80%, at the prior's spread and the median of the pictures' parts. */
    readonly resolvable: number;
    /** Seeds that would resolve a change of the target's size there; null where a thousand would not. */
    readonly seedsNeeded: number | null;
  } | null;
  readonly correction: 'family-wise' | 'false-discovery';
  readonly margin: number | null;
  readonly target: number | null;
  /** Of the joint sign flips: smallest p and Monte Carlo error; null below six seeds. */
  readonly flips: { readonly smallest: number; readonly monteCarloError: number } | null;
}

/** Three seeds give the first verdict; leans are hints of what to give more, at three to five. */
const fewestSeeds = 3;
const mostLeaning = 5;
const fewestFlipped = 6;

/**
 * Judges comparisons together: mean ± c √(s̃²/n + v), with the moderated variance s̃² (Smyth 2004), the pictures' part v,
 * and c the 95% quantile of the largest |t| on these comparisons' own graph. One interval, one rule: helps or hurts
 * where it leaves out 0, equivalent where it lies within the margin.
 */
export function judgeFamily(comparisons: readonly Comparison[], options: FamilyOptions = {}): Family {
  const { margin = null, correction = 'family-wise', target = margin ?? 1 } = options;
  const variances = comparisons.map(varianceOf);
  const prior = fitPrior(
    variances.filter((variance, at) => variance !== null && comparisons[at]?.informs !== false) as Variance[],
  );
  const members = comparisons.flatMap((comparison, at): Member[] => {
    const { difference, pictures } = comparison;
    const variance = variances[at];
    if (!difference || !variance) return [];
    const agreed = moderated(variance, prior);
    const error = Math.sqrt(agreed / difference.seeds.length + (pictures ?? 0));
    return [{ at, comparison, difference, variance, agreed, error, n: difference.seeds.length }];
  });
  const make = options.distribution ?? nullDistribution;
  const distribution =
    members.length === 0
      ? null
      : make(
          members.map(({ comparison: { terms, informs = true }, difference }) => ({
            terms,
            seeds: difference.seeds,
            informs,
          })),
          cautious(prior.degrees, usualSeeds(members)),
        );
  const criticalOf = distribution ? criticalValues(members, distribution, correction) : () => 0;
  const flipped = options.flips === false ? [] : members.filter(({ n }) => n >= fewestFlipped);
  const flips = flipped.length === 0 ? null : jointFlips(flipped.map(({ difference }) => bySeed(difference)));
  const isWide = wideFor(prior);
  const judged = comparisons.map(unjudged);
  // Their critical values hang on their number of seeds alone.
  const criticals = new Map(members.map(({ n }) => [n, new Map<number, number>()]));
  for (const member of members) {
    const critical = criticalOf(member.n);
    judged[member.at] = judge(member, {
      critical,
      single: (distribution as NullDistribution).individual(1 - level, member.n),
      adjustedP: (distribution as NullDistribution).adjustedP(
        Math.abs(member.difference.mean) / member.error,
        member.n,
      ),
      jointP: flips?.p[flipped.indexOf(member)] ?? null,
      wide: isWide(member.variance),
      needed: () =>
        target === null
          ? null
          : seedsFor(
              target,
              {
                variance: member.agreed,
                pictures: member.comparison.pictures ?? 0,
                seeds: member.n,
                critical,
                priorDegrees: prior.degrees,
                comparisons: members.length,
              },
              criticals.get(member.n),
            ),
      margin,
    });
  }
  return {
    judged,
    size: members.length,
    prior,
    usual: distribution ? usualOf(members, { prior, criticalOf, distribution, target }) : null,
    correction,
    margin,
    target,
    flips: flips && { smallest: flips.smallest, monteCarloError: flips.monteCarloError },
  };
}

/**
 * A handful of spreads hardly tells a prior of 10 degrees from one of 50, and the critical value of the larger is the
 * smaller: 1/d0 is taken higher than it was fitted, the more seeds the higher, since d0 matters to them the less. In
 * simulation (docs/report.md) this keeps the error of every cell below 6%, of 7% without, for two points of power.
 */
function cautious(degrees: number, seeds: number): number {
  return degrees === Number.POSITIVE_INFINITY ? degrees : degrees / (1 + 0.015 * (seeds - 1) * degrees);
}

interface Member {
  readonly at: number;
  readonly comparison: Comparison;
  readonly difference: PairedDifference;
  readonly variance: Variance;
  /** Moderated variance of a seed's difference. */
  readonly agreed: number;
  /** Standard error of the mean difference, pictures included. */
  readonly error: number;
  readonly n: number;
}

/** Null where there is nothing to judge. Equal differences with every seed tell of no chance, neither their own nor the others'. */
function varianceOf({ difference, exempt }: Comparison): Variance | null {
  if (exempt || !difference?.sd) return null;
  return { value: difference.sd ** 2, degrees: difference.seeds.length - 1 };
}

const bySeed = ({ seeds, differences }: PairedDifference) =>
  new Map(seeds.map((seed, i) => [seed, differences[i] as number]));

/**
 * With Benjamini & Hochberg all intervals stand at the level that the claims share, 1 - R α / m (Benjamini & Yekutieli
 * 2005), so that exactly the R claims' intervals leave out 0.
 */
function criticalValues(
  members: readonly Member[],
  distribution: NullDistribution,
  correction: Family['correction'],
): (n: number) => number {
  if (correction === 'family-wise') return (n) => distribution.simultaneous(1 - level, n);
  const ps = members.map(({ difference, error, n }) => distribution.individualP(Math.abs(difference.mean) / error, n));
  const claims = benjaminiHochberg(ps).filter((p) => p <= level).length;
  return (n) => distribution.individual(1 - (level * Math.max(1, claims)) / members.length, n);
}

/** The commonest number of seeds. */
function usualSeeds(members: readonly Member[]): number {
  const counts = new Map<number, number>();
  for (const { n } of members) counts.set(n, (counts.get(n) ?? 0) + 1);
  return [...counts].reduce((usual, one) => (one[1] > usual[1] ? one : usual))[0];
}

function usualOf(
  members: readonly Member[],
  {
    prior,
    criticalOf,
    distribution,
    target,
  }: { prior: Prior; criticalOf: (n: number) => number; distribution: NullDistribution; target: number | null },
): Family['usual'] {
  const seeds = usualSeeds(members);
  const simultaneous = criticalOf(seeds);
  const variance =
    prior.degrees > 0 ? prior.variance : members.reduce((sum, { agreed }) => sum + agreed, 0) / members.length;
  const precision = {
    variance,
    pictures: quantile(
      Float64Array.from(members, ({ comparison }) => comparison.pictures ?? 0),
      0.5,
    ),
    seeds,
    critical: simultaneous,
    priorDegrees: prior.degrees,
    comparisons: members.length,
  };
  return {
    seeds,
    simultaneous,
    individual: distribution.individual(1 - level, seeds),
    resolvable: resolvable(precision),
    seedsNeeded: target === null ? null : seedsFor(target, precision),
  };
}

interface Grounds {
  readonly critical: number;
  readonly single: number;
  readonly adjustedP: number;
  readonly jointP: number | null;
  readonly wide: boolean;
  readonly needed: () => number | null;
  readonly margin: number | null;
}

function judge(member: Member, grounds: Grounds): Judged {
  const { difference, agreed, error, n, variance } = member;
  const { critical, single, margin, wide } = grounds;
  const around = (reach: number): Interval => [difference.mean - reach, difference.mean + reach];
  const interval = around(critical * error);
  // Where the spread is wider than the others', theirs make the interval too short: Student's own is the longer.
  const own = Math.sqrt(variance.value / n + (member.comparison.pictures ?? 0));
  const alone = wide ? Math.max(single * error, tQuantile(1 - level / 2, n - 1) * own) : single * error;
  const individual = around(alone);
  const verdict = verdictOf(member, interval, margin);
  const open = verdict.verdict === 'unresolved';
  return {
    verdict,
    interval,
    individual,
    lean: open && n >= fewestSeeds && n <= mostLeaning ? sideOf(individual) : null,
    moderatedSd: Math.sqrt(agreed),
    adjustedP: grounds.adjustedP,
    jointP: grounds.jointP,
    equivalenceP:
      margin === null
        ? null
        : equivalenceP({ mean: difference.mean, standardError: own, degrees: variance.degrees }, margin),
    seedsNeeded: open ? grounds.needed() : null,
    wide,
  };
}

function verdictOf({ comparison, difference, n }: Member, interval: Interval, margin: number | null): Verdict {
  if (n < fewestSeeds) return unresolved('two seeds');
  const side = sideOf(interval);
  const { pictures = null, floor = null } = comparison;
  if (side !== null) {
    if (pictures === null && floor !== null && Math.abs(difference.mean) < floor) return unresolved('below the floor');
    return { verdict: side === 'up' ? 'helps' : 'hurts', why: null };
  }
  const within = margin !== null && interval[0] > -margin && interval[1] < margin;
  return within ? { verdict: 'equivalent', why: null } : unresolved('interval holds 0');
}

function sideOf([low, high]: Interval): 'up' | 'down' | null {
  if (low > 0) return 'up';
  return high < 0 ? 'down' : null;
}

function unjudged({ difference, exempt }: Comparison): Judged {
  const why = exempt ?? (!difference ? 'no pairs' : difference.sd === null ? 'one seed' : 'no spread');
  return {
    verdict: unresolved(why),
    interval: null,
    individual: null,
    lean: null,
    moderatedSd: null,
    adjustedP: null,
    jointP: null,
    equivalenceP: null,
    seedsNeeded: null,
    wide: false,
  };
}
