import type { PlannedVariant } from '../records/plan.js';
import { type Combination, type Interaction, interactions } from '../statistics/effects.js';
import { type FamilyOptions, type Judged, judgeFamily } from '../statistics/family.js';
import type { Term } from '../statistics/null-distribution.js';
import { type CorrectBySeed, pairedPictureVariance } from '../statistics/pictures.js';
import type { Side } from './compare.js';
import { conditionsOf } from './conditions.js';
import { correctOf, doneRuns, type RunState } from './runs.js';

/** A trained combination with what it said of each test picture. */
export interface Trained extends Combination {
  correct(): CorrectBySeed;
}

/** What a suite says of how differences are judged. */
export type Wishes = Pick<FamilyOptions, 'margin' | 'correction'>;

export interface JudgedInteraction extends Interaction {
  /** Among all interactions of the study. */
  readonly judged: Judged;
}

/**
 * Trained combinations of steps as their effects are taken from: without variants at chance, comparators and runs under
 * other conditions than most.
 */
export function combinationsOf(rows: readonly (Side & { readonly variant: PlannedVariant })[]): Trained[] {
  const conditions = ({ files }: RunState) => files.run && conditionsOf(files.run);
  const counts = new Map<ReturnType<typeof conditions>, number>();
  for (const state of rows.flatMap(({ states }) => doneRuns(states)))
    counts.set(conditions(state), (counts.get(conditions(state)) ?? 0) + 1);
  const [usual] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  return rows.flatMap(({ variant, states, atChance }) => {
    if (variant.kind === 'compare' || atChance) return [];
    const alike = doneRuns(states).filter((state) => conditions(state) === usual);
    const results = new Map(alike.map(({ seed, result }) => [seed, 100 * result.top1]));
    if (results.size === 0) return [];
    return [{ name: variant.name, steps: variant.steps, results, correct: () => correctOf(alike) }];
  });
}

/** Every pair of steps that was measured with and without each; judged together, a family of their own. */
export function judgedInteractions(combinations: readonly Trained[], wishes: Wishes): JudgedInteraction[] {
  const found = interactions(combinations);
  const picturesOf = picturesAmong(combinations);
  const { judged } = judgeFamily(
    found.map(({ corners: { both, onlyA, onlyB, neither }, difference }) => {
      const terms = [
        [both, 1],
        [onlyA, -1],
        [onlyB, -1],
        [neither, 1],
      ] as const;
      return { terms, difference, pictures: picturesOf(terms, difference.seeds) };
    }),
    { ...wishes, flips: false, target: null },
  );
  return found.map((interaction, at) => ({ ...interaction, judged: judged[at] as Judged }));
}

/** The choice of test pictures in a contrast of combinations, over seeds that all of them have. */
export function picturesAmong(combinations: readonly Trained[]) {
  const byName = new Map(combinations.map((one) => [one.name, one]));
  return (terms: readonly Term[], seeds: readonly number[]): number | null =>
    pairedPictureVariance(
      terms.map(([name, weight]) => [weight, byName.get(name)?.correct() ?? new Map()] as const),
      seeds,
    );
}
