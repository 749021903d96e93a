import type { Predictions } from '../records/predictions.js';
import { churn } from '../statistics/disagreement.js';
import { samePictures } from '../statistics/named-classes.js';
import { meanOf } from '../statistics/summary.js';
import { unlike } from './conditions.js';
import { runState } from './runs.js';
import { rowNamed, type Study } from './study.js';

/** A network that was trained a second time with one seed. Accuracies in percent. */
export interface Repeat {
  readonly variant: string;
  readonly seed: number;
  readonly first: number;
  readonly again: number;
  /** Whether all that the two runs recorded of their networks is equal, to the last digit. */
  readonly same: boolean;
  /** Share of test pictures that the two name differently; null where predictions were not kept. */
  readonly churn: number | null;
}

export interface NoiseFloor {
  /** Those of which both runs are done and alike. */
  readonly repeats: readonly Repeat[];
  /** Networks of which the second run is not done, or its first. */
  readonly open: readonly string[];
  /** Networks whose two runs are not alike, with how. */
  readonly apart: readonly string[];
  /** Standard deviations of one run's accuracy in points: by the device alone, and over seeds (of these networks); null where not known. */
  readonly device: number | null;
  readonly seeds: number | null;
}

/** What a device that does not repeat itself adds, by the networks that the suite had trained twice; null where it asked for none. */
export function noiseFloor({ plan, rows, records }: Pick<Study, 'plan' | 'rows' | 'records'>): NoiseFloor | null {
  if (!plan.repeats || plan.repeats.length === 0) return null;
  const [open, apart, repeats]: [string[], string[], Repeat[]] = [[], [], []];
  for (const { name, variant, runs } of plan.repeats) {
    const row = rowNamed(rows, variant);
    for (const { seed, hash } of runs) {
      const files = records.repeats.find((one) => one.variant === name && one.seed === seed);
      const second = files && runState(files, hash);
      const first = row?.states.find((state) => state.seed === seed);
      if (second?.status !== 'done' || first?.status !== 'done') {
        open.push(variant);
        continue;
      }
      const how = unlike(first.files.run, second.files.run);
      if (how.length > 0) {
        apart.push(`${variant} (${how.join(', ')})`);
        continue;
      }
      const [a, b] = [first.files.predictions.read(), second.files.predictions.read()];
      const [one, other] = [first.result, second.result];
      repeats.push({
        ...{ variant, seed, first: 100 * one.top1, again: 100 * other.top1 },
        same:
          one.top1 === other.top1 &&
          one.loss === other.loss &&
          one.trainLoss === other.trainLoss &&
          (a === null || b === null || equal(a, b)),
        churn: a && b && samePictures(a, b) ? churn(a, b) : null,
      });
    }
  }
  const variances = repeats.flatMap(({ variant }) => {
    const sd = rowNamed(rows, variant)?.top1?.sd ?? null;
    return sd === null ? [] : [sd ** 2];
  });
  return {
    ...{ repeats, open, apart },
    // Of a difference of two runs the variance is twice that of one.
    device:
      repeats.length === 0 ? null : Math.sqrt(meanOf(repeats.map(({ first, again }) => (again - first) ** 2 / 2))),
    seeds: variances.length === 0 ? null : Math.sqrt(meanOf(variances)),
  };
}

const equal = (a: Predictions, b: Predictions): boolean =>
  samePictures(a, b) &&
  a.predicted.every((one, at) => one === b.predicted[at]) &&
  // A picture that could not be read has no loss.
  a.loss.every((one, at) => Object.is(one, b.loss[at]));
