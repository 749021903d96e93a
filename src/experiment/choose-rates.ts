import { meanOf } from '../statistics/summary.js';
import { factorOf } from '../config/tune.js';
import type { PlannedRun } from './plan.js';
import type { Standing } from './standing.js';
import type { Trial } from './tuning.js';

/**
 * The factor of each network whose trials have all ended: that of the highest mean top-1 on the held-out pictures, of equal
 * ones the nearest to x1. A rate with a failed trial (a loss that is no number) is out. Networks with a trial that has not
 * ended, or with none that is done, are left out: they wait.
 */
export function chooseRates(
  trials: readonly PlannedRun[],
  standings: ReadonlyMap<PlannedRun, Standing>,
): ReadonlyMap<string, string> {
  const byVariant = new Map<string, PlannedRun[]>();
  for (const run of trials) {
    const { variant } = run.trial as Pick<Trial, 'variant'>;
    byVariant.set(variant, [...(byVariant.get(variant) ?? []), run]);
  }
  const chosen = new Map<string, string>();
  for (const [variant, runs] of byVariant) {
    const factor = chooseRate(runs, standings);
    if (factor !== null) chosen.set(variant, factor);
  }
  return chosen;
}

function chooseRate(runs: readonly PlannedRun[], standings: ReadonlyMap<PlannedRun, Standing>): string | null {
  const found = new Map<string, number[]>();
  const out = new Set<string>();
  for (const run of runs) {
    const { factor } = run.trial as Pick<Trial, 'factor'>;
    const standing = standings.get(run);
    if (standing?.state === 'done' || standing?.state === 'elsewhere')
      found.set(factor, [...(found.get(factor) ?? []), standing.result.top1]);
    else if (standing?.state === 'failed') out.add(factor);
    else return null;
  }
  return bestFactor([...found].filter(([factor]) => !out.has(factor)));
}

/** Of factors with their accuracies. */
function bestFactor(found: readonly (readonly [factor: string, top1: readonly number[]])[]): string | null {
  const distance = (factor: string) => Math.abs(Math.log(factorOf(factor)));
  const [best] = [...found].sort(
    ([a, one], [b, other]) => meanOf(other) - meanOf(one) || distance(a) - distance(b) || factorOf(a) - factorOf(b),
  );
  return best?.[0] ?? null;
}
