import type { PlannedVariant, PlanRecord } from '../records/plan.js';
import type { Predictions } from '../records/predictions.js';
import type { RunRecord } from '../records/run.js';
import { churn, churnAmong, type McNemar, mcNemar } from '../statistics/disagreement.js';
import { judgeFamily, type Judged } from '../statistics/family.js';
import { samePictures } from '../statistics/named-classes.js';
import { contrastPictureVariance } from '../statistics/pictures.js';
import { summarize, type Summary } from '../statistics/summary.js';
import { type TwoWay, type TwoWayIntervals, twoWay, twoWayIntervals } from '../statistics/two-way.js';
import { type UnpairedDifference, unpairedDifference } from '../statistics/unpaired.js';
import { type ClassGain, endsOf, predictionsOf } from './by-picture.js';
import { type Change, changeBetween } from './compare.js';
import { unlike } from './conditions.js';
import { type DesignField, designDifferences } from './design.js';
import { measuredOf, usualPlace } from './measured.js';
import { readPart } from './read.js';
import { correctOf, doneRuns, indexRuns } from './runs.js';
import { measure, type Row, trained } from './study.js';

/** A network of a suite that has been trained. */
export interface PairSide {
  readonly folder: string;
  readonly suite: string;
  readonly row: Row;
  readonly trainingSeconds: Summary | null;
}

/** Two networks on the same test pictures. */
export interface PicturesOfPair {
  /** Mean share of pictures that two trained networks name differently; null for fewer than two seeds. */
  readonly churn: {
    readonly before: number | null;
    readonly after: number | null;
    readonly equalSeeds: number | null;
    readonly otherSeeds: number | null;
  };
  /** Of the two networks of each common seed. */
  readonly mcNemar: readonly (McNemar & { readonly seed: number })[];
  /** None where the two are not to be compared. */
  readonly classes: readonly ClassGain[];
  /** Null where fewer than two seeds are common. */
  readonly doubt: (TwoWay & { readonly interval: TwoWayIntervals }) | null;
}

/** Any two networks, also of two suites. Accuracies in percent, differences in points, `after` minus `before`. */
export interface Pair {
  readonly before: PairSide;
  readonly after: PairSide;
  /** Over the seeds that both have; null where there are none. */
  readonly paired: { readonly change: Change; readonly judged: Judged } | null;
  /** Of the means, where no seed is common. */
  readonly unpaired: UnpairedDifference | null;
  /** What keeps the two from being compared, in words: no verdict stands then. */
  readonly because: readonly string[];
  /** Null where a run.json is missing. */
  readonly design: readonly DesignField[] | null;
  readonly pictures: PicturesOfPair | null;
}

export function sideFrom(folder: string, plan: PlanRecord, variant: PlannedVariant): PairSide {
  const network = trained(variant, plan.variants);
  const { runs } = readPart(folder, plan, network === variant ? [variant] : [network, variant]);
  const row = measure(network, variant, indexRuns(runs));
  const done = doneRuns(row.states).map(({ result }) => result);
  return {
    folder,
    suite: plan.suite,
    row,
    trainingSeconds: summarize(done.map(({ seconds }) => seconds.training)),
  };
}

/** Compares two networks by their records; one comparison, judged alone. */
export function pairOf(first: PairSide, second: PairSide): Pair {
  // Speed and memory of two places are no comparison.
  const place = usualPlace([first.row, second.row]);
  const [before, after] = [first, second].map(
    (side): PairSide => ({ ...side, row: { ...side.row, ...measuredOf(side.row.states, place) } }),
  ) as [PairSide, PairSide];
  const same = sharesRuns(before.row, after.row);
  // Variants of two suites may have one name and be two networks.
  const change = changeBetween(
    { ...after.row, network: 'after' },
    { ...before.row, network: same ? 'after' : 'before' },
  );
  const [then, now] = [recordOf(before), recordOf(after)];
  const common = change.difference !== null;
  const apart = common ? (change.because ? [change.because] : []) : unlike(then, now);
  const one = same ? ['they are the same runs'] : [];
  const chance = [before, after].flatMap(({ row }) => (row.atChance ? [`${row.variant.name} is at chance`] : []));
  const because = [...one, ...apart, ...chance];
  const pictures = picturesOf(before.row, after.row, change, because.length === 0);
  return {
    before,
    after,
    paired: common ? { change, judged: judgeFamily([change.comparison], { target: null }).judged[0] as Judged } : null,
    unpaired: common || apart.length + chance.length > 0 ? null : unpairedOf(before.row, after.row),
    because,
    design: then && now ? designDifferences(then, now) : null,
    pictures,
  };
}

const sharesRuns = (before: Row, after: Row): boolean => {
  const hashes = new Set(doneRuns(before.states).map(({ result }) => result.hash));
  return doneRuns(after.states).some(({ result }) => hashes.has(result.hash));
};

const recordOf = ({ row }: PairSide): RunRecord | null => doneRuns(row.states)[0]?.files.run ?? null;

function unpairedOf(before: Row, after: Row): UnpairedDifference | null {
  const bits = ({ states }: Row) => [...correctOf(doneRuns(states)).values()];
  const pictures = contrastPictureVariance([
    { weight: 1, runs: bits(after) },
    { weight: -1, runs: bits(before) },
  ]);
  return unpairedDifference([...after.bySeed.values()], [...before.bySeed.values()], pictures ?? 0);
}

/** Null where one side keeps no predictions, or they are of other pictures. */
function picturesOf(before: Row, after: Row, { difference }: Change, comparable: boolean): PicturesOfPair | null {
  const [then, now] = [predictionsOf(before), predictionsOf(after)];
  const all = [...then.values(), ...now.values()];
  const [first] = all;
  if (!first || then.size === 0 || now.size === 0 || !all.every((one) => samePictures(one, first))) return null;
  const pairs = (difference?.seeds ?? []).flatMap((seed) => {
    const [a, b] = [now.get(seed), then.get(seed)];
    return a && b ? [[seed, a, b] as const] : [];
  });
  const others = [...now].flatMap(([seed, a]) =>
    [...then].flatMap(([other, b]) => (other === seed ? [] : churn(a, b))),
  );
  const right = (side: ReadonlyMap<number, Predictions>) =>
    new Map(
      [...side].map(
        ([seed, { predicted, label }]) =>
          [seed, Uint8Array.from(predicted, (one, at) => Number(one === label[at]))] as const,
      ),
    );
  const seeds = pairs.map(([seed]) => seed);
  const [bitsNow, bitsThen] = [right(now), right(then)];
  const doubt = twoWay(bitsNow, bitsThen, seeds);
  const interval = twoWayIntervals(bitsNow, bitsThen, seeds);
  return {
    churn: {
      before: churnAmong([...then.values()]),
      after: churnAmong([...now.values()]),
      equalSeeds: summarize(pairs.map(([, a, b]) => churn(a, b)))?.mean ?? null,
      otherSeeds: summarize(others)?.mean ?? null,
    },
    mcNemar: pairs.map(([seed, a, b]) => ({ seed, ...mcNemar(a, b) })),
    classes: comparable ? (endsOf(before, after)?.classes ?? []) : [],
    doubt: doubt && interval && { ...doubt, interval },
  };
}
