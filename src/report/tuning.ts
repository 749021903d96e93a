import type { PlanRecord } from '../records/plan.js';
import { summarize } from '../statistics/summary.js';
import type { Row } from './study.js';
import type { TrialResult } from './trials.js';

/** What a network's learning rate was chosen by, and how much of its step's change is that choice. */
export interface Tuned {
  readonly row: Row;
  /** Null where its trials have not ended. */
  readonly chosen: string | null;
  /** Mean held-out top-1 by factor, over the trials' seeds. */
  readonly by: ReadonlyMap<string, number>;
  /** Against the network that its change is measured against, both with the recipe's rate, and both with the chosen one. */
  readonly same: number | null;
  readonly tuned: number | null;
}

export function tunedNetworks(rows: readonly Row[], plan: PlanRecord, trials: readonly TrialResult[]): Tuned[] {
  if (!plan.tuning) return [];
  const chosenOf = new Map(plan.tuning.chosen.map(({ variant, factor }) => [variant, factor]));
  const means = new Map<string, Map<string, number>>();
  for (const { variant, factor } of plan.tuning.trials) {
    const values = trials.filter((one) => one.variant === variant && one.factor === factor).map(({ top1 }) => top1);
    const mean = summarize(values)?.mean;
    if (mean === undefined) continue;
    means.set(variant, (means.get(variant) ?? new Map<string, number>()).set(factor, mean));
  }
  const at = (row: Row, factor: string | null): number | null =>
    factor === null ? null : (means.get(row.network)?.get(factor) ?? null);
  const minus = (after: number | null, before: number | null) =>
    after === null || before === null ? null : after - before;
  return rows.map((row) => {
    const chosen = chosenOf.get(row.network) ?? null;
    const parent = rows.find(({ variant }) => variant.name === row.variant.parent);
    return {
      row,
      chosen,
      by: means.get(row.network) ?? new Map(),
      same: parent ? minus(at(row, 'x1'), at(parent, 'x1')) : null,
      tuned: parent ? minus(at(row, chosen), at(parent, chosenOf.get(parent.network) ?? null)) : null,
    };
  });
}
