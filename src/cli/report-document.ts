import { averagedNetworks } from '../report/averages.js';
import { pictureRows } from '../report/by-picture.js';
import type { Change } from '../report/compare.js';
import { noiseFloor } from '../report/repeats.js';
import type { Row, Study } from '../report/study.js';
import { type Tuned, tunedNetworks } from '../report/tuning.js';
import type { WrittenReport } from '../report/write.js';
import type { Family, Judged } from '../statistics/family.js';
import type { PairedDifference } from '../statistics/paired.js';

/** The report as JSON: the numbers of its tables, unrounded. */
export function reportDocument({ report, files }: WrittenReport, folder: string, out: string): object {
  const { study, notices, summary } = report;
  return {
    schema: 'ablate/report/1',
    suite: study.plan.suite,
    records: folder,
    out,
    files,
    notices,
    summary,
    testImages: study.testImages.length === 1 ? study.testImages[0] : null,
    measuredOn: study.measuredOn,
    ...(study.plan.repeats && { noiseFloor: noiseFloor(study) }),
    judgement: judgementOf(study.family),
    rows: study.rows.map(rowOf),
    ...strategyDocument(study),
    ...(study.plan.choices && { choices: study.plan.choices }),
    ...(study.plan.tuning && {
      tuning: tunedNetworks(study.rows, study.plan, study.records.trials).map(tunedDocument),
    }),
    averages: averagedNetworks(study).map(({ row, top1, difference, judged }) => ({
      variant: row.variant.name,
      top1: { mean: top1.mean, sd: top1.sd },
      ...differenceOf(difference, judged, null),
    })),
    pictures: pictureRows(study.rows).map(({ row, churn, calibration, step }) => ({
      variant: row.variant.name,
      churn,
      calibration,
      step,
    })),
    whole: study.whole && {
      variant: study.whole.end.variant.name,
      against: study.whole.start.variant.name,
      ...differenceOf(study.whole.change.difference, study.whole.judged, study.whole.change),
    },
    challenges: study.challenges.map(({ end, comparator, change, judged }) => ({
      variant: end.variant.name,
      against: comparator.variant.name,
      ...differenceOf(change.difference, judged, change),
    })),
  };
}

function judgementOf({ size, prior, usual, correction, margin, flips }: Family): object {
  return {
    comparisons: size,
    correction,
    margin,
    priorDegrees: Number.isFinite(prior.degrees) ? prior.degrees : null,
    priorSd: Math.sqrt(prior.variance),
    ...usual,
    signFlips: flips,
  };
}

function differenceOf(delta: PairedDifference | null, judged: Judged | null, change: Change | null): object {
  return {
    delta: delta && {
      mean: delta.mean,
      sd: delta.sd,
      moderatedSd: judged?.moderatedSd ?? null,
      interval: judged?.interval ?? null,
      intervalAlone: judged?.individual ?? null,
      pairs: delta.seeds.length,
      seeds: delta.seeds,
      p: judged?.adjustedP ?? null,
      pSignFlips: judged?.jointP ?? null,
      pEquivalent: judged?.equivalenceP ?? null,
    },
    verdict: judged?.verdict.verdict ?? null,
    why: judged?.verdict.why ?? null,
    because: change?.because ?? null,
    lean: judged?.lean ?? null,
    seedsNeeded: judged?.seedsNeeded ?? null,
  };
}

function rowOf({ variant, states, bySeed, top1, floor, delta, judged, change, ...row }: Row): object {
  return {
    variant: variant.name,
    parent: variant.parent,
    adopted: variant.adopted,
    sameAs: variant.sameAs ?? null,
    runs: states.map((state) => ({
      seed: state.seed,
      status: state.status,
      ...(state.status === 'failed' ? { reason: state.reason } : {}),
      ...(state.status === 'done' ? { top1: state.result.top1 } : {}),
    })),
    top1: top1 && { mean: top1.mean, sd: top1.sd, seeds: bySeed.size, testSetStandardError: floor },
    heldOut: row.heldOut && { mean: row.heldOut.mean, sd: row.heldOut.sd },
    ...differenceOf(delta, judged, change),
    atChance: row.atChance,
    macs: variant.macs,
    deltaMacs: row.deltaMacs,
    params: variant.params,
    imagesPerSecond: row.imagesPerSecond?.mean ?? null,
    peakMemoryBytes: row.peakMemoryBytes?.mean ?? null,
  };
}

/** What a strategy's arrangement shows, where it has one. */
function strategyDocument({ plan, arranged, effects, interactions }: Study): object {
  return {
    ...(plan.arrangement && { arrangement: plan.arrangement }),
    ...(arranged.shapley && { shapley: arranged.shapley }),
    ...(arranged.pairs.length > 0 && { pairs: arranged.pairs }),
    ...(arranged.factorial.length > 0 && {
      factorial: arranged.factorial.map(({ judged, difference, ...effect }) => ({
        ...effect,
        ...differenceOf(difference, judged, null),
      })),
    }),
    ...(effects.length > 0 && { effects }),
    ...(interactions.length > 0 && {
      interactions: interactions.map(({ judged, difference, ...pair }) => ({
        ...pair,
        ...differenceOf(difference, judged, null),
      })),
    }),
  };
}

const tunedDocument = ({ row, chosen, by, same, tuned }: Tuned): object => ({
  variant: row.variant.name,
  chosen,
  heldOut: Object.fromEntries(by),
  deltaAtRecipesRate: same,
  deltaAsChosen: tuned,
});
