import { join } from 'node:path';
import type { PlannedRun } from './plan.js';
import type { RunRecord, RunResult } from './records.js';
import { readJson, readResult, runFolder } from './store.js';

/** Where a planned run stands. */
export type Standing =
  | { readonly state: 'done'; readonly result: Extract<RunResult, { status: 'done' }> }
  | { readonly state: 'failed'; readonly reason: string }
  /** Begun and not ended: it goes on from its last checkpoint. */
  | { readonly state: 'begun' }
  | { readonly state: 'stale' }
  | { readonly state: 'waiting' };

/** Reads where a run stands; writes nothing. */
export async function standingOf({ spec, hash }: PlannedRun, suiteFolder: string): Promise<Standing> {
  const folder = runFolder(suiteFolder, spec.variant, spec.seed);
  const result = await readResult(folder);
  if (result && result.hash !== hash) return { state: 'stale' };
  if (result?.status === 'done') return { state: 'done', result };
  if (result?.status === 'failed') return { state: 'failed', reason: result.reason };
  const run = await readJson<RunRecord>(join(folder, 'run.json'));
  if (!run) return { state: 'waiting' };
  return { state: run.hash === hash ? 'begun' : 'stale' };
}

/** How long the rest will take, judged by runs that were done before. */
export interface Estimate {
  readonly milliseconds: number;
  readonly basis: string;
}

/** MACs that a run computes over all its training pictures, forward and backward: thrice the forward pass. */
const trainingMacs = (run: PlannedRun, pictures: number): number => 3 * run.macs * run.spec.recipe.epochs * pictures;

/**
 * Estimates the time of `left` from the speed of the runs in `standings` that are done, at `parallel` runs at a time. Null
 * where none is done: there is nothing to judge by.
 */
export function estimateTime(
  standings: readonly (readonly [PlannedRun, Standing])[],
  left: readonly PlannedRun[],
  pictures: number,
  parallel: number,
): Estimate | null {
  const speeds: number[] = [];
  for (const [run, standing] of standings) {
    if (standing.state === 'done') speeds.push(trainingMacs(run, pictures) / standing.result.seconds.total);
  }
  if (speeds.length === 0) return null;
  const median = speeds.sort((a, b) => a - b)[Math.floor(speeds.length / 2)] as number;
  const seconds = left.reduce((sum, run) => sum + trainingMacs(run, pictures) / median, 0) / parallel;
  return { milliseconds: 1000 * seconds, basis: `the median speed of ${speeds.length} finished runs of this suite, ${parallel} at a time` };
}
