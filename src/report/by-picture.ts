import type { Predictions } from '../records/predictions.js';
import { type Calibration, calibrationOf } from '../statistics/calibration.js';
import { meanConfusion } from '../statistics/confusion.js';
import { churn, churnAmong, mcNemar } from '../statistics/disagreement.js';
import { judgeFamily, type Judged } from '../statistics/family.js';
import { samePictures } from '../statistics/named-classes.js';
import { ofDifferences, type PairedDifference } from '../statistics/paired.js';
import { pictureVariance } from '../statistics/pictures.js';
import { meanOf } from '../statistics/summary.js';
import { level } from '../statistics/verdict.js';
import { doneRuns } from './runs.js';
import type { Row } from './study.js';

/** What the predictions say of a network, and of its change beside the network it is measured against. Shares in [0, 1]. */
export interface PictureRow {
  readonly row: Row;
  /** On how many pictures two of its seeds name different classes; null for one seed. */
  readonly churn: number | null;
  /** Mean over seeds. */
  readonly calibration: Calibration | null;
  /** Beside the network that its change is measured against, over the seeds of the difference; null where there is none. */
  readonly step: {
    /** On how many pictures the two networks name different classes, with equal seeds. */
    readonly churn: number;
    /** Seeds whose two networks differ by McNemar's test at 5%, and of how many. */
    readonly differing: number;
    readonly seeds: number;
    /** Of the variance of the mean difference, the part that is the choice of test pictures; null where it is not known. */
    readonly picturesShare: number | null;
  } | null;
}

/** A class at the road's two ends: its accuracy in percent, and what the road did to it. */
export interface ClassGain {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly difference: PairedDifference;
  /** All classes together. */
  readonly judged: Judged;
}

/** A class taken for another: in how many percent of its pictures, at the two ends. */
export interface ConfusionChange {
  readonly right: string;
  readonly named: string;
  readonly start: number;
  readonly end: number;
}

export interface Ends {
  readonly classes: readonly ClassGain[];
  /** The largest changes first. */
  readonly confusions: readonly ConfusionChange[];
}

type BySeed = ReadonlyMap<number, Predictions>;

export const mostClasses = 200;

export const predictionsOf = ({ states }: Row): BySeed =>
  new Map(
    doneRuns(states).flatMap(({ seed, files }) => {
      const found = files.predictions.read();
      return found ? [[seed, found] as const] : [];
    }),
  );

/** A line a network that keeps predictions; runs on other pictures than most of its pair are left out. */
export function pictureRows(rows: readonly Row[]): PictureRow[] {
  return rows.flatMap((row) => {
    const own = predictionsOf(row);
    const [first] = own.values();
    if (!first) return [];
    const alike = [...own.values()].filter((one) => samePictures(one, first));
    const parent = rows.find(({ variant }) => variant.name === row.variant.parent);
    return [
      {
        row,
        churn: churnAmong(alike),
        calibration: meanCalibration(alike),
        step: parent && row.judged?.interval ? stepOf(row, own, predictionsOf(parent)) : null,
      },
    ];
  });
}

function meanCalibration(runs: readonly Predictions[]): Calibration | null {
  const found = runs.flatMap((one) => calibrationOf(one, one.confidence) ?? []);
  if (found.length === 0) return null;
  const mean = (part: keyof Calibration) => meanOf(found.map((one) => one[part]));
  return { error: mean('error'), byChance: mean('byChance'), overconfidence: mean('overconfidence') };
}

function stepOf({ delta, judged, change }: Row, after: BySeed, before: BySeed): PictureRow['step'] {
  const pairs = (delta?.seeds ?? []).flatMap((seed) => {
    const [a, b] = [after.get(seed), before.get(seed)];
    return a && b && samePictures(a, b) ? [[a, b] as const] : [];
  });
  if (pairs.length === 0) return null;
  const pictures = change?.comparison.pictures ?? null;
  const seeds = (judged?.moderatedSd ?? 0) ** 2 / (delta?.seeds.length ?? 1);
  return {
    churn: meanOf(pairs.map(([a, b]) => churn(a, b))),
    differing: pairs.filter(([a, b]) => mcNemar(a, b).p < level).length,
    seeds: pairs.length,
    picturesShare: pictures === null || seeds + pictures === 0 ? null : pictures / (seeds + pictures),
  };
}

/** The road's start and end class by class; null where their runs keep no predictions of the same pictures. */
export function endsOf(start: Row, end: Row): Ends | null {
  const [before, after] = [predictionsOf(start), predictionsOf(end)];
  const seeds = [...after.keys()].filter((seed) => {
    const [a, b] = [after.get(seed), before.get(seed)];
    return a && b && samePictures(a, b);
  });
  const [first] = seeds.map((seed) => after.get(seed) as Predictions);
  const alike = seeds.every((seed) => samePictures(after.get(seed) as Predictions, first as Predictions));
  if (!first || !alike || first.classes > mostClasses) return null;
  const names = classNames(end, first.classes);
  return {
    classes: classGains(names, seeds, { after, before }, first.label),
    confusions: confusionChanges(
      names,
      seeds.map((seed) => before.get(seed) as Predictions),
      seeds.map((seed) => after.get(seed) as Predictions),
    ),
  };
}

export function classNames({ states }: Row, classes: number): string[] {
  const named = doneRuns(states).find(({ files }) => files.run?.preparation?.classes.length === classes);
  const known = named?.files.run?.preparation?.classes;
  return Array.from({ length: classes }, (_, at) => known?.[at] ?? `class ${at}`);
}

/**
 * Classes share no picture: each is a comparison of its own, and all are judged together. Networks that gain one class may
 * well lose another; that makes the intervals rather too long than too short.
 */
function classGains(
  names: readonly string[],
  seeds: readonly number[],
  { after, before }: { readonly after: BySeed; readonly before: BySeed },
  label: Uint32Array,
): ClassGain[] {
  const found = names.flatMap((name, at) => {
    const places = [...label.keys()].filter((place) => label[place] === at);
    if (places.length < 2) return [];
    const right = (side: BySeed) =>
      new Map(
        seeds.map((seed) => {
          const { predicted } = side.get(seed) as Predictions;
          return [seed, Uint8Array.from(places, (place) => Number(predicted[place] === at))] as const;
        }),
      );
    const [then, now] = [right(before), right(after)];
    const share = (bits: Uint8Array | undefined) => 100 * meanOf(Array.from(bits ?? [], Number));
    const mean = (side: typeof now) => meanOf(seeds.map((seed) => share(side.get(seed))));
    const difference = ofDifferences(
      seeds,
      seeds.map((seed) => share(now.get(seed)) - share(then.get(seed))),
    );
    return difference
      ? [{ name, start: mean(then), end: mean(now), difference, pictures: pictureVariance(now, then, seeds) }]
      : [];
  });
  const { judged } = judgeFamily(
    found.map(({ name, difference, pictures }) => ({
      terms: [
        [`${name}, after`, 1],
        [`${name}, before`, -1],
      ],
      difference,
      pictures,
    })),
    { flips: false, target: null },
  );
  return found.map(({ pictures: _, ...gain }, at) => ({ ...gain, judged: judged[at] as Judged }));
}

function confusionChanges(
  names: readonly string[],
  before: readonly Predictions[],
  after: readonly Predictions[],
): ConfusionChange[] {
  const [then, now] = [meanConfusion(before), meanConfusion(after)];
  const changes = [...then].flatMap((share, at) => {
    const [right, named] = [Math.floor(at / names.length), at % names.length];
    if (right === named) return [];
    const both = { start: 100 * share, end: 100 * (now[at] as number) };
    return [{ right: names[right] as string, named: names[named] as string, ...both }];
  });
  return changes.sort((a, b) => Math.abs(b.end - b.start) - Math.abs(a.end - a.start));
}
