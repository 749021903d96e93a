import { runFolder } from '../records/folders.js';
import type { PlanRecord } from '../records/plan.js';
import { orNull, readResult } from '../records/read.js';

/** A trial of a learning rate that is done: held-out top-1 in percent. */
export interface TrialResult {
  readonly variant: string;
  readonly factor: string;
  readonly seed: number;
  readonly top1: number;
}

/** The trials that a plan asks for and that are done. */
export function readTrials(folder: string, { tuning }: PlanRecord): TrialResult[] {
  return (tuning?.trials ?? []).flatMap(({ name, variant, factor, runs }) =>
    runs.flatMap(({ seed, hash }) => {
      const result = orNull(readResult(runFolder(folder, name, seed)));
      return result?.status === 'done' && result.hash === hash
        ? [{ variant, factor, seed, top1: 100 * result.top1 }]
        : [];
    }),
  );
}
