import type { SweepChoice } from '../records/plan.js';
import { summarize } from '../statistics/summary.js';
import type { PlannedRun } from './plan.js';
import type { Standing } from './standing.js';
import type { OpenedSweep, OpenedSuite } from './suite.js';

/**
 * How a sweep with `adopt: best` stands. The value of the highest mean top-1 over the suite's seeds is chosen, of equal ones
 * the first, on the held-out pictures where the suite has some; a value with a failed run is out. It is chosen once every run
 * of every value has come to an end, and from these runs alone: the same records always give the same choice.
 */
export function chooseValue(
  { step, values }: OpenedSweep,
  { seeds, validation }: Pick<OpenedSuite['suite'], 'seeds' | 'validation'>,
  standings: ReadonlyMap<PlannedRun, Standing>,
): SweepChoice {
  const by = validation ? 'held-out' : 'test';
  const found = values.map((name) => {
    const own = [...standings].filter(([{ spec }]) => spec.variant === name && seeds.includes(spec.seed));
    const top1 = own.flatMap(([, standing]) => accuracyOf(standing, by) ?? []);
    const failed = own.filter(([, { state }]) => state === 'failed').length;
    return { name, top1: summarize(top1)?.mean ?? null, done: top1.length, failed };
  });
  const ended = found.every(({ done, failed }) => done + failed === seeds.length);
  const best = found.reduce<number | null>(
    (most, { top1, failed }) => (top1 !== null && failed === 0 && (most === null || top1 > most) ? top1 : most),
    null,
  );
  const chosen =
    ended && best !== null ? (found.find(({ top1, failed }) => failed === 0 && top1 === best) ?? null) : null;
  return { step, by, seeds: [...seeds].sort((a, b) => a - b), values: found, chosen: chosen?.name ?? null };
}

/** Null where the run is not done, or has no such accuracy. */
function accuracyOf(standing: Standing, by: SweepChoice['by']): number | null {
  if (standing.state !== 'done' && standing.state !== 'elsewhere') return null;
  return by === 'test' ? standing.result.top1 : (standing.result.validation?.top1 ?? null);
}
