import type { PlannedVariant, PlanRecord } from '../records/plan.js';
import { binomialStandardError } from '../statistics/binomial.js';
import {
  type Combination,
  type Interaction,
  interactions,
  type StepEffect,
  stepEffects,
} from '../statistics/effects.js';
import { holmAdjusted } from '../statistics/holm.js';
import { type BySeed, type PairedDifference, pairedDifference } from '../statistics/paired.js';
import { type Summary, summarize } from '../statistics/summary.js';
import { judge, type Verdict } from '../statistics/verdict.js';
import type { RunFiles, SuiteRecords } from './read.js';
import { doneRuns, type RunState, statesOf } from './runs.js';

/** A variant with all that its records say. Accuracies are in percent, differences in percent points. */
export interface Row {
  readonly variant: PlannedVariant;
  readonly states: readonly RunState[];
  /** Top-1 of the last epoch by seed. */
  readonly bySeed: BySeed;
  readonly top1: Summary | null;
  /** The same of the moving average of the weights, where the recipe keeps one; never mixed with `top1`. */
  readonly ema: Summary | null;
  /** Standard error of the mean accuracy by the test set's size alone. */
  readonly floor: number | null;
  /** Against `variant.parent`. */
  readonly delta: PairedDifference | null;
  readonly adjustedP: number | null;
  readonly verdict: Verdict | null;
  /** Null without a parent. */
  readonly deltaMacs: number | null;
  readonly imagesPerSecond: Summary | null;
  /** Within three standard errors of guessing. */
  readonly atChance: boolean;
}

/** The road's end against a network that it is to beat. */
interface Challenge {
  readonly end: Row;
  readonly comparator: Row;
  readonly difference: PairedDifference | null;
  readonly verdict: Verdict;
}

/** Everything that figures, tables and pages are made from. */
export interface Study {
  readonly records: SuiteRecords;
  readonly plan: PlanRecord;
  readonly rows: readonly Row[];
  /** How many steps are judged together, and so corrected for. */
  readonly tests: number;
  readonly testImages: number | null;
  readonly classes: number | null;
  readonly challenges: readonly Challenge[];
  readonly effects: readonly StepEffect[];
  readonly interactions: readonly Interaction[];
}

/** Draws the conclusions from a suite's records; no file is read. */
export function study(records: SuiteRecords): Study {
  const { plan, runs } = records;
  const testImages = testImagesOf(runs);
  const classes = first(runs.map(({ run }) => run?.spec.network.classes));
  const plain = plan.variants.map((variant) => measure(variant, runs, { testImages, classes }));
  const rows = withVerdicts(withDeltas(plain));
  const combinations = rows.flatMap(asCombination);
  return {
    records,
    plan,
    rows,
    tests: rows.filter(({ delta }) => delta !== null).length,
    testImages,
    classes,
    challenges: challengesOf(rows, plan.strategy),
    effects: stepEffects(combinations),
    interactions: interactions(combinations),
  };
}

/** Rows of the same name, looked up. */
export const rowNamed = (rows: readonly Row[], name: string | null): Row | undefined =>
  rows.find(({ variant }) => variant.name === name);

function measure(
  variant: PlannedVariant,
  runs: readonly RunFiles[],
  test: { testImages: number | null; classes: number | null },
): Row {
  const states = statesOf(variant, runs);
  const done = doneRuns(states);
  const bySeed = new Map(done.map(({ seed, result }) => [seed, 100 * result.top1]));
  const top1 = summarize([...bySeed.values()]);
  const error = (share: number) =>
    test.testImages === null ? null : 100 * binomialStandardError(share, test.testImages);
  const chance = test.classes === null ? null : 1 / test.classes;
  const chanceError = chance === null ? null : error(chance);
  return {
    variant,
    states,
    bySeed,
    top1,
    ema: summarize(done.flatMap(({ result }) => (result.ema ? [100 * result.ema.top1] : []))),
    floor: top1 && error(top1.mean / 100),
    delta: null,
    adjustedP: null,
    verdict: null,
    deltaMacs: null,
    imagesPerSecond: summarize(done.map(({ result }) => result.imagesPerSecond)),
    atChance: top1 !== null && chance !== null && chanceError !== null && top1.mean <= 100 * chance + 3 * chanceError,
  };
}

function withDeltas(rows: readonly Row[]): Row[] {
  return rows.map((row) => {
    const parent = rowNamed(rows, row.variant.parent);
    if (!parent) return row;
    return {
      ...row,
      delta: pairedDifference(row.bySeed, parent.bySeed),
      deltaMacs: row.variant.macs - parent.variant.macs,
    };
  });
}

function withVerdicts(rows: readonly Row[]): Row[] {
  const adjusted = holmAdjusted(rows.map(({ delta }) => delta?.p ?? null));
  const tests = rows.filter(({ delta }) => delta !== null).length;
  return rows.map((row, at) => {
    const adjustedP = adjusted[at] ?? null;
    const verdict =
      row.variant.parent === null ? null : judge({ difference: row.delta, adjustedP, tests, floor: row.floor });
    return { ...row, adjustedP, verdict };
  });
}

function challengesOf(rows: readonly Row[], strategy: string): Challenge[] {
  const end = roadEnd(rows, strategy);
  if (!end) return [];
  const comparators = rows.filter(({ variant }) => variant.kind === 'compare');
  const differences = comparators.map((comparator) => pairedDifference(end.bySeed, comparator.bySeed));
  const adjusted = holmAdjusted(differences.map((difference) => difference?.p ?? null));
  const tests = differences.filter((difference) => difference !== null).length;
  return comparators.map((comparator, at) => {
    const difference = differences[at] ?? null;
    const verdict = judge({ difference, adjustedP: adjusted[at] ?? null, tests, floor: end.floor });
    return { end, comparator, difference, verdict };
  });
}

/** The whole road: the adopted variant with the most steps. Null for strategies that train no whole road. */
export function roadEnd(rows: readonly Row[], strategy: string): Row | null {
  if (strategy === 'add-one' || strategy === 'pairwise') return null;
  const adopted = rows.filter(({ variant }) => variant.kind === 'step' && variant.adopted);
  return adopted.reduce<Row | null>(
    (end, row) => (end && end.variant.steps.length > row.variant.steps.length ? end : row),
    null,
  );
}

/** Whether the variants follow each other as a road, so that lines between them mean something. */
export const isRoad = ({ plan }: Study): boolean => plan.strategy === 'cumulative';

const asCombination = ({ variant, bySeed }: Row): Combination[] =>
  variant.kind === 'compare' || bySeed.size === 0
    ? []
    : [{ name: variant.name, steps: variant.steps, results: bySeed }];

/** Test sets whose size is fixed; records of other data sets state it themselves. */
const fixedTestSets: Readonly<Record<string, number>> = {
  mnist: 10_000,
  'fashion-mnist': 10_000,
  'cifar-10': 10_000,
  'cifar-100': 10_000,
  'imagenet-1k': 50_000,
};

function testImagesOf(runs: readonly RunFiles[]): number | null {
  return first(
    runs.map(({ run }) => {
      if (!run) return undefined;
      const { name, test_limit: limit } = run.spec.dataset;
      const size = run.testImages ?? fixedTestSets[name];
      if (size === undefined) return limit ?? undefined;
      return limit === null ? size : Math.min(limit, size);
    }),
  );
}

const first = <T>(values: readonly (T | undefined)[]): T | null => values.find((value) => value !== undefined) ?? null;
