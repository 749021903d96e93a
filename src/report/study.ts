import type { PlannedVariant, PlanRecord } from '../records/plan.js';
import type { Network } from '../statistics/assumptions.js';
import { binomialStandardError } from '../statistics/binomial.js';
import { type StepEffect, stepEffects } from '../statistics/effects.js';
import { type Comparison, type Family, judgeFamily, type Judged } from '../statistics/family.js';
import type { BySeed, PairedDifference } from '../statistics/paired.js';
import { type Summary, summarize } from '../statistics/summary.js';
import type { Verdict } from '../statistics/verdict.js';
import { type Arranged, arrangedResults } from './arrangement.js';
import { type Change, changeBetween, type Side } from './compare.js';
import { type Measured, type MeasuredOn, measuredOf, measuredOn, usualPlace } from './measured.js';
import { combinationsOf, type JudgedInteraction, judgedInteractions, type Wishes } from './interactions.js';
import type { SuiteRecords } from './read.js';
import { doneRuns, indexRuns, type RunFiles, type RunIndex, type RunState, statesOf } from './runs.js';

/** A variant with all that its records say. Accuracies are in percent, differences in percent points. */
export interface Row extends Side, Measured {
  readonly variant: PlannedVariant;
  readonly states: readonly RunState[];
  /** Top-1 of the last epoch by seed. */
  readonly bySeed: BySeed;
  readonly top1: Summary | null;
  /** The same of the moving average of the weights, where the recipe keeps one; never mixed with `top1`. */
  readonly ema: Summary | null;
  /** Top-1 of the last epoch on the held-out pictures, where the suite has some. */
  readonly heldOut: Summary | null;
  /** Standard error of the mean accuracy by the test set's size alone. */
  readonly floor: number | null;
  /** Against `variant.parent`: over common seeds whose runs are alike. */
  readonly delta: PairedDifference | null;
  /** Null without a parent. */
  readonly change: Change | null;
  readonly judged: Judged | null;
  readonly verdict: Verdict | null;
  /** Null without a parent. */
  readonly deltaMacs: number | null;
  /** Within three standard errors of guessing. */
  readonly atChance: boolean;
  /** Pictures of the test set of its runs. */
  readonly testImages: number | null;
  readonly classes: number | null;
}

/** The road's end against a network that it is to beat. */
export interface Challenge {
  readonly end: Row;
  readonly comparator: Row;
  readonly change: Change;
  readonly judged: Judged;
}

/** The whole road against its start, over common seeds. */
export interface Whole {
  readonly start: Row;
  readonly end: Row;
  readonly change: Change;
  readonly judged: Judged;
}

/** Everything that figures, tables and pages are made from. */
export interface Study {
  readonly records: SuiteRecords;
  readonly plan: PlanRecord;
  readonly rows: readonly Row[];
  /** All differences that are judged together: the steps', the challenges' and the whole road's. */
  readonly family: Family;
  /** Sizes of the test sets, ascending: one, unless runs are mixed. */
  readonly testImages: readonly number[];
  readonly classes: number | null;
  readonly whole: Whole | null;
  readonly challenges: readonly Challenge[];
  readonly measuredOn: MeasuredOn;
  readonly effects: readonly StepEffect[];
  readonly interactions: readonly JudgedInteraction[];
  /** Of strategies whose networks are more to each other than parents and children. */
  readonly arranged: Arranged;
}

/** Draws the conclusions from a suite's records; no file is read. */
export function study(records: SuiteRecords): Study {
  const { plan } = records;
  const wishes = plan.report ?? {};
  const runs = indexRuns(records.runs);
  const alone = plan.variants.map((variant) => measure(trained(variant, plan.variants), variant, runs));
  const place = usualPlace(alone);
  const measured = alone.map((row) => ({ ...row, ...measuredOf(row.states, place) }));
  const rows = measured.map((row) => withChange(row, measured));
  const end = roadEnd(rows, plan);
  const comparators = end ? rows.filter(({ variant }) => variant.kind === 'compare') : [];
  const challenged = comparators.map((comparator) => changeBetween(end as Row, comparator, false));
  const start = rows.find(({ variant }) => variant.kind === 'base');
  const whole = start && end && start !== end ? { start, end, change: changeBetween(end, start, false) } : null;
  const changes = [...rows.flatMap(({ change }) => change ?? []), ...challenged, ...(whole ? [whole.change] : [])];
  const { family, judgedOf } = judgeOnce(changes, wishes);
  const combinations = combinationsOf(rows);
  const arranged = arrangedResults(plan.arrangement, combinations, wishes);
  const sizes = new Set(rows.flatMap(({ testImages, top1 }) => (testImages === null || !top1 ? [] : [testImages])));
  return {
    records,
    plan,
    rows: rows.map((row) => {
      const judged = row.change && judgedOf(row.change);
      return { ...row, judged, verdict: judged?.verdict ?? null };
    }),
    family,
    testImages: [...sizes].sort((a, b) => a - b),
    classes: rows.find(({ classes }) => classes !== null)?.classes ?? null,
    whole: whole && { ...whole, judged: judgedOf(whole.change) },
    challenges: comparators.map((comparator, at) => {
      const change = challenged[at] as Change;
      return { end: end as Row, comparator, change, judged: judgedOf(change) };
    }),
    measuredOn: measuredOn(rows, place),
    effects: stepEffects(combinations),
    // A factorial, and orders that reach every set, have each pair once, over all companies together.
    interactions:
      plan.arrangement?.kind === 'factorial' || arranged.pairs.length > 0
        ? []
        : judgedInteractions(combinations, wishes),
    arranged,
  };
}

/** Two variants that are one network, and a road of one step with that step, make one comparison: it is counted once. */
function judgeOnce(changes: readonly Change[], wishes: Wishes) {
  const key = ({ comparison }: Change) => JSON.stringify([comparison.terms, comparison.exempt]);
  const once = new Map<string, Comparison>();
  for (const change of changes) if (!once.has(key(change))) once.set(key(change), change.comparison);
  const family = judgeFamily([...once.values()], wishes);
  const places = new Map([...once.keys()].map((name, at) => [name, at]));
  return { family, judgedOf: (change: Change) => family.judged[places.get(key(change)) as number] as Judged };
}

/** Rows of the same name, looked up. */
export const rowNamed = (rows: readonly Row[], name: string | null): Row | undefined =>
  rows.find(({ variant }) => variant.name === name);

/** The variant that was trained for this one: the first of those that are one network. */
export function trained(variant: PlannedVariant, variants: readonly PlannedVariant[]): PlannedVariant {
  let found = variant;
  for (const _ of variants) {
    const next = variants.find(({ name }) => name === found.sameAs);
    if (!next || next === found) break;
    found = next;
  }
  return found;
}

/** A variant's results. Speed and memory are those of the place where most of its runs were measured. */
export function measure(network: PlannedVariant, variant: PlannedVariant, runs: RunIndex): Row {
  const states = statesOf(network, runs);
  const done = doneRuns(states);
  const bySeed = new Map(done.map(({ seed, result }) => [seed, 100 * result.top1]));
  const top1 = summarize([...bySeed.values()]);
  const records = done.flatMap(({ files }) => (files.run ? [files.run] : []));
  const testImages = records[0] ? testImagesOf(records[0]) : null;
  const classes = records[0]?.spec.network.classes ?? null;
  const error = (share: number) => (testImages === null ? null : 100 * binomialStandardError(share, testImages));
  const chance = classes === null ? null : 1 / classes;
  return {
    variant,
    network: network.name,
    states,
    bySeed,
    top1,
    ema: summarize(done.flatMap(({ result }) => (result.ema ? [100 * result.ema.top1] : []))),
    heldOut: summarize(done.flatMap(({ result }) => (result.validation ? [100 * result.validation.top1] : []))),
    floor: top1 && error(top1.mean / 100),
    delta: null,
    change: null,
    judged: null,
    verdict: null,
    deltaMacs: null,
    ...measuredOf(states, usualPlace([{ states }])),
    atChance: top1 !== null && chance !== null && top1.mean <= 100 * chance + 3 * (error(chance) ?? 0),
    testImages,
    classes,
  };
}

function withChange(row: Row, rows: readonly Row[]): Row {
  const parent = rowNamed(rows, row.variant.parent);
  if (!parent) return row;
  const change = changeBetween(row, parent);
  return { ...row, change, delta: change.difference, deltaMacs: row.variant.macs - parent.variant.macs };
}

/** The whole road: the adopted variant with the most steps. Null for strategies that train no whole road. */
export function roadEnd(rows: readonly Row[], plan: Pick<PlanRecord, 'strategy' | 'wholeRoad'>): Row | null {
  // Older plans do not say it.
  if (!(plan.wholeRoad ?? !['add-one', 'pairwise', 'factorial', 'grid'].includes(plan.strategy))) return null;
  const adopted = rows.filter(({ variant }) => variant.kind === 'step' && variant.adopted);
  return adopted.reduce<Row | null>(
    (end, row) => (end && end.variant.steps.length > row.variant.steps.length ? end : row),
    null,
  );
}

/** Every network that was trained, once, with its results. */
export const networksOf = ({ rows }: Pick<Study, 'rows'>): Network[] =>
  rows.flatMap(({ network, variant, bySeed }) =>
    network === variant.name && bySeed.size > 0 ? [{ name: network, results: bySeed }] : [],
  );

/** Whether the variants follow each other as a road, so that lines between them mean something. */
export const isRoad = ({ plan }: Pick<Study, 'plan'>): boolean => plan.strategy === 'cumulative';

/** What a change is measured against, as it goes on after "the network": tables of studies that are no road name it. */
export const comparedWith = (plan: Study['plan']): string => (isRoad({ plan }) ? 'before it' : 'it stands against');

/** Test sets whose size is fixed; records of other data sets state it themselves. */
const fixedTestSets: Readonly<Record<string, number>> = {
  mnist: 10_000,
  'fashion-mnist': 10_000,
  'cifar-10': 10_000,
  'cifar-100': 10_000,
  'imagenet-1k': 50_000,
};

function testImagesOf({ spec, testImages }: NonNullable<RunFiles['run']>): number | null {
  const { name, test_limit: limit } = spec.dataset;
  const size = testImages ?? fixedTestSets[name];
  if (!size || size <= 0) return limit ?? null;
  return limit === null ? size : Math.min(limit, size);
}
